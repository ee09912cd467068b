//! From the compact encoding to the model.
//!
//! The recorder wrote what it saw; what follows from it is worked out here, when somebody reads: edits of header lists,
//! path parameters, attempts, the outcome, what never ran.

use super::{
    DecodeError, Tables,
    format::{end, part, tag},
    outcome,
    read::Reader,
};
use crate::{
    replay::diff,
    wire::{
        Body, BodyEnd, BodyRef, Change, Cycle, Delta, Edge, ExtensionEdit, Frame, FrameCount,
        FrameKind, Header, HeaderEdit, Left, Mark, MarkKind, Octets, Omitted, Outcome, Resolved,
        Sent, Side, Site, SiteKind, Stage, Step, Traffic, WIRE_VERSION,
    },
};
use std::{collections::HashMap, rc::Rc};

/// A header and which recorded literal it is: two values that the mask makes look alike are told apart by it.
#[derive(Clone)]
struct Field {
    header: Header,
    literal: u32,
}

/// A message head as it was at some step.
#[derive(Clone, Default)]
struct Head {
    method: Option<String>,
    uri: Option<String>,
    version: Option<String>,
    status: Option<u16>,
    fields: Vec<Field>,
    body: Option<BodyRef>,
}

/// One passing of a probe.
pub(super) struct Entry {
    pub(super) site: usize,
    pub(super) step: u32,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) left: Option<Left>,
    request: Rc<Head>,
    /// The response that came from inside last, and the step at which it was seen.
    inner: Option<(Rc<Head>, u32)>,
}

pub(super) struct Decoder<'a> {
    tables: &'a Tables,
    reader: Reader<'a>,
    t: u64,
    idle: u64,
    literals: u32,
    pub(super) entries: Vec<Entry>,
    site_index: HashMap<u32, usize>,
    pub(super) cycle: Cycle,
    send: Option<u32>,
}

pub(super) fn decode(frame: &[u8], tables: &Tables) -> Result<Cycle, DecodeError> {
    let mut reader = Reader::new(frame);
    let header = reader.header()?;
    let events_len = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    let events_at = reader.offset();
    let events_end = events_at
        .checked_add(events_len)
        .filter(|e| *e <= frame.len());
    let events_end = events_end.ok_or_else(|| reader.error("events cut short"))?;
    let cycle = Cycle {
        wire: WIRE_VERSION,
        id: format!("{}-{}", tables.run, header.number),
        app: tables.app.clone(),
        run: tables.run.clone(),
        number: header.number,
        started_unix_us: header.started_unix_us,
        duration_ns: header.duration_ns,
        idle_ns: header.idle_ns,
        cost_ns: header.cost_ns,
        method: String::new(),
        target: String::new(),
        route: None,
        status: None,
        outcome: Outcome::Completed,
        connection: header.connection,
        sites: Vec::new(),
        steps: Vec::new(),
        marks: Vec::new(),
        bodies: Vec::new(),
        never_ran: Vec::new(),
        omitted: Omitted {
            marks: header.omitted_marks,
            steps: header.omitted_steps,
        },
    };
    let mut decoder = Decoder {
        tables,
        reader: Reader::at(&frame[..events_end], events_at),
        t: 0,
        idle: 0,
        literals: 0,
        entries: Vec::new(),
        site_index: HashMap::new(),
        cycle,
        send: None,
    };
    while !decoder.reader.is_at_end() {
        decoder.event()?;
    }
    decoder.reader = Reader::at(frame, events_end);
    decoder.bodies()?;
    decoder.sum_up();
    Ok(decoder.cycle)
}

impl Decoder<'_> {
    fn event(&mut self) -> Result<(), DecodeError> {
        let tag = self.reader.byte()?;
        self.t = self.t.saturating_add(self.reader.varint()?);
        match tag {
            tag::IN
            | tag::OUT
            | tag::ERR
            | tag::DROPPED
            | tag::UNWOUND
            | tag::RESOLVED
            | tag::SEND
            | tag::SENT => {
                self.idle = self.idle.saturating_add(self.reader.varint()?);
                self.step(tag)
            }
            tag::FRAME | tag::PANIC | tag::REBUILT | tag::LOG => self.mark(tag),
            _ => Err(self.reader.error("an unknown event")),
        }
    }

    /// A step of this time, everything else still to be said.
    fn blank(&self, stage: Stage, edge: Edge) -> Step {
        let seq = self.cycle.steps.len() as u32;
        Step {
            seq,
            stage,
            edge,
            site: None,
            entry: seq,
            parent: None,
            attempt: 1,
            t_ns: self.t,
            idle_ns: self.idle,
            cost_ns: 0,
            delta: None,
            left: None,
            resolved: None,
            sent: None,
        }
    }

    fn entry(&mut self) -> Result<usize, DecodeError> {
        let entry = self.reader.varint()?;
        let entry = usize::try_from(entry)
            .ok()
            .filter(|e| *e < self.entries.len());
        entry.ok_or_else(|| self.reader.error("an entry that was never opened"))
    }

    fn step(&mut self, tag: u8) -> Result<(), DecodeError> {
        let step = match tag {
            tag::IN => return self.enter(),
            tag::OUT => {
                let entry = self.entry()?;
                let (delta, head) = self.response_delta(entry)?;
                let mut step = self.out_of(entry, Left::Returned);
                step.cost_ns = self.reader.varint()?;
                step.delta = Some(delta);
                if let Some(parent) = self.entries[entry].parent {
                    self.entries[parent].inner = Some((head.clone(), step.seq));
                }
                self.entries[entry].inner = Some((head, step.seq));
                step
            }
            tag::ERR => {
                let entry = self.entry()?;
                let error = self.reader.text()?;
                self.out_of(entry, Left::Error { error })
            }
            tag::DROPPED => {
                let entry = self.entry()?;
                self.out_of(entry, Left::Dropped)
            }
            tag::UNWOUND => {
                let entry = self.entry()?;
                self.out_of(entry, Left::Unwound)
            }
            tag::RESOLVED => self.resolved()?,
            tag::SEND => {
                let entry = self.entry()?;
                let (delta, head) = self.response_delta(entry)?;
                let mut step = self.blank(Stage::Send, Edge::In);
                step.cost_ns = self.reader.varint()?;
                step.delta = Some(delta);
                step.site = Some(self.entries[entry].site);
                step.parent = Some(self.entries[entry].step);
                self.entries[entry].left.get_or_insert(Left::Returned);
                self.cycle.status = head.status;
                self.entries[entry].inner = Some((head, step.seq));
                self.send = Some(step.seq);
                step
            }
            _ => {
                let mut step = self.blank(Stage::Send, Edge::Out);
                step.left = Some(if self.reader.byte()? == 0 {
                    Left::Cut
                } else {
                    Left::Sent
                });
                let body_end_ns = self.reader.varint()?;
                step.sent = Some(self.sent(body_end_ns)?);
                step.entry = self
                    .send
                    .ok_or_else(|| self.reader.error("an end of sending without its beginning"))?;
                step.site = self.cycle.steps[step.entry as usize].site;
                step
            }
        };
        self.cycle.steps.push(step);
        Ok(())
    }

    fn sent(&mut self, body_end_ns: u64) -> Result<Sent, DecodeError> {
        let mut sent = Sent {
            body_end_ns,
            ..Sent::default()
        };
        let reader = &mut self.reader;
        let parts = reader.byte()?;
        if parts > 0 {
            sent.bytes_out = Some(reader.varint()?);
            sent.first_byte_ns = reader.varint()?.checked_sub(1);
            sent.last_byte_ns = reader.varint()?.checked_sub(1);
        }
        if parts > 1 {
            let mut traffic = Traffic {
                bytes_in: reader.varint()?,
                bytes_out: reader.varint()?,
                frames: Vec::new(),
            };
            for _ in 0..reader.varint()? {
                let side = if reader.byte()? == 0 {
                    Side::Request
                } else {
                    Side::Response
                };
                let kind = FrameKind::ALL.get(usize::from(reader.byte()?)).copied();
                traffic.frames.push(FrameCount {
                    side,
                    kind: kind.ok_or_else(|| reader.error("an unknown kind of frame"))?,
                    frames: reader.varint()?,
                    bytes: reader.varint()?,
                });
            }
            sent.upgraded = Some(traffic);
        }
        Ok(sent)
    }

    fn enter(&mut self) -> Result<(), DecodeError> {
        let id = self.reader.varint()?;
        let site = self.site(u32::try_from(id).unwrap_or(u32::MAX));
        let parent = match self.reader.varint()? {
            0 => None,
            n => Some(
                usize::try_from(n - 1)
                    .ok()
                    .filter(|p| *p < self.entries.len())
                    .ok_or_else(|| self.reader.error("a parent that was never opened"))?,
            ),
        };
        let base = parent.map(|p| (self.entries[p].request.clone(), self.entries[p].step));
        let (delta, request) = self.delta(base)?;
        let mut step = self.blank(self.cycle.sites[site].kind.stage(), Edge::In);
        step.cost_ns = self.reader.varint()?;
        step.delta = Some(delta);
        step.site = Some(site);
        step.parent = parent.map(|p| self.entries[p].step);
        let siblings = parent.map_or(&[][..], |p| &self.entries[p].children[..]);
        step.attempt += siblings
            .iter()
            .filter(|s| self.entries[**s].site == site)
            .count() as u32;
        let number = self.entries.len();
        if let Some(parent) = parent {
            self.entries[parent].children.push(number);
        }
        if number == 0 {
            self.cycle.method = request.method.clone().unwrap_or_default();
            self.cycle.target = request.uri.clone().unwrap_or_default();
        }
        self.entries.push(Entry {
            site,
            step: step.seq,
            parent,
            children: Vec::new(),
            left: None,
            request,
            inner: None,
        });
        self.cycle.steps.push(step);
        Ok(())
    }

    /// The step that leaves an entry, and how.
    fn out_of(&mut self, entry: usize, left: Left) -> Step {
        let site = self.entries[entry].site;
        let stage = match self.cycle.sites[site].kind {
            // `parse` and `resolve` have ends of their own; what is left here is the server or the router.
            SiteKind::Server | SiteKind::Router => Stage::Middleware,
            kind => kind.stage(),
        };
        let mut step = self.blank(stage, Edge::Out);
        let entered = &self.cycle.steps[self.entries[entry].step as usize];
        step.site = Some(site);
        step.entry = entered.seq;
        step.parent = entered.parent;
        step.attempt = entered.attempt;
        step.left = Some(left.clone());
        self.entries[entry].left = Some(left);
        step
    }

    fn resolved(&mut self) -> Result<Step, DecodeError> {
        let entry = self.entry()?;
        let route = match self.reader.varint()? {
            0 => None,
            n => {
                let len = usize::try_from(n - 1).unwrap_or(usize::MAX);
                Some(String::from_utf8_lossy(self.reader.take(len)?).into_owned())
            }
        };
        let path = self.entries[entry]
            .request
            .uri
            .as_deref()
            .unwrap_or_default();
        let params = route
            .as_deref()
            .map(|route| path_params(route, path))
            .unwrap_or_default();
        let mut step = self.blank(Stage::Resolve, Edge::Out);
        step.site = Some(self.entries[entry].site);
        step.entry = self.entries[entry].step;
        step.parent = self.cycle.steps[step.entry as usize].parent;
        step.resolved = Some(Resolved {
            route: route.clone(),
            params,
        });
        self.cycle.route = route.or(self.cycle.route.take());
        Ok(step)
    }

    fn response_delta(&mut self, entry: usize) -> Result<(Delta, Rc<Head>), DecodeError> {
        let base = self.entries[entry].inner.clone();
        self.delta(base)
    }

    fn delta(&mut self, base: Option<(Rc<Head>, u32)>) -> Result<(Delta, Rc<Head>), DecodeError> {
        let mut delta = Delta {
            base: base.as_ref().map(|(_, step)| *step),
            ..Delta::default()
        };
        let mask = self.reader.byte()?;
        let old = base.map(|(head, _)| head);
        if mask == 0
            && let Some(old) = old
        {
            return Ok((delta, old));
        }
        let mut head = old.as_deref().cloned().unwrap_or_default();
        if mask & part::METHOD != 0 {
            delta.method = Some(set(&mut head.method, self.reader.text()?));
        }
        if mask & part::URI != 0 {
            delta.uri = Some(set(&mut head.uri, self.reader.text()?));
        }
        if mask & part::VERSION != 0 {
            let version = match self.reader.byte()? {
                9 => "HTTP/0.9",
                10 => "HTTP/1.0",
                11 => "HTTP/1.1",
                20 => "HTTP/2",
                30 => "HTTP/3",
                _ => return Err(self.reader.error("an unknown version of HTTP")),
            };
            delta.version = Some(set(&mut head.version, version.to_owned()));
        }
        if mask & part::STATUS != 0 {
            let status =
                u16::try_from(self.reader.varint()?).map_err(|_| self.reader.error("no status"))?;
            delta.status = Some(set(&mut head.status, status));
        }
        if mask & part::HEADERS != 0 {
            let fields = self.fields(&head.fields)?;
            delta.headers = edits(&head.fields, &fields);
            head.fields = fields;
        }
        if mask & part::EXTENSIONS != 0 {
            for added in [true, false] {
                for _ in 0..self.reader.varint()? {
                    let id = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                    let name = self
                        .tables
                        .types
                        .get(id)
                        .map_or("an unknown type", String::as_str);
                    let type_name = name.to_owned();
                    delta.extensions.push(if added {
                        ExtensionEdit::Add { type_name }
                    } else {
                        ExtensionEdit::Remove { type_name }
                    });
                }
            }
        }
        if mask & part::BODY != 0 {
            let body = self
                .reader
                .varint()?
                .checked_sub(1)
                .and_then(|b| usize::try_from(b).ok());
            let announced = self.reader.varint()?.checked_sub(1);
            delta.body = Some(set(&mut head.body, BodyRef { body, announced }));
        }
        Ok((delta, Rc::new(head)))
    }

    fn fields(&mut self, old: &[Field]) -> Result<Vec<Field>, DecodeError> {
        let mut fields = Vec::new();
        loop {
            match self.reader.varint()? {
                0 => return Ok(fields),
                2 => {
                    let name = self.reader.text()?;
                    let redacted = self.reader.byte()? != 0;
                    let value = Octets::from(self.reader.bytes()?);
                    self.literals += 1;
                    fields.push(Field {
                        header: Header {
                            name,
                            value,
                            redacted,
                        },
                        literal: self.literals,
                    });
                }
                piece if piece & 1 == 1 => {
                    let start = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                    let end = usize::try_from(piece >> 1)
                        .ok()
                        .and_then(|run| start.checked_add(run));
                    let run = end.and_then(|end| old.get(start..end));
                    // A list can't grow beyond what its bytes can name.
                    if fields.len() > 1 << 16 {
                        return Err(self.reader.error("too many headers"));
                    }
                    fields.extend_from_slice(
                        run.ok_or_else(|| self.reader.error("headers that were never there"))?,
                    );
                }
                _ => return Err(self.reader.error("an unknown piece of a header list")),
            }
        }
    }

    fn mark(&mut self, tag: u8) -> Result<(), DecodeError> {
        let inside = self
            .reader
            .varint()?
            .checked_sub(1)
            .and_then(|e| usize::try_from(e).ok());
        let inside = inside.and_then(|e| self.entries.get(e)).map(|e| e.step);
        let what = match tag {
            tag::FRAME => {
                let body = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                MarkKind::BodyFrame {
                    body,
                    len: self.reader.varint()?,
                }
            }
            tag::PANIC => self.panic()?,
            tag::REBUILT => MarkKind::Rebuilt,
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

    fn log(&mut self) -> Result<MarkKind, DecodeError> {
        let level = match self.reader.byte()? {
            1 => "ERROR",
            2 => "WARN",
            3 => "INFO",
            4 => "DEBUG",
            _ => "TRACE",
        };
        let (target, message) = (self.reader.text()?, self.reader.text()?);
        let mut fields = std::collections::BTreeMap::new();
        for _ in 0..self.reader.varint()? {
            fields.insert(self.reader.text()?, self.reader.text()?);
        }
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
                elapsed_ns: seconds.map(|s| (s * 1e9) as u64),
            });
        }
        Ok(MarkKind::Log {
            level: level.into(),
            target,
            message,
            fields,
        })
    }

    fn bodies(&mut self) -> Result<(), DecodeError> {
        // The length of the events was read before them.
        let reader = &mut self.reader;
        for _ in 0..reader.varint()? {
            let flags = reader.byte()?;
            let (len, frames) = (reader.varint()?, reader.varint()?);
            let (first, last) = (reader.varint()?.checked_sub(1), reader.varint()?);
            let mut hash = [0; 8];
            hash.copy_from_slice(reader.take(8)?);
            let end = match reader.byte()? {
                end::CUT => BodyEnd::Cut,
                end::COMPLETE => BodyEnd::Complete,
                end::ERROR => BodyEnd::Error {
                    error: reader.text()?,
                },
                _ => return Err(reader.error("an unknown end of a body")),
            };
            let events = reader.varint()?.checked_sub(1);
            let mut trailers = Vec::new();
            for _ in 0..reader.varint()? {
                let name = reader.text()?;
                let redacted = reader.byte()? != 0;
                trailers.push(Header {
                    name,
                    redacted,
                    value: Octets::from(reader.bytes()?),
                });
            }
            let redacted = reader.byte()? != 0;
            let head = Octets::from(reader.bytes()?);
            self.cycle.bodies.push(Body {
                side: if flags & 1 == 0 {
                    Side::Request
                } else {
                    Side::Response
                },
                len,
                frames,
                end,
                hash: (flags & 2 != 0).then(|| format!("{:016x}", u64::from_le_bytes(hash))),
                head,
                redacted,
                events,
                trailers,
                first_ns: first,
                last_ns: first.map(|_| last),
            });
        }
        if !reader.is_at_end() {
            return Err(reader.error("bytes behind the end"));
        }
        Ok(())
    }

    /// The index of a site among those that the cycle carries.
    pub(super) fn site(&mut self, id: u32) -> usize {
        let (sites, tables) = (&mut self.cycle.sites, self.tables);
        *self.site_index.entry(id).or_insert_with(|| {
            sites.push(tables.sites.get(&id).cloned().unwrap_or_else(|| Site {
                id,
                kind: SiteKind::Opaque,
                name: format!("unknown site {id}"),
                type_name: String::new(),
                file: String::new(),
                line: 0,
                extractors: Vec::new(),
            }));
            sites.len() - 1
        })
    }

    fn sum_up(&mut self) {
        self.cycle.outcome = outcome::of(self);
        self.cycle.never_ran = outcome::never_ran(self, self.tables.stack.as_ref());
    }
}

/// Sets a value and says what it was.
fn set<T: Clone>(slot: &mut Option<T>, to: T) -> Change<T> {
    Change {
        from: slot.replace(to.clone()),
        to,
    }
}

/// The edits between two lists. Masked values that look alike and are not get told apart while they are compared.
fn edits(old: &[Field], new: &[Field]) -> Vec<HeaderEdit> {
    let with_number = |fields: &[Field]| -> Vec<Header> {
        let numbered = |f: &Field| {
            let mut header = f.header.clone();
            if header.redacted {
                header.value.0.extend_from_slice(&f.literal.to_le_bytes());
            }
            header
        };
        fields.iter().map(numbered).collect()
    };
    let without = |mut header: Header| {
        if header.redacted {
            header.value.0.truncate(header.value.0.len() - 4);
        }
        header
    };
    let numbered = diff(&with_number(old), &with_number(new));
    let strip = |edit| match edit {
        HeaderEdit::Add { at, header } => HeaderEdit::Add {
            at,
            header: without(header),
        },
        HeaderEdit::Remove { at, header } => HeaderEdit::Remove {
            at,
            header: without(header),
        },
        HeaderEdit::Change { at, from, to } => HeaderEdit::Change {
            at,
            from: without(from),
            to: without(to),
        },
        HeaderEdit::Move { from, at, header } => HeaderEdit::Move {
            from,
            at,
            header: without(header),
        },
    };
    numbered.into_iter().map(strip).collect()
}

/// The parameters that a pattern finds in a path: `/books/{id}` in `/books/7`.
fn path_params(route: &str, target: &str) -> Vec<(String, String)> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = match path.find("://") {
        Some(at) => path[at + 3..]
            .find('/')
            .map_or("", |slash| &path[at + 3 + slash..]),
        None => path,
    };
    let mut params = Vec::new();
    let mut rest = path;
    for segment in route.split_inclusive('/') {
        let (pattern, has_slash) = segment
            .strip_suffix('/')
            .map_or((segment, false), |s| (s, true));
        let end = rest.find('/').unwrap_or(rest.len());
        let (Some(open), Some(close)) = (pattern.find('{'), pattern.rfind('}')) else {
            rest = rest.get(end + usize::from(has_slash)..).unwrap_or_default();
            continue;
        };
        let name = &pattern[open + 1..close.max(open + 1)];
        let value = if name.starts_with('*') {
            rest
        } else {
            &rest[..end]
        };
        let value = value
            .get(open..value.len().saturating_sub(pattern.len() - close - 1))
            .unwrap_or_default();
        let name = name.trim_start_matches('*');
        if !name.starts_with("__private__axum") {
            params.push((name.to_owned(), decode_percent(value)));
        }
        rest = rest.get(end + usize::from(has_slash)..).unwrap_or_default();
    }
    params
}

fn decode_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(route: &str, path: &str) -> Vec<(String, String)> {
        path_params(route, path)
    }

    #[test]
    fn path_parameters_are_read_off_the_pattern() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(params("/books/{id}", "/books/7?x=1"), [pair("id", "7")]);
        assert_eq!(
            params("/a/{b}/c/{d}", "/a/1/c/snö%20x"),
            [pair("b", "1"), pair("d", "snö x")]
        );
        assert_eq!(
            params("/static/{*rest}", "/static/css/shop.css"),
            [pair("rest", "css/shop.css")]
        );
        assert_eq!(params("/f/{name}.json", "/f/x.json"), [pair("name", "x")]);
        assert_eq!(params("/", "/"), []);
        assert_eq!(params("/books", "http://localhost/books"), []);
        assert_eq!(
            params("/books/{id}", "http://localhost/books/7"),
            [pair("id", "7")]
        );
    }
}
