//! A command for curl.

use super::{
    edges::{Edges, first},
    quote,
};
use onionskin::wire::{Cycle, Header};

/// Headers that curl adds by itself, and the one that it works out.
const OWN: [&str; 2] = ["user-agent", "accept"];

/// Longest body that is given as an argument: Linux takes 128 KiB at most.
const LONGEST_WORD: usize = 96 << 10;

/// A command that sends the request as it came: same method, target, headers in order, body.
pub(super) fn command(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let mut words = Vec::new();
    let body = edges.request_body().map_or(&[][..], |body| &body.head.0);
    method(&mut words, edges.method(), !body.is_empty());
    target(&mut words, &edges);
    for header in edges.request_headers() {
        if let Some(line) = header_line(header, edges.host()) {
            option(&mut words, "-H", &line);
        }
    }
    for name in OWN {
        if first(&edges.request, name).is_none() {
            option(&mut words, "-H", format!("{name}:").as_bytes());
        }
    }
    let mut before = String::new();
    if !body.is_empty() {
        if first(&edges.request, "content-type").is_none() {
            option(&mut words, "-H", b"content-type:");
        }
        // Not `--data-binary`: there a body that begins with `@` would name a file.
        match quote::word(body).filter(|_| body.len() <= LONGEST_WORD) {
            Some(word) => words.push(format!("--data-raw {word}")),
            None => {
                before = format!("{} | ", quote::printf(body));
                words.push("--data-binary @-".into());
            }
        }
    }
    notes(out, &edges.request_notes());
    let command = format!("{before}curl {}\n", words.join(" \\\n  "));
    out.extend_from_slice(command.as_bytes());
}

/// What is not as it was. Nothing from outside may stand in a comment: interactive zsh reads it as a command.
pub(super) fn notes(out: &mut Vec<u8>, notes: &[String]) {
    for note in notes {
        out.extend_from_slice(format!("# {note}\n").as_bytes());
    }
}

fn method(words: &mut Vec<String>, method: &str, has_body: bool) {
    match (method, has_body) {
        ("GET", false) | ("POST", true) => {}
        // With `-X HEAD` curl would wait for a body.
        ("HEAD", false) => words.push("--head".into()),
        _ => words.extend(quote::word(method.as_bytes()).map(|word| format!("-X {word}"))),
    }
}

/// The URL, and what keeps curl from changing it.
fn target(words: &mut Vec<String>, edges: &Edges<'_>) {
    let url = edges.url();
    let as_it_is = |b: u8| b.is_ascii_alphanumeric() || b"-._~/?&=%:@!$'()*+,;".contains(&b);
    if url.ends_with(edges.target()) && url.bytes().all(as_it_is) && !url.contains("/.") {
        words.extend(quote::word(url.as_bytes()));
        return;
    }
    words.extend(quote::word(format!("http://{}/", edges.host()).as_bytes()));
    option(words, "--request-target", edges.target().as_bytes());
}

/// `name: value`, unless curl writes this header itself.
fn header_line(header: &Header, host: &str) -> Option<Vec<u8>> {
    match header.name.as_str() {
        "content-length" => return None,
        "host" if header.value.0 == host.as_bytes() => return None,
        _ => {}
    }
    // `name:` would take the header away, `name;` sends it empty.
    if header.value.0.is_empty() {
        return Some(format!("{};", header.name).into_bytes());
    }
    let mut line = format!("{}: ", header.name).into_bytes();
    line.extend_from_slice(&header.value.0);
    Some(line)
}

fn option(words: &mut Vec<String>, name: &str, value: &[u8]) {
    // Header values have no NUL byte: HTTP forbids it, and a cycle that says otherwise is not sent.
    words.extend(quote::word(value).map(|word| format!("{name} {word}")));
}
