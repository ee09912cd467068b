//! The shortest way from one list to another.

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// How long the shortest way is looked for; then a longer one will do.
const PATIENCE: Duration = Duration::from_millis(300);

/// What makes `new` of `old`.
pub(super) fn ops<T: Eq + Hash + Ord>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let deadline = Some(Instant::now() + PATIENCE);
    capture_diff_slices_deadline(Algorithm::Myers, old, new, deadline)
}

/// The places of both lists side by side: what is common together, the others alone.
pub(super) fn pairs<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut numbers = HashMap::new();
    let mut number = |value| {
        let next = numbers.len();
        *numbers.entry(value).or_insert(next)
    };
    let olds: Vec<usize> = old.iter().map(&mut number).collect();
    let news: Vec<usize> = new.iter().map(&mut number).collect();
    let mut pairs = Vec::new();
    for op in ops(&olds, &news) {
        if let DiffOp::Equal { .. } = op {
            pairs.extend(op.old_range().map(Some).zip(op.new_range().map(Some)));
        } else {
            pairs.extend(op.old_range().map(|i| (Some(i), None)));
            pairs.extend(op.new_range().map(|i| (None, Some(i))));
        }
    }
    pairs
}
