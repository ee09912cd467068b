//! The formats.

use std::{fmt, str::FromStr};

/// A format that cycles can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// HTTP Archive 1.2: what browsers' developer tools save and open.
    Har,
    /// A command for curl that sends the request again.
    Curl,
    /// A command for HTTPie that sends the request again.
    Httpie,
    /// The bytes of the request.
    HttpRequest,
    /// The bytes of the response.
    HttpResponse,
    /// The whole model, one JSON object a line.
    Jsonl,
    /// A page for a ticket: timeline, both messages, outcome.
    Markdown,
    /// Trace events, as Chrome and Perfetto open them.
    Trace,
    /// OTLP JSON, as Jaeger's UI, otel-tui and every receiver of OTLP take it; it can be opened again from there.
    Otlp,
    /// One file that replays a cycle in a browser, without anything else.
    Html,
}

/// Name, media type, file ending, whether it holds many cycles.
type Facts = (&'static str, &'static str, &'static str, bool);

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Har,
        Self::Curl,
        Self::Httpie,
        Self::HttpRequest,
        Self::HttpResponse,
        Self::Jsonl,
        Self::Markdown,
        Self::Trace,
        Self::Otlp,
        Self::Html,
    ];

    fn facts(self) -> Facts {
        match self {
            Self::Har => ("har", "application/json", "har", true),
            Self::Curl => ("curl", "text/x-shellscript", "curl.sh", true),
            Self::Httpie => ("httpie", "text/x-shellscript", "httpie.sh", true),
            Self::HttpRequest => (
                "http-request",
                "application/octet-stream",
                "request.http",
                false,
            ),
            Self::HttpResponse => (
                "http-response",
                "application/octet-stream",
                "response.http",
                false,
            ),
            Self::Jsonl => ("jsonl", "application/jsonl", "jsonl", true),
            Self::Markdown => ("markdown", "text/markdown; charset=utf-8", "md", true),
            Self::Trace => ("trace", "application/json", "trace.json", true),
            Self::Otlp => ("otlp", "application/json", "otlp.json", true),
            Self::Html => ("html", "text/html; charset=utf-8", "html", false),
        }
    }

    /// Its name in the API and on the command line.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        self.facts().1
    }

    /// The ending of its files, without the first dot.
    pub fn ending(self) -> &'static str {
        self.facts().2
    }

    /// What it is, or whom it is for, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Self::Har => "for browsers' developer tools",
            Self::Curl => "a command that sends the request again",
            Self::Httpie => "the same command for HTTPie",
            Self::HttpRequest => "the bytes of the request",
            Self::HttpResponse => "the bytes of the response",
            Self::Jsonl => "all that is known, as a line of JSON",
            Self::Markdown => "a page for a ticket",
            Self::Trace => "for Perfetto and Chrome's tracing",
            Self::Otlp => "for Jaeger, otel-tui, receivers of OTLP",
            Self::Html => "a page that replays it, offline",
        }
    }

    /// Whether a file of it holds many cycles, or one.
    pub fn holds_many(self) -> bool {
        self.facts().3
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no format's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no format; there are {names}", names = Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_formats() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let error = "pdf".parse::<Format>().unwrap_err().to_string();
        assert!(
            error.contains("\"pdf\"") && error.contains("har, curl"),
            "{error}"
        );
    }
}
