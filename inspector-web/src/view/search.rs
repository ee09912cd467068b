//! Where a text is in a cycle.

use crate::model::Timeline;
use onionskin::{text, wire::Octets};
use std::collections::BTreeSet;

/// The steps at which a text is: in what they changed, in what was logged and run after them, in the names of their rows. In
/// either case of letters; an empty text is nowhere.
pub fn search(timeline: &Timeline, wanted: &str) -> BTreeSet<usize> {
    let wanted = wanted.to_lowercase();
    if wanted.is_empty() {
        return BTreeSet::new();
    }
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let octets = |value: &Octets| has(&text::escape_bytes(&value.0));
    let steps = timeline.steps.iter().enumerate().filter(|(_, step)| {
        let row = step.row.and_then(|row| timeline.rows.get(row));
        row.is_some_and(|row| has(&row.name))
            || step.edits.iter().any(|edit| {
                edit.name.as_deref().is_some_and(has)
                    || [&edit.from, &edit.to].into_iter().flatten().any(octets)
            })
    });
    let marks = timeline.marks.iter().filter(|mark| {
        let lines = text::lines(&mark.what);
        (mark.after as usize) < timeline.steps.len() && lines.iter().any(|line| has(line))
    });
    steps
        .map(|(at, _)| at)
        .chain(marks.map(|mark| mark.after as usize))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        samples::{get_request, record, shop},
        timeline,
    };
    use onionskin::wire::{Mark, MarkKind};

    fn with_a_log(after: u32) -> Timeline {
        let mut cycle = record(shop(), get_request("/books/1"));
        cycle.marks.push(Mark {
            t_ns: 0,
            after,
            inside: None,
            what: MarkKind::Sql {
                statement: "SELECT title FROM Shelf".into(),
                rows: None,
                elapsed_ns: None,
            },
        });
        timeline(&cycle)
    }

    #[test]
    fn a_text_is_found_in_what_was_changed_and_run_and_in_names() {
        let timeline = with_a_log(3);
        let all = |test: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..timeline.steps.len()).filter(|at| test(*at)).collect()
        };
        let found = |text| Vec::from_iter(search(&timeline, text));
        let edits = |at: usize| timeline.steps[at].edits.iter();
        let stamped = all(&|at| edits(at).any(|e| e.name.as_deref() == Some("x-stamp")));
        assert_eq!((found("X-STAMP"), stamped.len()), (stamped, 2));
        let values = all(&|at| edits(at).any(|e| e.to == Some("inner".into())));
        assert_eq!((found("inner"), values.len()), (values, 1));
        assert_eq!(found("from shelf"), [3]);
        let named = |at: usize| timeline.rows[timeline.steps[at].row.unwrap()].name == "restamp";
        let found_by_name = found("restamp");
        assert!(all(&named).iter().all(|at| found_by_name.contains(at)));
        assert_eq!((found(""), found("no such text")), (vec![], vec![]));
    }

    #[test]
    fn what_came_after_no_step_is_nowhere() {
        assert!(search(&with_a_log(u32::MAX), "shelf").is_empty());
    }
}
