//! A page for a ticket.

use super::{edges::Edges, raw::reason, time::rfc3339};
use onionskin::{
    replay::Message,
    text::{self, escape, escape_bytes},
    wire::{Body, BodyEnd, Cycle, Header},
};
use std::fmt::Write as _;

/// Longest part of a body that is shown.
const BODY: usize = 2 << 10;

/// Title, facts, timeline with its deltas, both messages. All that came from outside stands in code, escaped.
pub(super) fn ticket(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let mut page = String::new();
    // Writing to a `String` can't fail; the same below.
    let _ = head(&mut page, &edges);
    page += "## Timeline\n\n";
    page += &fenced("text", &text::timeline(cycle).to_string());
    page += "## Request as it came\n\n";
    let line = format!(
        "{} {} {}",
        edges.method(),
        edges.target(),
        Edges::version(Some(&edges.request))
    );
    page += &message(&line, edges.request_headers(), edges.request_body());
    page += &list(&edges.request_notes());
    page += "## Response as it went\n\n";
    match (edges.status(), &edges.response) {
        (Some(status), Some(response)) => {
            let line = status_line(status, response);
            page += &message(&line, edges.response_headers(), edges.response_body());
        }
        _ => page += "None.\n\n",
    }
    page += &list(&edges.response_notes());
    out.extend_from_slice(page.trim_end().as_bytes());
    out.push(b'\n');
}

fn head(page: &mut String, edges: &Edges<'_>) -> std::fmt::Result {
    let cycle = edges.cycle;
    let line = format!("{} {}", edges.method(), edges.target());
    let status = edges.status().map_or("no status".into(), |s| s.to_string());
    writeln!(
        page,
        "# {}: {status}, {}\n",
        code(&line),
        text::duration(cycle.duration_ns)
    )?;
    let site = cycle.outcome.site().and_then(|i| cycle.sites.get(i));
    let outcome = cycle.outcome.describe(site.map(|s| s.name.as_str()));
    writeln!(page, "- Outcome: {}", code(&outcome))?;
    if let Some(site) = site {
        writeln!(
            page,
            "- Where: {}",
            code(&format!("{}:{}", site.file, site.line))
        )?;
    }
    if let Some(route) = &cycle.route {
        writeln!(page, "- Route: {}", code(route))?;
    }
    writeln!(page, "- Started: {}", rfc3339(cycle.started_unix_us))?;
    writeln!(
        page,
        "- App: {}, cycle {}\n",
        code(&cycle.app),
        code(&cycle.id)
    )
}

fn status_line(status: u16, response: &Message) -> String {
    format!(
        "{} {status} {}",
        Edges::version(Some(response)),
        reason(status)
    )
}

fn message<'h>(
    line: &str,
    headers: impl Iterator<Item = &'h Header>,
    body: Option<&Body>,
) -> String {
    let mut lines = format!("{}\n", escape(line.trim_end()));
    for header in headers {
        let _ = writeln!(
            lines,
            "{}: {}",
            escape(&header.name),
            escape_bytes(&header.value.0)
        );
    }
    let Some(body) = body.filter(|body| body.len > 0) else {
        return fenced("http", &lines);
    };
    lines.push('\n');
    let shown = &body.head.0[..body.head.0.len().min(BODY)];
    for line in shown.split(|b| *b == b'\n') {
        let _ = writeln!(
            lines,
            "{}",
            escape_bytes(line.strip_suffix(b"\r").unwrap_or(line))
        );
    }
    let mut text = fenced("http", &lines);
    if (shown.len() as u64) < body.len || body.end != BodyEnd::Complete {
        let (shown, all) = (text::size(shown.len() as u64), text::size(body.len));
        let _ = writeln!(text, "The body is shown up to {shown} of {all}.\n");
    }
    text
}

fn list(notes: &[String]) -> String {
    let mut text: String = notes.iter().map(|note| format!("- {note}\n")).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Text in a block that it can't end: the fence is longer than any run of backticks in it.
fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end())
}

/// Text in a line, as code that it can't end.
fn code(text: &str) -> String {
    let text = escape(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_its_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), r"`a\nb`");
        assert_eq!(fenced("text", "```\n<b>"), "````text\n```\n<b>\n````\n\n");
    }
}
