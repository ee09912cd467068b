//! Cycles in the formats of others: what people paste into tickets and open in other tools.
//!
//! An [`Exporter`] takes cycles one by one and gives the bytes that come next, so that any number of them can be streamed.
//! In reading order:
//!
//! - [`Format`]: the formats, with their names, types and file endings
//! - `edges`: the request as it came and the response as it went, which is what most formats know of a cycle
//! - `raw`, `curl`, `httpie`, `har`, `markdown`, `trace`, `otlp`, `html`: one format each; `jsonl` is the model itself
//! - `quote`: words for a shell
//! - `select`: which cycles, and all of them one after the other
//! - [`redact`]: e-mail and IP addresses masked, for what leaves the machine

mod curl;
mod edges;
mod format;
mod har;
mod html;
mod httpie;
mod markdown;
mod otlp;
mod quote;
mod raw;
pub mod redact;
mod select;
mod time;
mod trace;

pub use format::{Format, UnknownFormat};
pub use har::read::{HarError, read as read_har};
pub(crate) use otlp::resource;
pub use select::{BadFilter, Exported, Progress, Wanted};
pub(crate) use time::rfc3339;

use onionskin::wire::Cycle;
use redact::Redactor;

/// Writes cycles in one format.
///
/// # Example
/// ```
/// use onionskin_web::export::{Exporter, Format};
/// # fn example(cycles: &[onionskin::wire::Cycle]) -> Vec<u8> {
/// let mut exporter = Exporter::new(Format::Har, false);
/// let mut file = Vec::new();
/// for cycle in cycles {
///     file.extend(exporter.add(cycle));
/// }
/// file.extend(exporter.end());
/// file
/// # }
/// ```
#[derive(Debug)]
pub struct Exporter {
    format: Format,
    redactor: Option<Redactor>,
    written: u64,
    clock: trace::Clock,
}

impl Exporter {
    /// An exporter; with `redact` it masks e-mail and IP addresses.
    pub fn new(format: Format, redact: bool) -> Self {
        Self {
            format,
            redactor: redact.then(Redactor::new),
            written: 0,
            clock: trace::Clock::default(),
        }
    }

    /// The bytes that come next, with this cycle. A format that holds one cycle ([`Format::holds_many`]) takes the first.
    pub fn add(&mut self, cycle: &Cycle) -> Vec<u8> {
        let is_first = self.written == 0;
        if !is_first && !self.format.holds_many() {
            return Vec::new();
        }
        self.written += 1;
        let masked = self.redactor.as_ref().map(|r| r.cycle(cycle));
        let cycle = masked.as_ref().unwrap_or(cycle);
        let mut out = Vec::new();
        let between = if is_first {
            self.frame().0
        } else {
            self.frame().1
        };
        out.extend_from_slice(between.as_bytes());
        match self.format {
            Format::Har => har::entry(&mut out, cycle),
            Format::Curl => curl::command(&mut out, cycle),
            Format::Httpie => httpie::command(&mut out, cycle),
            Format::HttpRequest => raw::request(&mut out, cycle),
            Format::HttpResponse => raw::response(&mut out, cycle),
            Format::Jsonl => json_line(&mut out, cycle),
            Format::Markdown => markdown::ticket(&mut out, cycle),
            Format::Trace => trace::events(&mut out, cycle, &mut self.clock),
            Format::Otlp => otlp::batch(&mut out, cycle),
            Format::Html => html::page(&mut out, cycle),
        }
        out
    }

    /// The last bytes.
    pub fn end(self) -> Vec<u8> {
        let (before, _, after) = self.frame();
        let before = if self.written == 0 { before } else { "" };
        [before, after].concat().into_bytes()
    }

    /// How many cycles it has written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What stands before the first cycle, between two, and behind the last.
    fn frame(&self) -> (&'static str, &'static str, &'static str) {
        match self.format {
            Format::Har => (har::HEAD, ",\n", har::TAIL),
            Format::Trace => (trace::HEAD, ",\n", trace::TAIL),
            Format::Otlp => (otlp::HEAD, ",\n", otlp::TAIL),
            Format::Curl | Format::Httpie => ("", "\n", ""),
            Format::Markdown => ("", "\n---\n\n", ""),
            Format::HttpRequest | Format::HttpResponse | Format::Jsonl | Format::Html => {
                ("", "", "")
            }
        }
    }
}

fn json_line(out: &mut Vec<u8>, cycle: &Cycle) {
    json(out, cycle);
    out.push(b'\n');
}

/// Appends a value as JSON.
fn json(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("the model has only string keys, and a Vec takes all");
}

/// What an export of this cycle in this format lacks or has masked, in words: for standard error, or beside a button. Most
/// formats say it themselves; bytes that are to be sent as they are can't.
pub fn notes(format: Format, cycle: &Cycle) -> Vec<String> {
    let edges = edges::Edges::new(cycle);
    match format {
        Format::HttpRequest => edges.request_notes(),
        Format::HttpResponse => edges.response_notes(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
