//! Two cycles side by side: where they part, in content and in time.

use super::{edits, lcs, places::Places, timeline::state};
use crate::model::{ComparedRow, ComparedSide, Comparison, Edit, MessagePart, Op, RowState};
use onionskin::{
    replay::{self, Held, Message, Replay, ReplayError},
    text,
    times::{self, Row},
    wire::{BodyRef, Cycle, Edge, Extension, Header, HeaderEdit, Left, Octets, SiteKind, Stage},
};
use std::mem::discriminant;

/// Two cycles, aligned by layer; of different routes, runs or apps too.
///
/// # Errors
/// If a delta of either does not fit the message it is relative to.
pub fn compare(a: &Cycle, b: &Cycle) -> Result<Comparison, ReplayError> {
    let (one, other) = (Side::new(a)?, Side::new(b)?);
    let both = Both {
        a: &one,
        b: &other,
        same_run: a.run == b.run,
    };
    let pairs = align(&one, &other);
    let mut rows: Vec<ComparedRow> = pairs.iter().map(|pair| both.row(*pair)).collect();
    both.differences(&pairs, &mut rows);
    for (row, pair) in rows.iter_mut().zip(&pairs) {
        row.same =
            row.differences.is_empty() && row.out_differences.is_empty() && both.went_alike(*pair);
    }
    let first = both.first(&pairs, &rows);
    Ok(Comparison {
        a: a.summary(),
        b: b.summary(),
        rows,
        first: first.map(|(row, _)| row),
        first_edge: first.map(|(_, edge)| edge),
    })
}

/// The rows of both at one place.
type Pair = (Option<usize>, Option<usize>);

/// One of the cycles.
struct Side<'c> {
    cycle: &'c Cycle,
    places: Places<'c>,
    replay: Replay,
    ends: Vec<Option<usize>>,
}

impl<'c> Side<'c> {
    fn new(cycle: &'c Cycle) -> Result<Self, ReplayError> {
        Ok(Self {
            cycle,
            places: Places::new(cycle),
            replay: Replay::new(cycle)?,
            ends: times::ends(&cycle.steps),
        })
    }

    fn row(&self, row: usize) -> &Row {
        &self.places.rows[row]
    }

    fn kind(&self, row: usize) -> Option<SiteKind> {
        let site = self.row(row).site.and_then(|i| self.cycle.sites.get(i));
        site.map(|s| s.kind)
    }

    fn name(&self, row: usize) -> &str {
        self.row(row).name(self.cycle)
    }

    /// What makes two rows the same place. There is one view, whatever its name.
    fn key(&self, row: usize) -> (Stage, Option<SiteKind>, &str, u32) {
        let (stage, attempt) = (self.row(row).stage, self.row(row).attempt);
        match stage {
            Stage::Middleware => (stage, self.kind(row), self.name(row), attempt),
            _ => (stage, None, "", attempt),
        }
    }

    /// The step that left a row; that of `send` shows its response where it is entered.
    fn out(&self, row: usize) -> Option<usize> {
        let entry = self.row(row).entry?;
        match self.row(row).stage {
            Stage::Send => Some(entry),
            _ => self.ends[entry],
        }
    }

    fn left(&self, row: usize) -> Option<&Left> {
        let end = self.ends[self.row(row).entry?]?;
        self.cycle.steps[end].left.as_ref()
    }

    fn request(&self, row: usize) -> Option<&Message> {
        self.replay
            .request(u32::try_from(self.row(row).entry?).ok()?)
    }

    fn response(&self, row: usize) -> Option<&Message> {
        self.replay.response(u32::try_from(self.out(row)?).ok()?)
    }

    fn view(&self, row: usize) -> ComparedSide {
        let times = self.row(row).times;
        ComparedSide {
            row,
            in_ns: times.in_ns,
            out_ns: times.out_ns,
            idle_ns: times.idle_ns,
            state: state(self.row(row).state),
        }
    }
}

/// The longest common subsequence of the places; the others alone, in order.
fn align(a: &Side<'_>, b: &Side<'_>) -> Vec<Pair> {
    let keys = |side: &Side<'_>| -> Vec<_> {
        (0..side.places.rows.len())
            .map(|row| {
                let (stage, kind, name, attempt) = side.key(row);
                (stage, kind, name.to_owned(), attempt)
            })
            .collect()
    };
    lcs::pairs(&keys(a), &keys(b))
}

struct Both<'s> {
    a: &'s Side<'s>,
    b: &'s Side<'s>,
    /// Masks of one run can be compared, those of two can't.
    same_run: bool,
}

impl Both<'_> {
    fn row(&self, (a, b): Pair) -> ComparedRow {
        let names = [a.map(|a| self.a.name(a)), b.map(|b| self.b.name(b))];
        let name = match names {
            [Some(a), Some(b)] if a != b => format!("{a} / {b}"),
            [a, b] => a.or(b).unwrap_or_default().into(),
        };
        ComparedRow {
            name,
            kind: a.and_then(|a| self.a.kind(a)).or_else(|| self.b.kind(b?)),
            a: a.map(|a| self.a.view(a)),
            b: b.map(|b| self.b.view(b)),
            differences: Vec::new(),
            out_differences: Vec::new(),
            same: true,
        }
    }

    /// What became different at each row: inward for the requests, outward for the responses.
    fn differences(&self, pairs: &[Pair], rows: &mut [ComparedRow]) {
        let mut before = Vec::new();
        for (index, pair) in pairs.iter().enumerate() {
            let (Some(a), Some(b)) = *pair else { continue };
            if let (Some(a), Some(b)) = (self.a.request(a), self.b.request(b)) {
                let now = self.messages(a, b);
                rows[index].differences = fresh(&now, &before);
                before = now;
            }
        }
        before.clear();
        for index in self.outward(pairs) {
            let (Some(a), Some(b)) = pairs[index] else {
                continue;
            };
            if let (Some(a), Some(b)) = (self.a.response(a), self.b.response(b)) {
                let now = self.messages(a, b);
                rows[index].out_differences = fresh(&now, &before);
                before = now;
            }
        }
    }

    /// The rows in the order in which they are left.
    fn outward(&self, pairs: &[Pair]) -> Vec<usize> {
        let is_send = |index: &usize| {
            let (a, b) = pairs[*index];
            let stage = a.map(|a| self.a.row(a)).or_else(|| Some(self.b.row(b?)));
            stage.is_some_and(|row| row.stage == Stage::Send)
        };
        let (send, mut others): (Vec<_>, Vec<_>) = (0..pairs.len()).partition(is_send);
        others.reverse();
        others.extend(send);
        others
    }

    /// The edits that make the message of `b` of that of `a`.
    fn messages(&self, a: &Message, b: &Message) -> Vec<Edit> {
        let mut all = Vec::new();
        let mut value = |what, a: Option<String>, b: Option<String>| {
            if a != b {
                all.push(edit(what, None, octets(a), octets(b)));
            }
        };
        let text = |held: &Option<Held<String>>| held.as_ref().map(|h| h.value.clone());
        let status = |held: &Option<Held<u16>>| held.as_ref().map(|h| h.value.to_string());
        value(MessagePart::Method, text(&a.method), text(&b.method));
        value(MessagePart::Uri, text(&a.uri), text(&b.uri));
        value(MessagePart::Status, status(&a.status), status(&b.status));
        value(MessagePart::Version, text(&a.version), text(&b.version));
        let headers = |message: &Message| -> Vec<Header> {
            message.headers.iter().map(|h| h.value.clone()).collect()
        };
        let changed = replay::diff(&headers(a), &headers(b));
        all.extend(changed.iter().filter(|e| self.counts(e)).map(edits::header));
        all.extend(extensions(a, b));
        all.extend(self.bodies(a, b));
        all
    }

    /// Where a header stands in the list is no difference; what is masked in two runs is not known.
    fn counts(&self, edit: &HeaderEdit) -> bool {
        match edit {
            HeaderEdit::Move { .. } => false,
            HeaderEdit::Change { from, to, .. } => {
                self.same_run || from.name != to.name || !(from.redacted && to.redacted)
            }
            _ => true,
        }
    }

    fn bodies(&self, a: &Message, b: &Message) -> Option<Edit> {
        let body = |message: &Message| message.body.as_ref().map(|h| h.value);
        let (a, b) = (body(a), body(b));
        let seen = |side: &Side<'_>, body: Option<BodyRef>| {
            let body = side.cycle.bodies.get(body?.body?)?;
            Some((body.len, body.hash.clone()))
        };
        let (in_a, in_b) = (seen(self.a, a), seen(self.b, b));
        let announced = |body: Option<BodyRef>| body.and_then(|body| body.announced);
        let is_same = match (&in_a, &in_b) {
            (Some((a, Some(x))), Some((b, Some(y)))) => a == b && x == y,
            (Some((a, _)), Some((b, _))) => a == b,
            _ => a.is_some() == b.is_some() && announced(a) == announced(b),
        };
        let length = |side: &Side<'_>, body: Option<BodyRef>| {
            octets(body.map(|body| text::edits::body(side.cycle, body)))
        };
        (!is_same).then(|| {
            edit(
                MessagePart::Body,
                None,
                length(self.a, a),
                length(self.b, b),
            )
        })
    }

    /// Whether both came to a place, the same one, and left it in the same way.
    fn went_alike(&self, pair: Pair) -> bool {
        let (Some(a), Some(b)) = pair else {
            return false;
        };
        let ran = |row: &Row| state(row.state) != RowState::NeverRan;
        let left = |left: Option<&Left>| left.map(discriminant);
        ran(self.a.row(a)) == ran(self.b.row(b))
            && self.a.name(a) == self.b.name(b)
            && left(self.a.left(a)) == left(self.b.left(b))
    }

    /// The first row where they part, and on which way: where only one comes to a place, it is that place.
    fn first(&self, pairs: &[Pair], rows: &[ComparedRow]) -> Option<(usize, Edge)> {
        let ran =
            |side: &Option<ComparedSide>| side.is_some_and(|side| side.state != RowState::NeverRan);
        let inward = rows.iter().zip(pairs).position(|(row, (a, b))| {
            let same_name = match (a, b) {
                (Some(a), Some(b)) => self.a.name(*a) == self.b.name(*b),
                _ => false,
            };
            !row.differences.is_empty() || ran(&row.a) != ran(&row.b) || (ran(&row.a) && !same_name)
        });
        let outward = || {
            let mut order = self.outward(pairs).into_iter();
            order.find(|index| !rows[*index].same)
        };
        match inward {
            Some(row) => Some((row, Edge::In)),
            None => outward().map(|row| (row, Edge::Out)),
        }
    }
}

fn octets(text: Option<String>) -> Option<Octets> {
    text.map(|text| Octets::from(&*text))
}

/// Those that only `a` has, those that only `b` has, and those of which the values are known to differ.
fn extensions(a: &Message, b: &Message) -> Vec<Edit> {
    let find = |message: &Message, name: &str| {
        let mut all = message.extensions.iter().map(|held| held.value.clone());
        all.find(|extension| extension.type_name == name)
    };
    let mut edits = Vec::new();
    for Extension { type_name, value } in a.extensions.iter().map(|held| &held.value) {
        let now = find(b, type_name);
        let op = match &now {
            None => Op::Remove,
            Some(now) if now.value == *value => continue,
            Some(_) => Op::Change,
        };
        let to = octets(now.and_then(|now| now.value));
        edits.push(Edit {
            op,
            ..edit(
                MessagePart::Extension,
                Some(type_name),
                octets(value.clone()),
                to,
            )
        });
    }
    for Extension { type_name, value } in b.extensions.iter().map(|held| &held.value) {
        if find(a, type_name).is_none() {
            edits.push(Edit {
                op: Op::Add,
                ..edit(
                    MessagePart::Extension,
                    Some(type_name),
                    None,
                    octets(value.clone()),
                )
            });
        }
    }
    edits
}

fn edit(what: MessagePart, name: Option<&str>, from: Option<Octets>, to: Option<Octets>) -> Edit {
    Edit {
        what,
        op: match (&from, &to) {
            (None, _) => Op::Add,
            (_, None) => Op::Remove,
            _ => Op::Change,
        },
        name: name.map(Into::into),
        from,
        to,
        redacted: false,
    }
}

/// Those that were not there before.
fn fresh(now: &[Edit], before: &[Edit]) -> Vec<Edit> {
    now.iter()
        .filter(|e| !before.contains(e))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::{get_request, record, shop};

    fn at<'c>(comparison: &'c Comparison, name: &str) -> &'c ComparedRow {
        comparison.rows.iter().find(|r| r.name == name).unwrap()
    }

    fn names(edits: &[Edit]) -> Vec<&str> {
        let name = |e: &'_ Edit| match e.what {
            MessagePart::Uri => "uri",
            MessagePart::Status => "status",
            MessagePart::Body => "body",
            _ => "",
        };
        edits
            .iter()
            .map(|e| e.name.as_deref().unwrap_or(name(e)))
            .collect()
    }

    #[test]
    fn the_same_twice_does_not_part() {
        let [a, b] = [(); 2].map(|()| record(shop(), get_request("/books/7")));
        let comparison = compare(&a, &b).unwrap();
        assert!(comparison.rows.iter().all(|r| r.same), "{comparison:#?}");
        assert_eq!((comparison.first, comparison.first_edge), (None, None));
        assert!(
            comparison
                .rows
                .iter()
                .all(|r| r.a.is_some() && r.b.is_some())
        );
    }

    #[test]
    fn a_difference_is_told_where_it_comes_up_and_not_again() {
        let a = record(shop(), get_request("/books/7"));
        let b = record(shop(), get_request("/books/12"));
        let comparison = compare(&a, &b).unwrap();
        assert_eq!(
            (comparison.first, comparison.first_edge),
            (Some(0), Some(Edge::In))
        );
        assert_eq!(names(&comparison.rows[0].differences), ["uri"]);
        assert!(
            comparison.rows[1..]
                .iter()
                .all(|r| r.differences.is_empty())
        );
        let book = at(&comparison, "book");
        assert_eq!(names(&book.out_differences), ["body"]);
        assert!(at(&comparison, "restamp").same && at(&comparison, "stamp").same);
    }

    #[test]
    fn one_that_was_stopped_parts_where_the_other_went_on() {
        let with_key = || {
            let mut request = get_request("/admin");
            let headers = request.headers_mut();
            headers.insert("x-key", http::HeaderValue::from_static("1"));
            request
        };
        let a = record(shop(), get_request("/admin"));
        let b = record(shop(), with_key());
        let comparison = compare(&a, &b).unwrap();
        assert_eq!(names(&comparison.rows[0].differences), ["x-key"]);
        let guard = at(&comparison, "guard");
        assert!(guard.a.is_some() && guard.b.is_some() && !guard.same);
        assert!(names(&guard.out_differences).contains(&"status"));
        // `restamp` sets the status of both.
        let restamp = at(&comparison, "restamp");
        assert!(restamp.out_differences.is_empty());
    }

    #[test]
    fn different_routes_have_the_view_in_one_row() {
        let a = record(shop(), get_request("/books/7"));
        let b = record(shop(), get_request("/nothing"));
        let comparison = compare(&a, &b).unwrap();
        let view = comparison
            .rows
            .iter()
            .find(|r| r.name.starts_with("book / "));
        assert!(view.is_some_and(|r| !r.same), "{comparison:#?}");
    }
}
