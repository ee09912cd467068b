//! A cycle as rows, steps and marks.

use super::{content::Labels, edits::edits, places::Places, problems::problems, why};
use crate::model::{BodyLine, MarkLine, Part, Row, RowState, Segment, Source, StepLine, Timeline};
use onionskin::{
    text, times,
    wire::{Cycle, Mark, Site, Step},
};

/// The timeline of a cycle.
pub fn timeline(cycle: &Cycle) -> Timeline {
    let places = Places::new(cycle);
    let summary = cycle.summary();
    let steps = cycle.steps.iter().enumerate().zip(problems(cycle));
    let steps: Vec<StepLine> = steps
        .map(|((i, step), problem)| step_line(&places, i, step, problem))
        .collect();
    Timeline {
        outcome_text: summary.outcome.describe(summary.outcome_site.as_deref()),
        cycle: summary,
        idle_ns: cycle.idle_ns,
        cost_ns: cycle.cost_ns,
        connection: cycle.connection.clone(),
        omitted: cycle.omitted,
        omitted_text: text::omitted(cycle.omitted),
        rows: rows(&places, &steps),
        marks: cycle.marks.iter().map(|m| mark_line(&places, m)).collect(),
        segments: segments(&places),
        why: why::why(&places),
        bodies: bodies(cycle),
        steps,
    }
}

fn rows(places: &Places<'_>, steps: &[StepLine]) -> Vec<Row> {
    let cycle = places.cycle;
    let mut changes = vec![0; places.rows.len()];
    for (i, step) in steps.iter().enumerate() {
        // A message that begins at this step was made, not changed.
        let delta = cycle.steps[i].delta.as_ref();
        let is_change = delta.is_some_and(|d| d.base.is_some());
        if let (true, Some(author)) = (is_change, places.author(i)) {
            changes[author] += step.edits.len();
        }
    }
    let ends = times::ends(&cycle.steps);
    let row = |(row, changes): (&times::Row, usize)| {
        let site = row.site.and_then(|i| cycle.sites.get(i));
        let out = row.entry.and_then(|entry| ends[entry]);
        Row {
            entry: row.entry.map(seq),
            out: out.map(seq),
            name: row.name(cycle).into(),
            stage: row.stage,
            kind: site.map(|s| s.kind),
            depth: row.depth,
            attempt: row.attempt,
            from_ns: row.from_ns,
            to_ns: row.to_ns,
            in_ns: row.times.in_ns,
            inner_ns: row.times.inner_ns,
            out_ns: row.times.out_ns,
            idle_ns: row.times.idle_ns,
            busy_ns: row.times.busy_ns(),
            state: state(row.state),
            left: out.and_then(|out| cycle.steps[out].left.clone()),
            source: site.and_then(source),
            type_name: site.map(|s| s.type_name.clone()).filter(|t| !t.is_empty()),
            extractors: site.map(|s| s.extractors.clone()).unwrap_or_default(),
            changes,
        }
    };
    places.rows.iter().zip(changes).map(row).collect()
}

pub(super) fn state(state: times::RowState) -> RowState {
    match state {
        times::RowState::Left => RowState::Left,
        times::RowState::Open => RowState::Open,
        times::RowState::NeverRan => RowState::NeverRan,
    }
}

fn seq(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn source(site: &Site) -> Option<Source> {
    (!site.file.is_empty()).then(|| Source {
        file: site.file.clone(),
        line: site.line,
    })
}

fn step_line(places: &Places<'_>, index: usize, step: &Step, problem: bool) -> StepLine {
    let delta = step.delta.as_ref();
    StepLine {
        seq: seq(index),
        t_ns: step.t_ns,
        idle_ns: step.idle_ns,
        cost_ns: step.cost_ns,
        stage: step.stage,
        edge: step.edge,
        row: places.row_of_step(index),
        attempt: step.attempt,
        left: step.left.clone(),
        edits: delta.map_or_else(Vec::new, |delta| edits(places.cycle, delta)),
        sent: step.sent.clone(),
        resolved: step.resolved.clone(),
        problem,
    }
}

fn mark_line(places: &Places<'_>, mark: &Mark) -> MarkLine {
    MarkLine {
        t_ns: mark.t_ns,
        duration_ns: mark.what.duration_ns(),
        row: mark.inside.and_then(|entry| places.row(entry as usize)),
        after: mark.after,
        what: mark.what.clone(),
    }
}

fn segments(places: &Places<'_>) -> Vec<Segment> {
    let segment = |segment: times::Segment| Segment {
        row: segment.entry.and_then(|entry| places.own_row(entry)),
        from_ns: segment.from_ns,
        to_ns: segment.to_ns,
        part: match segment.part {
            times::Part::In => Part::In,
            times::Part::Own => Part::Own,
            times::Part::Out => Part::Out,
        },
        idle_ns: segment.idle_ns,
    };
    let segments = times::segments(places.cycle).into_iter();
    segments.filter(|s| s.len_ns() > 0).map(segment).collect()
}

fn bodies(cycle: &Cycle) -> Vec<BodyLine> {
    let labels = Labels::of(cycle);
    let line = |(index, body): (usize, &onionskin::wire::Body)| BodyLine {
        index,
        side: body.side,
        len: body.len,
        kept: body.kept() as usize,
        frames: body.frames,
        end: body.end.clone(),
        hash: body.hash.clone(),
        redacted: body.redacted,
        events: body.events,
        trailers: body.trailers.clone(),
        first_ns: body.first_ns,
        last_ns: body.last_ns,
        content_type: labels.of_body(index).content_type.clone(),
    };
    cycle.bodies.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{MessagePart, Op},
        view::samples::{get_request, record, shop},
    };

    #[test]
    fn rows_steps_and_changes_are_those_of_the_app() {
        let cycle = record(shop(), get_request("/books/7"));
        let view = timeline(&cycle);
        let rows: Vec<_> = view.rows.iter().map(|r| (&*r.name, r.changes)).collect();
        let [
            ("parse", 0),
            // What axum puts into the extensions: more of it with more of its features.
            ("resolve", 2..),
            ("stamp", 3),
            ("restamp", 4),
            ("book", 0),
            ..,
        ] = rows[..]
        else {
            panic!("{rows:?}");
        };
        for row in &view.rows {
            assert_eq!(row.state == RowState::Left, row.out.is_some(), "{row:?}");
            assert!(row.from_ns <= row.to_ns);
            assert!(row.source.as_ref().is_none_or(|s| s.file.ends_with(".rs")));
        }
        let book = view.rows.iter().position(|r| r.name == "book").unwrap();
        let answered = view
            .steps
            .iter()
            .find(|s| Some(s.seq) == view.rows[book].out);
        let status = &answered.unwrap().edits[0];
        assert_eq!(
            (status.what, status.op, &status.to),
            (MessagePart::Status, Op::Add, &Some("200".into()))
        );
        assert_eq!(
            view.bodies.last().unwrap().content_type.as_deref(),
            Some("application/json")
        );
        assert_eq!(view.why, None);
        assert_eq!(view.outcome_text, "completed");
        assert_eq!(view.omitted_text, None);
    }

    #[test]
    fn segments_are_the_rows_own_times_and_do_not_overlap() {
        for path in ["/books/7", "/admin", "/nothing"] {
            let view = timeline(&record(shop(), get_request(path)));
            for (index, row) in view.rows.iter().enumerate() {
                let own = view.segments.iter().filter(|s| s.row == Some(index));
                let sum: u64 = own.map(|s| s.to_ns - s.from_ns).sum();
                assert_eq!(sum, row.in_ns + row.out_ns, "{path} {row:?}");
            }
            assert!(view.segments.windows(2).all(|w| w[0].to_ns <= w[1].from_ns));
            let all: u64 = view.segments.iter().map(|s| s.to_ns - s.from_ns).sum();
            assert!(all <= view.cycle.duration_ns);
            let own = |name: &str| view.rows.iter().position(|r| r.name == name);
            if let Some(stamp) = own("stamp") {
                let parts = view.segments.iter().filter(|s| s.row == Some(stamp));
                assert!(parts.into_iter().all(|s| s.part != Part::Own));
            }
        }
    }

    #[test]
    fn a_layer_that_answered_and_what_never_ran_are_named() {
        let view = timeline(&record(shop(), get_request("/admin")));
        let why = view.why.unwrap();
        assert_eq!(view.rows[why.answered_by.unwrap()].name, "guard");
        assert_eq!(view.outcome_text, "answered by guard");
        for index in why.never_ran {
            assert_eq!(view.rows[index].state, RowState::NeverRan);
            assert_eq!(view.rows[index].entry, None);
        }
    }

    #[test]
    fn routes_that_were_tried_are_told() {
        let view = timeline(&record(shop(), get_request("/bookz/7")));
        let why = view.why.unwrap();
        assert_eq!(why.answered_by, None);
        assert!(!why.routes.is_empty());
    }

    #[test]
    fn what_is_left_out_is_said_of_each_kind() {
        let mut cycle = record(shop(), get_request("/admin"));
        (cycle.omitted.marks, cycle.omitted.bodies) = (12, 1);
        let said = timeline(&cycle).omitted_text;
        assert_eq!(said.as_deref(), Some("12 marks and 1 look at a body"));
    }
}
