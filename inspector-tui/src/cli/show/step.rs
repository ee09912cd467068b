//! Request and response at a step, as text.

use onionskin::{
    text::{self, edits},
    wire::{Cycle, Edge, Octets, Step},
};
use onionskin_web::model::{By, MessageLine, MessagePart, MessageView, Op, StepView};
use std::fmt::{self, Write as _};

/// A line for each part: what the step did to it (`+` came, `-` went, `~` changed, `>` moved), which part, its value, and who
/// set it.
pub(super) fn text(cycle: &Cycle, shown: &StepView) -> String {
    let mut out = String::new();
    let written = write(&mut out, cycle, shown);
    written.expect("a string takes everything");
    out
}

fn write(out: &mut String, cycle: &Cycle, shown: &StepView) -> fmt::Result {
    let last = cycle.steps.len().saturating_sub(1);
    write!(out, "step {} of {last}", shown.step)?;
    if let Some(step) = cycle.steps.get(shown.step as usize) {
        write!(
            out,
            ": {}, at {}",
            place(cycle, step),
            text::duration(step.t_ns)
        )?;
    }
    out.push_str("\n\nrequest\n");
    message(out, &shown.request)?;
    out.push_str("\nresponse\n");
    match &shown.response {
        Some(response) => message(out, response),
        None => writeln!(out, "  (none yet)"),
    }
}

fn place(cycle: &Cycle, step: &Step) -> String {
    let arrow = match step.edge {
        Edge::In => '→',
        Edge::Out => '←',
    };
    let site = step.site.and_then(|site| cycle.sites.get(site));
    let name = site.map_or(String::new(), |s| format!(" {}", text::escape(&s.name)));
    format!("{arrow} {}{name}", step.stage.as_str())
}

fn message(out: &mut String, message: &MessageView) -> fmt::Result {
    for line in &message.lines {
        let part = Part {
            op: line.op,
            what: word(line.what),
            text: shown(line),
            before: line.before.as_ref().map(octets),
            history: &line.history,
        };
        writeln!(out, "{part}")?;
    }
    if let Some(body) = &message.body {
        let part = Part {
            op: body.op,
            what: word(MessagePart::Body),
            text: text::escape(&body.text).into_owned(),
            before: None,
            history: &body.history,
        };
        writeln!(out, "{part}")?;
    }
    Ok(())
}

fn word(what: MessagePart) -> &'static str {
    match what {
        MessagePart::Method => "method",
        MessagePart::Uri => "target",
        MessagePart::Version => "version",
        MessagePart::Status => "status",
        MessagePart::Header => "header",
        MessagePart::Extension => "ext",
        MessagePart::Body => "body",
    }
}

/// `name: value`, or the one of them that there is.
fn shown(line: &MessageLine) -> String {
    let name = line.name.as_deref().map(text::escape);
    let value = line.value.as_ref().map(octets);
    match (name, value) {
        (Some(name), Some(value)) => format!("{name}: {value}"),
        (name, value) => value.or(name.map(Into::into)).unwrap_or_default(),
    }
}

fn octets(value: &Octets) -> String {
    text::escape_bytes(&value.0).into_owned()
}

struct Part<'p> {
    op: Option<Op>,
    what: &'static str,
    text: String,
    before: Option<String>,
    history: &'p [By],
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.op {
            None => ' ',
            Some(Op::Add) => edits::Sign::Added.as_char(),
            Some(Op::Remove) => edits::Sign::Removed.as_char(),
            Some(Op::Change) => edits::Sign::Changed.as_char(),
            Some(Op::Move) => edits::Sign::Moved.as_char(),
        };
        write!(f, "{sign} {:8} {}", self.what, self.text)?;
        if let Some(before) = &self.before {
            write!(f, " (was {before})")?;
        }
        match self.history.first() {
            Some(by) => write!(f, "  ← {}", text::escape(&by.name)),
            None => Ok(()),
        }
    }
}
