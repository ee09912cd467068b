//! A command for HTTPie.

use super::{
    curl,
    edges::{Edges, first},
    quote,
};
use onionskin::wire::{Cycle, Header};

/// Headers that HTTPie adds by itself.
const OWN: [&str; 4] = ["accept", "accept-encoding", "connection", "user-agent"];

/// What tells HTTPie's items apart; a backslash takes it from them.
const SEPARATORS: &[u8] = b":=@;";

/// A command that sends the request as it came, as far as HTTPie can say it.
pub(super) fn command(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let mut notes = edges.request_notes();
    let body = edges.request_body().map_or(&[][..], |body| &body.head.0);
    let mut words = vec!["--path-as-is".to_owned()];
    words.push(quote::word(edges.method().as_bytes()).unwrap_or_else(|| "GET".into()));
    words.extend(quote::word(edges.url().as_bytes()));
    let mut unsaid = 0;
    for header in edges.request_headers() {
        match header.name.as_str() {
            "content-length" => continue,
            "host" if header.value.0 == edges.host().as_bytes() => continue,
            _ => {}
        }
        match item(header) {
            Some(word) => words.push(word),
            None => unsaid += 1,
        }
    }
    if unsaid > 0 {
        notes.push(format!(
            "HTTPie has no way to say {unsaid} of the headers: left out"
        ));
    }
    for name in OWN {
        if first(&edges.request, name).is_none() {
            words.push(format!("{name}:"));
        }
    }
    let before = match body {
        [] => {
            words[0] += " --ignore-stdin";
            String::new()
        }
        body => {
            if first(&edges.request, "content-type").is_none() {
                words.push("content-type:".into());
            }
            format!("{} | ", quote::printf(body))
        }
    };
    curl::notes(out, &notes);
    let command = format!("{before}http {}\n", words.join(" \\\n  "));
    out.extend_from_slice(command.as_bytes());
}

/// The item for a header; none for one that HTTPie can't send: bytes that are not UTF-8, and a backslash before one of its
/// separators, which it always takes for an escape.
fn item(header: &Header) -> Option<String> {
    let value = header.value.as_str()?.as_bytes();
    let is_separator = |b: &u8| SEPARATORS.contains(b);
    if value
        .windows(2)
        .any(|pair| pair[0] == b'\\' && is_separator(&pair[1]))
    {
        return None;
    }
    if value.is_empty() {
        return quote::word(format!("{};", header.name).as_bytes());
    }
    let mut text = format!("{}:", header.name).into_bytes();
    // `name:=…` is JSON and `name:@…` a file.
    if value.first().is_some_and(is_separator) {
        text.push(b'\\');
    }
    text.extend_from_slice(value);
    quote::word(&text)
}
