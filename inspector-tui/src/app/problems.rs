//! What went wrong, to jump to.

use onionskin_web::model::Timeline;

/// The next step behind `step`, or before it, at which something went wrong.
pub(super) fn step(cycle: &Timeline, step: usize, forward: bool) -> Option<usize> {
    let is_wrong = |at: &usize| cycle.steps[*at].problem;
    match forward {
        true => (step + 1..cycle.steps.len()).find(is_wrong),
        false => (0..step).rev().find(is_wrong),
    }
}
