//! Request and response at a step, line by line, with what the step did and who set what.

use super::{pairs, places::Places};
use crate::model::{BodyPlace, By, MessageLine, MessagePart, MessageView, Op, StepView};
use onionskin::{
    replay::{Held, Message, Part, Replay, ReplayError, side_of},
    text::edits::body_after,
    wire::{Cycle, Delta, Extension, ExtensionEdit, Header, HeaderEdit, Octets, Side, Step},
};

/// Request and response as they stood right after a step; none if there is no such step.
///
/// # Errors
/// If a delta does not fit the message it is relative to.
pub fn step(cycle: &Cycle, step: u32) -> Result<Option<StepView>, ReplayError> {
    let replay = Replay::new(cycle)?;
    let Some(at) = cycle.steps.get(step as usize) else {
        return Ok(None);
    };
    let places = Places::new(cycle);
    let view = |side, message| {
        let is_about = side_of(at) == side;
        View {
            replay: &replay,
            places: &places,
            step: at,
            side,
            delta: at.delta.as_ref().filter(|_| is_about),
        }
        .of(message)
    };
    let empty = Message::default();
    Ok(Some(StepView {
        step,
        request: view(Side::Request, replay.request(step).unwrap_or(&empty)),
        response: replay.response(step).map(|m| view(Side::Response, m)),
    }))
}

struct View<'v> {
    replay: &'v Replay,
    places: &'v Places<'v>,
    step: &'v Step,
    side: Side,
    /// What the step did to this message.
    delta: Option<&'v Delta>,
}

impl View<'_> {
    fn of(&self, message: &Message) -> MessageView {
        let mut lines = self.first(message);
        lines.extend(self.headers(message));
        lines.extend(self.extensions(message));
        let uri = message.uri.as_ref().map(|held| &*held.value);
        MessageView {
            lines,
            query: uri.map(pairs::query_of).unwrap_or_default(),
            cookies: pairs::cookies(message.headers.iter().map(|held| &held.value)),
            body: self.body(message),
        }
    }

    /// Method, target, version and status.
    fn first(&self, message: &Message) -> Vec<MessageLine> {
        let text = |held: &Option<Held<String>>| held.as_ref().map(|h| Octets::from(&*h.value));
        let status = |status: u16| Octets::from(&*status.to_string());
        let delta = self.delta;
        let before = |change: fn(&Delta) -> Option<&String>| {
            delta.and_then(change).map(|from| Octets::from(&**from))
        };
        let parts = [
            (
                MessagePart::Method,
                Part::Method,
                text(&message.method),
                before(|d| d.method.as_ref()?.from.as_ref()),
            ),
            (
                MessagePart::Uri,
                Part::Uri,
                text(&message.uri),
                before(|d| d.uri.as_ref()?.from.as_ref()),
            ),
            (
                MessagePart::Status,
                Part::Status,
                message.status.as_ref().map(|held| status(held.value)),
                delta.and_then(|d| d.status.as_ref()?.from).map(status),
            ),
            (
                MessagePart::Version,
                Part::Version,
                text(&message.version),
                before(|d| d.version.as_ref()?.from.as_ref()),
            ),
        ];
        let line = |(what, part, value, before): (_, _, Option<Octets>, Option<Octets>)| {
            let value = value?;
            let history = self.history(part);
            let op = self.op(&history, before.is_some());
            Some(MessageLine {
                what,
                op,
                name: None,
                value: Some(value),
                before,
                redacted: false,
                history,
            })
        };
        parts.into_iter().filter_map(line).collect()
    }

    fn headers(&self, message: &Message) -> Vec<MessageLine> {
        let edited = match self.delta {
            Some(delta) => edited(self.base(delta), &delta.headers),
            None => message.headers.iter().map(Line::untouched).collect(),
        };
        let mut at = 0;
        let line = |line: Line| {
            let history = match line.op {
                Some(Op::Remove) => self.removed_by(),
                _ => {
                    at += 1;
                    self.history(Part::Header(at - 1))
                }
            };
            MessageLine {
                what: MessagePart::Header,
                op: line.op,
                name: Some(line.header.name),
                value: Some(line.header.value),
                redacted: line.header.redacted || line.before.as_ref().is_some_and(|h| h.redacted),
                before: line.before.map(|h| h.value),
                history,
            }
        };
        edited.into_iter().map(line).collect()
    }

    /// Those that are there, and behind them those that the step took out.
    fn extensions(&self, message: &Message) -> Vec<MessageLine> {
        let edits = self.delta.map_or(&[][..], |d| &d.extensions);
        let there = message.extensions.iter().map(|held| {
            let Extension { type_name, value } = &held.value;
            let before = edits.iter().find_map(|edit| match edit {
                ExtensionEdit::Change { from, .. } if edit.type_name() == type_name => Some(from),
                _ => None,
            });
            let history = self.history(Part::Extension(type_name));
            MessageLine {
                op: self.op(&history, before.is_some()),
                value: value.as_deref().map(Octets::from),
                before: before.and_then(|from| from.as_deref().map(Octets::from)),
                ..extension_line(type_name, history)
            }
        });
        let gone = edits.iter().filter_map(|edit| match edit {
            ExtensionEdit::Remove { type_name }
                if !message
                    .extensions
                    .iter()
                    .any(|h| h.value.type_name == *type_name) =>
            {
                Some(MessageLine {
                    op: Some(Op::Remove),
                    ..extension_line(type_name, self.removed_by())
                })
            }
            _ => None,
        });
        there.chain(gone).collect()
    }

    fn body(&self, message: &Message) -> Option<BodyPlace> {
        let body = message.body.as_ref()?.value;
        let history = self.history(Part::Body);
        let change = self.delta.and_then(|d| d.body.as_ref());
        let before = change.and_then(|c| c.from);
        Some(BodyPlace {
            index: body.body,
            announced: body.announced,
            text: body_after(self.places.cycle, before, body),
            op: self.op(&history, before.is_some()),
            before: before.and_then(|b| b.body),
            history,
        })
    }

    /// The headers that the delta is relative to.
    fn base(&self, delta: &Delta) -> &[Held<Header>] {
        let base = delta.base.and_then(|base| match self.side {
            Side::Request => self.replay.request(base),
            Side::Response => self.replay.response(base),
        });
        base.map_or(&[], |message| &message.headers)
    }

    /// What the step did to a part that it set, if it did.
    fn op(&self, history: &[By], was_there: bool) -> Option<Op> {
        let set_now = self.delta.is_some() && history.first()?.step == self.step.seq;
        set_now.then_some(if was_there { Op::Change } else { Op::Add })
    }

    fn history(&self, part: Part<'_>) -> Vec<By> {
        let settings = self
            .replay
            .history(self.places.cycle, self.step.seq, self.side, part);
        let by = |s: onionskin::replay::Setting| self.by(s.step, s.value);
        settings.into_iter().map(by).collect()
    }

    fn removed_by(&self) -> Vec<By> {
        vec![self.by(self.step.seq, None)]
    }

    fn by(&self, step: u32, value: Option<Octets>) -> By {
        By {
            step,
            row: self.places.author(step as usize),
            name: self.places.author_name(step as usize),
            value,
        }
    }
}

fn extension_line(type_name: &str, history: Vec<By>) -> MessageLine {
    MessageLine {
        what: MessagePart::Extension,
        op: None,
        name: Some(type_name.into()),
        value: None,
        before: None,
        redacted: false,
        history,
    }
}

/// A header in a list that is being edited.
struct Line {
    header: Header,
    before: Option<Header>,
    op: Option<Op>,
}

impl Line {
    fn untouched(held: &Held<Header>) -> Self {
        Self {
            header: held.value.clone(),
            before: None,
            op: None,
        }
    }
}

/// The list after the edits, with what they took out still in its place. The edits fit: the replay has done them.
fn edited(base: &[Held<Header>], edits: &[HeaderEdit]) -> Vec<Line> {
    let mut lines: Vec<Line> = base.iter().map(Line::untouched).collect();
    for edit in edits {
        match edit {
            HeaderEdit::Add { at, header } => {
                let line = Line {
                    header: header.clone(),
                    before: None,
                    op: Some(Op::Add),
                };
                lines.insert(place(&lines, *at), line);
            }
            HeaderEdit::Remove { at, .. } => {
                let place = place(&lines, *at);
                if let Some(line) = lines.get_mut(place) {
                    line.op = Some(Op::Remove);
                }
            }
            HeaderEdit::Change { at, from, to } => {
                let place = place(&lines, *at);
                if let Some(line) = lines.get_mut(place) {
                    line.header = to.clone();
                    line.before.get_or_insert_with(|| from.clone());
                    line.op.get_or_insert(Op::Change);
                }
            }
            HeaderEdit::Move { from, at, .. } => {
                let from = place(&lines, *from);
                if from < lines.len() {
                    let mut line = lines.remove(from);
                    line.op.get_or_insert(Op::Move);
                    lines.insert(place(&lines, *at), line);
                }
            }
        }
    }
    lines
}

/// Where in the lines the header stands that is `at` that place of the list.
fn place(lines: &[Line], at: usize) -> usize {
    let there = |(_, line): &(usize, &Line)| line.op != Some(Op::Remove);
    let mut live = lines.iter().enumerate().filter(there);
    live.nth(at).map_or(lines.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::{get_request, record, shop};

    fn line<'v>(view: &'v MessageView, name: &str) -> &'v MessageLine {
        let mut lines = view.lines.iter();
        lines.find(|l| l.name.as_deref() == Some(name)).unwrap()
    }

    fn story(line: &MessageLine) -> Vec<(&str, String)> {
        let value = |by: &By| by.value.as_ref().map(|v| v.to_text().into_owned());
        let by = |by| value(by).unwrap_or_default();
        line.history.iter().map(|b| (&*b.name, by(b))).collect()
    }

    #[test]
    fn who_set_a_value_last_and_who_before() {
        let cycle = record(shop(), get_request("/books/7?q=a%20b"));
        let last = cycle.steps.len() as u32 - 1;
        let view = step(&cycle, last).unwrap().unwrap();
        let stamp = line(&view.request, "x-stamp");
        assert_eq!(
            story(stamp),
            [("restamp", "inner".into()), ("stamp", "outer".into())]
        );
        assert_eq!(stamp.op, None);
        let response = view.response.unwrap();
        assert_eq!(
            story(line(&response, "x-served-by")),
            [("stamp", "stamp".into()), ("book", "book".into())]
        );
        let status = response
            .lines
            .iter()
            .find(|l| l.what == MessagePart::Status);
        assert_eq!(
            story(status.unwrap()),
            [("restamp", "202".into()), ("book", "200".into())]
        );
        let sent = line(&view.request, "host");
        assert_eq!(story(sent), [("client", "localhost:3000".into())]);
        assert_eq!(view.request.query[0].value, "a b");
        let body = response.body.unwrap();
        assert_eq!(body.history[0].name, "book");
        assert!(
            cycle.bodies[body.index.unwrap()]
                .head
                .to_text()
                .contains('7')
        );
    }

    #[test]
    fn what_a_step_took_out_stands_where_it_was() {
        let cycle = record(shop(), get_request("/books/7"));
        let inside_restamp = cycle.steps.iter().position(|s| {
            let delta = s.delta.as_ref();
            delta.is_some_and(|d| {
                let mut edits = d.headers.iter();
                edits.any(|e| matches!(e, HeaderEdit::Remove { .. }))
            })
        });
        let seq = inside_restamp.unwrap() as u32;
        let view = step(&cycle, seq).unwrap().unwrap();
        assert!(view.response.is_none());
        let ops: Vec<_> = view
            .request
            .lines
            .iter()
            .filter(|l| l.what == MessagePart::Header)
            .map(|l| (l.name.as_deref().unwrap(), l.op))
            .collect();
        assert_eq!(
            ops,
            [
                ("host", None),
                ("cookie", Some(Op::Remove)),
                ("x-stamp", Some(Op::Change)),
            ]
        );
        let stamp = line(&view.request, "x-stamp");
        assert_eq!(stamp.before, Some("outer".into()));
        let cookie = line(&view.request, "cookie");
        assert!(cookie.redacted);
        assert_eq!(cookie.history[0].name, "restamp");
        assert!(view.request.cookies.is_empty(), "they are not sent on");
        let gone = line(&view.request, "u32");
        assert_eq!(
            (gone.op, &*gone.history[0].name),
            (Some(Op::Remove), "restamp")
        );
    }

    #[test]
    fn each_step_shows_the_message_that_the_replay_has() {
        for path in ["/books/7", "/books/x", "/admin", "/nothing"] {
            let cycle = record(shop(), get_request(path));
            let replay = Replay::new(&cycle).unwrap();
            for at in 0..cycle.steps.len() as u32 {
                let view = step(&cycle, at).unwrap().unwrap();
                let there = |view: &MessageView| {
                    let lines = view.lines.iter().filter(|l| l.op != Some(Op::Remove));
                    let headers = lines.filter(|l| l.what == MessagePart::Header);
                    headers
                        .map(|l| (l.name.clone().unwrap(), l.value.clone().unwrap()))
                        .collect::<Vec<_>>()
                };
                let held = |message: &Message| {
                    let headers = message.headers.iter();
                    headers
                        .map(|h| (h.value.name.clone(), h.value.value.clone()))
                        .collect::<Vec<_>>()
                };
                assert_eq!(there(&view.request), held(replay.request(at).unwrap()));
                let response = replay.response(at);
                assert_eq!(view.response.as_ref().map(there), response.map(held));
                let by = |view: &MessageView| {
                    let lines = view.lines.iter().filter(|l| l.op != Some(Op::Remove));
                    let headers = lines.filter(|l| l.what == MessagePart::Header);
                    headers.map(|l| l.history[0].step).collect::<Vec<_>>()
                };
                let held_by = |message: &Message| -> Vec<u32> {
                    message.headers.iter().map(|h| h.by).collect()
                };
                assert_eq!(by(&view.request), held_by(replay.request(at).unwrap()));
                assert_eq!(view.response.as_ref().map(by), response.map(held_by));
                let messages = [Some(&view.request), view.response.as_ref()];
                for line in messages.into_iter().flatten().flat_map(|m| &m.lines) {
                    assert!(!line.history.is_empty(), "{path} {at} {line:?}");
                    assert!(line.history.is_sorted_by(|a, b| a.step > b.step));
                    if let (Some(value), None) = (&line.history[0].value, line.op) {
                        assert_eq!(line.value.as_ref(), Some(value));
                    }
                }
            }
            let none = cycle.steps.len() as u32;
            assert_eq!(step(&cycle, none).unwrap(), None);
        }
    }
}
