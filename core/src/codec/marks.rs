//! What happened between the steps.

use super::{DecodeError, decode::Decoder, format::tag};
use crate::wire::{Frame, Mark, MarkKind};
use std::collections::BTreeMap;

impl Decoder<'_> {
    pub(super) fn mark(&mut self, tag: u8) -> Result<(), DecodeError> {
        let inside = self
            .reader
            .varint()?
            .checked_sub(1)
            .and_then(|e| usize::try_from(e).ok());
        let inside = inside
            .and_then(|e| self.entries.get(*self.numbers.get(e)?))
            .map(|e| e.step);
        let what = match tag {
            tag::FRAME => {
                let body = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                MarkKind::BodyFrame {
                    body,
                    len: self.reader.varint()?,
                }
            }
            tag::PANIC => self.panic()?,
            tag::ERROR => {
                let mut chain = Vec::new();
                for _ in 0..self.reader.varint()? {
                    chain.push(self.reader.text()?);
                }
                MarkKind::Error { chain }
            }
            tag::REBUILT => MarkKind::Rebuilt,
            tag::SPAN => self.span()?,
            tag::TEMPLATE => MarkKind::Template {
                name: self.reader.text()?,
                elapsed_ns: self.reader.varint()?,
            },
            tag::STATEMENT => MarkKind::Sql {
                statement: self.reader.text()?,
                rows: None,
                elapsed_ns: Some(self.reader.varint()?),
            },
            _ => self.log()?,
        };
        let after = (self.cycle.steps.len() as u32).saturating_sub(1);
        self.cycle.marks.push(Mark {
            t_ns: self.t,
            after,
            inside,
            what,
        });
        Ok(())
    }

    fn panic(&mut self) -> Result<MarkKind, DecodeError> {
        let (message, at) = (self.reader.text()?, self.reader.text()?);
        let mut backtrace = Vec::new();
        for _ in 0..self.reader.varint()? {
            backtrace.push(Frame {
                function: self.reader.text()?,
                at: self.reader.text()?,
                folded: self.reader.varint()?,
            });
        }
        Ok(MarkKind::Panic {
            message,
            at,
            backtrace,
        })
    }

    fn level(&mut self) -> Result<&'static str, DecodeError> {
        Ok(match self.reader.byte()? {
            1 => "ERROR",
            2 => "WARN",
            3 => "INFO",
            4 => "DEBUG",
            _ => "TRACE",
        })
    }

    fn fields_of_log(&mut self) -> Result<BTreeMap<String, String>, DecodeError> {
        let mut fields = BTreeMap::new();
        for _ in 0..self.reader.varint()? {
            fields.insert(self.reader.text()?, self.reader.text()?);
        }
        Ok(fields)
    }

    /// A span: of the app's own, or one that says by its fields what it is.
    fn span(&mut self) -> Result<MarkKind, DecodeError> {
        let level = self.level()?;
        let (target, name) = (self.reader.text()?, self.reader.text()?);
        let (elapsed_ns, busy_ns) = (self.reader.varint()?, self.reader.varint()?);
        let fields = self.fields_of_log()?;
        if let Some(call) = call(&fields, elapsed_ns) {
            return Ok(call);
        }
        Ok(match fields.get("template.name") {
            Some(name) => MarkKind::Template {
                name: name.clone(),
                elapsed_ns,
            },
            None => MarkKind::Span {
                level: level.into(),
                target,
                name,
                fields,
                elapsed_ns,
                busy_ns,
            },
        })
    }

    fn log(&mut self) -> Result<MarkKind, DecodeError> {
        let level = self.level()?;
        let (target, message) = (self.reader.text()?, self.reader.text()?);
        let fields = self.fields_of_log()?;
        if target == "sqlx::query" {
            let number = |name: &str| fields.get(name)?.parse().ok();
            let seconds = fields
                .get("elapsed_secs")
                .and_then(|s| s.parse::<f64>().ok());
            return Ok(MarkKind::Sql {
                statement: fields
                    .get("db.statement")
                    .filter(|s| !s.is_empty())
                    .or(fields.get("summary"))
                    .map(|s| s.trim().to_owned())
                    .unwrap_or_default(),
                rows: number("rows_returned"),
                elapsed_ns: seconds.map(|s| (s * 1e9).round() as u64),
            });
        }
        Ok(MarkKind::Log {
            level: level.into(),
            target,
            message,
            fields,
        })
    }
}

/// A request to another server, if a span with these fields is one: OpenTelemetry's semantic conventions for HTTP client
/// spans, those of before 1.23 too.
fn call(fields: &BTreeMap<String, String>, elapsed_ns: u64) -> Option<MarkKind> {
    let get = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).cloned();
    let kind = fields.get("otel.kind")?;
    if !kind.eq_ignore_ascii_case("client") {
        return None;
    }
    let method = get(&["http.request.method", "http.method"])?;
    let url = get(&["url.full", "http.url"]).or_else(|| {
        let host = get(&["server.address", "net.peer.name", "http.host"])?;
        let scheme = get(&["url.scheme", "http.scheme"]).map(|scheme| format!("{scheme}://"));
        let port = get(&["server.port", "net.peer.port"]).map(|port| format!(":{port}"));
        let path = get(&["url.path", "http.target"]);
        let [scheme, port, path] = [scheme, port, path].map(Option::unwrap_or_default);
        Some(format!("{scheme}{host}{port}{path}"))
    })?;
    let status = get(&["http.response.status_code", "http.status_code"]);
    Some(MarkKind::Call {
        method,
        url,
        status: status.and_then(|status| status.parse().ok()),
        error: get(&["error.message", "error.type"]),
        elapsed_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_call_if_its_attributes_say_so() {
        let call_of = |fields: &[(&str, &str)]| {
            let owned = fields.iter().map(|(n, v)| ((*n).into(), (*v).into()));
            match call(&owned.collect(), 7)? {
                MarkKind::Call {
                    method,
                    url,
                    status,
                    ..
                } => Some((method, url, status)),
                _ => None,
            }
        };
        let expected = |url: &str, status| Some(("GET".to_owned(), url.to_owned(), status));
        let client = ("otel.kind", "client");
        let get = ("http.request.method", "GET");
        let full = ("url.full", "https://a.example/b?c=d");
        let ok = ("http.response.status_code", "200");
        assert_eq!(
            call_of(&[client, get, full, ok]),
            expected("https://a.example/b?c=d", Some(200))
        );
        // As reqwest-tracing has it.
        let parts = [
            ("url.scheme", "https"),
            ("server.address", "a.example"),
            ("server.port", "8443"),
        ];
        assert_eq!(
            call_of(&[&[("otel.kind", "Client"), get][..], &parts].concat()),
            expected("https://a.example:8443", None)
        );
        let old = [
            ("http.method", "GET"),
            ("http.url", "http://b/"),
            ("http.status_code", "404"),
        ];
        assert_eq!(
            call_of(&[&[client][..], &old].concat()),
            expected("http://b/", Some(404))
        );
        for none in [
            &[("otel.kind", "server"), get, full][..],
            &[get, full],
            &[client, full],
            &[client, get],
        ] {
            assert_eq!(call_of(none), None, "{none:?}");
        }
    }
}
