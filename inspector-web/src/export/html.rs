//! One file that replays one cycle in a browser, with nothing beside it.
//!
//! The page is ours and the data is in a block of JSON that is parsed and never run: in it, every character that could end
//! the block or a line of script is an escape. The page writes text nodes only, and its policy lets no other script run, no
//! style apply and nothing be loaded or sent: the hashes in it are those of the one script and the one style sheet.

use super::{edges::Edges, raw::reason, time::rfc3339};
use onionskin::{
    replay::{Held, Message, Replay},
    text::{
        self,
        edits::{author, edits},
        escape, escape_bytes,
    },
    times::{RowState, rows},
    wire::{Cycle, Edge, Extension, Header, SiteKind, Stage, Step},
};
use serde_json::{Value, json as value};

const PAGE: &str = include_str!("html/replay.html");
const SCRIPT: &str = include_str!("html/replay.js");
const STYLE: &str = include_str!("html/replay.css");

/// What the policy says of script and style sheet: the SHA-256 of each, which a test works out again.
const SCRIPT_HASH: &str = "sha256-08iJEhk9t6fArxDyBHlwiLofksLePYOuFc3i4GPG3NM=";
const STYLE_HASH: &str = "sha256-I0gM6tSkudEvY6KHsXqkpkZ2rMEpKF27jW5nWGLCZ4k=";

/// Longest part of a body that is in the file.
const BODY: usize = 16 << 10;

/// The file.
pub(super) fn page(out: &mut Vec<u8>, cycle: &Cycle) {
    let mut rest = PAGE;
    let data = data_block(&data(cycle));
    for (place, text) in [
        ("{script-hash}", SCRIPT_HASH),
        ("{style-hash}", STYLE_HASH),
        ("{style}", STYLE),
        ("{data}", &data),
        ("{script}", SCRIPT),
    ] {
        // In the order of the page, each once: what is put in is not looked through again.
        let (before, after) = rest.split_once(place).expect("the page has a place for it");
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(text.as_bytes());
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
}

/// JSON that can't end the block that it stands in, and that is script too wherever it stood.
fn data_block(data: &Value) -> String {
    let mut block = String::new();
    for c in data.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                block += &format!("\\u{:04x}", u32::from(c))
            }
            c => block.push(c),
        }
    }
    block
}

/// What the page shows, every text escaped for reading.
fn data(cycle: &Cycle) -> Value {
    let edges = Edges::new(cycle);
    let site = cycle.outcome.site().and_then(|i| cycle.sites.get(i));
    let mut messages = Messages::default();
    let replay = Replay::new(cycle);
    let rows = rows(cycle);
    let depth = |step: &Step| {
        let row = rows.iter().find(|r| r.entry == Some(step.entry as usize));
        row.map_or(0, |r| r.depth)
    };
    let steps: Vec<Value> = cycle
        .steps
        .iter()
        .map(|step| {
            let (request, response) = match &replay {
                Ok(replay) => (replay.request(step.seq), replay.response(step.seq)),
                Err(_) => (None, None),
            };
            value!({
                "name": name(cycle, step), "stage": step.stage.as_str(), "edge": arrow(step), "depth": depth(step),
                "time": text::duration(step.t_ns), "changes": changes(cycle, step), "marks": marks(cycle, step),
                "request": request.map(|m| messages.index(cycle, m)),
                "response": response.map(|m| messages.index(cycle, m)),
                "side": if onionskin::replay::side_of(step) == onionskin::wire::Side::Request { "request" } else { "response" },
            })
        })
        .collect();
    let bars: Vec<Value> = rows
        .iter()
        .map(|row| {
            value!({
                "name": escape(row.name(cycle)), "depth": row.depth, "from": row.from_ns, "to": row.to_ns,
                "step": row.entry, "ran": row.state != RowState::NeverRan,
            })
        })
        .collect();
    let mut notes = edges.request_notes();
    notes.extend(edges.response_notes());
    notes.dedup();
    value!({
        "title": escape(&format!("{} {}", cycle.method, cycle.target)),
        "status": cycle.status, "outcome": escape(&cycle.outcome.describe(site.map(|s| s.name.as_str()))),
        "app": escape(&cycle.app), "id": escape(&cycle.id), "started": rfc3339(cycle.started_unix_us),
        "duration": text::duration(cycle.duration_ns), "duration_ns": cycle.duration_ns, "notes": notes,
        "steps": steps, "bars": bars, "messages": messages.shown,
    })
}

fn name(cycle: &Cycle, step: &Step) -> String {
    let site = step.site.and_then(|i| cycle.sites.get(i));
    match (step.stage, site) {
        (Stage::Middleware | Stage::View, Some(site)) if site.kind == SiteKind::Edge => {
            format!("inside of {}", escape(&site.name))
        }
        (Stage::Middleware | Stage::View, Some(site)) => escape(&site.name).into_owned(),
        (stage, _) => stage.as_str().into(),
    }
}

fn arrow(step: &Step) -> &'static str {
    match step.edge {
        Edge::In => "→",
        Edge::Out => "←",
    }
}

fn changes(cycle: &Cycle, step: &Step) -> Vec<Value> {
    let Some(delta) = &step.delta else {
        return Vec::new();
    };
    let by = author(cycle, step).and_then(|i| cycle.sites.get(i));
    let by = by.map(|site| escape(&site.name));
    let edits = edits(cycle, delta).into_iter();
    edits
        .map(|e| value!({"sign": e.sign.as_char(), "text": e.text, "by": by}))
        .collect()
}

/// What happened between this step and the next.
fn marks(cycle: &Cycle, step: &Step) -> Vec<String> {
    let marks = cycle.marks.iter().filter(|mark| mark.after == step.seq);
    marks
        .map(|mark| format!("{} {}", text::duration(mark.t_ns), text::mark(&mark.what)))
        .collect()
}

/// The distinct messages, as lines.
#[derive(Default)]
struct Messages {
    seen: Vec<Message>,
    shown: Vec<Value>,
}

impl Messages {
    fn index(&mut self, cycle: &Cycle, message: &Message) -> usize {
        if let Some(at) = self.seen.iter().rposition(|seen| seen == message) {
            return at;
        }
        self.seen.push(message.clone());
        self.shown.push(show(cycle, message));
        self.shown.len() - 1
    }
}

fn show(cycle: &Cycle, message: &Message) -> Value {
    let line = match (&message.status, &message.method, &message.uri) {
        (Some(status), ..) => format!("{} {}", status.value, reason(status.value)),
        (None, Some(method), Some(uri)) => format!("{} {}", method.value, uri.value),
        _ => String::new(),
    };
    let header = |held: &Held<Header>| value!({"name": escape(&held.value.name), "value": escape_bytes(&held.value.value.0), "by": held.by});
    let extension = |held: &Held<Extension>| {
        let Extension { type_name, value } = &held.value;
        let name = value.as_ref().map_or_else(
            || type_name.clone(),
            |value| format!("{type_name} = {value}"),
        );
        value!({"name": escape(&name), "by": held.by})
    };
    let body = message
        .body
        .as_ref()
        .and_then(|held| Some((held.by, cycle.bodies.get(held.value.body?)?)));
    let body = body.filter(|(_, body)| body.len > 0).map(|(by, body)| {
        let shown = &body.head.0[..body.head.0.len().min(BODY)];
        let lines: Vec<_> = shown.split(|b| *b == b'\n').map(escape_bytes).collect();
        let cut = (shown.len() as u64) < body.len;
        value!({"by": by, "size": text::size(body.len), "lines": lines, "cut": cut})
    });
    value!({
        "line": escape(line.trim_end()),
        "headers": message.headers.iter().map(header).collect::<Vec<_>>(),
        "extensions": message.extensions.iter().map(extension).collect::<Vec<_>>(),
        "body": body,
    })
}

#[cfg(test)]
mod tests;
