//! What went wrong, to jump to.

use onionskin::wire::{Left, MarkKind};
use onionskin_web::model::Timeline;

/// The next step behind `step`, or before it, at which something went wrong.
pub(super) fn step(cycle: &Timeline, step: usize, forward: bool) -> Option<usize> {
    let is_wrong = |at: &usize| {
        let left = cycle.steps[*at].left.as_ref();
        let marks = cycle.marks.iter().filter(|m| m.after as usize == *at);
        left.is_some_and(|left| !matches!(left, Left::Returned | Left::Sent))
            || marks.into_iter().any(|mark| is_fault(&mark.what))
    };
    match forward {
        true => (step + 1..cycle.steps.len()).find(is_wrong),
        false => (0..step).rev().find(is_wrong),
    }
}

fn is_fault(mark: &MarkKind) -> bool {
    match mark {
        MarkKind::Error { .. } | MarkKind::Panic { .. } => true,
        MarkKind::Log { level, .. } => level == "ERROR",
        _ => false,
    }
}
