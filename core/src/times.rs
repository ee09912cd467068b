//! How long each place of a cycle took by itself, and the rows that a timeline shows.
//!
//! The time between two steps, less what recording the first of them cost, belongs to the innermost place that is open
//! between them: to the place entered, after an `in`; to the place outside of the one that was left, after an `out`.

mod rows;

pub use rows::{Row, RowState, rows};

use crate::wire::{Cycle, Edge, Step};

/// How the time of one place was spent, recording's own cost left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Its own, up to where it first called the service inside it; all of its own if it called none.
    pub in_ns: u64,
    /// That of everything inside it.
    pub inner_ns: u64,
    /// Its own, after the service inside it first answered; between the attempts of a retry too.
    pub out_ns: u64,
    /// How much of its own time the task waited and was not polled.
    pub idle_ns: u64,
}

impl Times {
    /// Its own: in and out.
    pub fn own_ns(&self) -> u64 {
        self.in_ns.saturating_add(self.out_ns)
    }

    /// How much of its own time it was polled.
    pub fn busy_ns(&self) -> u64 {
        self.own_ns().saturating_sub(self.idle_ns)
    }
}

/// Time that went by between two steps, recording's own cost left out, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The place that had it, as the index of the step that entered it; none where none was open.
    pub entry: Option<usize>,
    /// Which part of that place's time it is.
    pub part: Part,
    /// From the start of the cycle.
    pub from_ns: u64,
    /// From the start of the cycle.
    pub to_ns: u64,
    /// How much of it the task waited and was not polled.
    pub idle_ns: u64,
}

impl Segment {
    /// How long it is.
    pub fn len_ns(&self) -> u64 {
        self.to_ns - self.from_ns
    }
}

/// A part of a place's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Up to where it first called the service inside it.
    In,
    /// All of its time: it called none.
    Own,
    /// After the service inside it first answered.
    Out,
}

/// Who had the time behind each step, up to the next one: one segment a step, in order of time. None overlap; between them
/// is what recording cost.
pub fn segments(cycle: &Cycle) -> Vec<Segment> {
    let steps = &cycle.steps;
    let mut called = vec![false; steps.len()];
    for i in 0..steps.len() {
        if let (Edge::In, Some(parent)) = (steps[i].edge, parent_of(steps, i)) {
            called[parent] = true;
        }
    }
    let mut answered = vec![false; steps.len()];
    let mut segments = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        let (until, idle) = match steps.get(i + 1) {
            Some(next) => (next.t_ns, next.idle_ns),
            None => (cycle.duration_ns, cycle.idle_ns),
        };
        let from_ns = step.t_ns.saturating_add(step.cost_ns);
        let to_ns = until.max(from_ns);
        let entry = owner_after(steps, i);
        if let (Some(owner), Edge::Out, Some(_)) = (entry, step.edge, &step.left) {
            answered[owner] = true;
        }
        segments.push(Segment {
            entry,
            part: match entry {
                Some(owner) if answered[owner] => Part::Out,
                Some(owner) if called[owner] => Part::In,
                _ => Part::Own,
            },
            from_ns,
            to_ns,
            idle_ns: idle.saturating_sub(step.idle_ns).min(to_ns - from_ns),
        });
    }
    segments
}

/// The times of each place entered, at the index of the step that entered it; none at steps that leave.
pub fn times(cycle: &Cycle) -> Vec<Option<Times>> {
    let steps = &cycle.steps;
    let mut times: Vec<Option<Times>> = steps
        .iter()
        .map(|s| (s.edge == Edge::In).then(Times::default))
        .collect();
    // All recorded time up to each step, without cost: the span of a place is a difference of two of these.
    let mut elapsed = Vec::with_capacity(steps.len() + 1);
    let mut total = 0u64;
    for segment in segments(cycle) {
        elapsed.push(total);
        total = total.saturating_add(segment.len_ns());
        if let Some(times) = segment.entry.and_then(|owner| times[owner].as_mut()) {
            let part = match segment.part {
                Part::Out => &mut times.out_ns,
                Part::In | Part::Own => &mut times.in_ns,
            };
            *part = part.saturating_add(segment.len_ns());
            times.idle_ns = times.idle_ns.saturating_add(segment.idle_ns);
        }
    }
    elapsed.push(total);
    for (entry, end) in ends(steps).into_iter().enumerate() {
        if let Some(times) = &mut times[entry] {
            let span = elapsed[end.unwrap_or(steps.len())].saturating_sub(elapsed[entry]);
            times.inner_ns = span.saturating_sub(times.in_ns.saturating_add(times.out_ns));
        }
    }
    times
}

/// For each step that enters: the index of the step that left it, if one did.
pub fn ends(steps: &[Step]) -> Vec<Option<usize>> {
    let mut ends = vec![None; steps.len()];
    for (i, step) in steps.iter().enumerate() {
        if let (Edge::Out, Some(_), Some(entry)) = (step.edge, &step.left, entry_of(steps, i)) {
            ends[entry] = Some(i);
        }
    }
    ends
}

/// The place that time belongs to after step `i`: the index of the step that entered it.
fn owner_after(steps: &[Step], i: usize) -> Option<usize> {
    match (steps[i].edge, &steps[i].left) {
        (Edge::In, _) => Some(i),
        (Edge::Out, None) => entry_of(steps, i),
        (Edge::Out, Some(_)) => parent_of(steps, entry_of(steps, i)?),
    }
}

/// The index of the step that entered what step `i` is about. Cycles come from outside: what does not point back to an
/// `in` step counts as none.
pub fn entry_of(steps: &[Step], i: usize) -> Option<usize> {
    if steps[i].edge == Edge::In {
        return Some(i);
    }
    let entry = steps[i].entry as usize;
    (entry < i && steps[entry].edge == Edge::In).then_some(entry)
}

/// The index of the `in` step that step `i` happened inside of. It is always smaller than `i`.
pub fn parent_of(steps: &[Step], i: usize) -> Option<usize> {
    let parent = steps[i].parent? as usize;
    (parent < i && steps[parent].edge == Edge::In).then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{text::samples, wire::Stage};

    #[test]
    fn what_never_ran_is_inside_of_what_answered() {
        let cycle = samples::short_circuit();
        let rows = rows(&cycle);
        let depth_of = |name: &str| {
            let row = rows.iter().find(|row| row.name(&cycle) == name);
            row.expect("it has a row").depth
        };
        let auth = depth_of("auth");
        assert_eq!(
            (depth_of("rate-limit"), depth_of("add_item")),
            (auth + 1, auth + 2)
        );
        let names: Vec<_> = rows.iter().map(|row| row.name(&cycle)).collect();
        let (auth, send) = (names.len() - 4, names.len() - 1);
        assert_eq!(names[auth..send], ["auth", "rate-limit", "add_item"]);
        assert_eq!(rows[send].stage, Stage::Send);
    }

    #[test]
    fn a_row_ends_where_its_place_was_left_and_a_routers_where_the_route_was_found() {
        let cycle = samples::short_circuit();
        let mut found = 0;
        for row in rows(&cycle) {
            let Some(entry) = row.entry else {
                assert_eq!((row.from_ns, row.to_ns, row.attempt), (0, 0, 1));
                continue;
            };
            let mut of_it = cycle.steps.iter().filter(|s| s.entry as usize == entry);
            let end = match row.stage {
                Stage::Resolve => of_it.find(|s| s.resolved.is_some()),
                _ => of_it.find(|s| s.left.is_some()),
            };
            let end = end.map_or(cycle.duration_ns, |step| step.t_ns);
            assert_eq!((row.from_ns, row.to_ns), (cycle.steps[entry].t_ns, end));
            found += usize::from(row.stage == Stage::Resolve);
        }
        assert_eq!(found, 1);
    }

    /// A frame of some megabytes, such as anybody may hand over.
    #[test]
    fn routers_that_find_nothing_are_not_looked_for_again_and_again() {
        let mut cycle = samples::completed();
        let router = cycle.steps.iter().find(|s| s.stage == Stage::Resolve);
        let router = router.expect("there is one").clone();
        let routers = (0..300_000).map(|seq| Step {
            seq,
            entry: seq,
            edge: Edge::In,
            parent: None,
            resolved: None,
            ..router.clone()
        });
        cycle.steps = routers.collect();
        let begun = std::time::Instant::now();
        assert_eq!(
            rows(&cycle).len(),
            cycle.steps.len() + cycle.never_ran.len()
        );
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[test]
    fn time_before_the_call_inward_is_in_and_all_of_it_where_there_is_none() {
        let cycle = samples::completed();
        for (step, segment) in cycle.steps.iter().zip(segments(&cycle)) {
            let calls = |other: &Step| other.edge == Edge::In && other.parent == Some(step.seq);
            let part = match cycle.steps.iter().any(calls) {
                true => Part::In,
                false => Part::Own,
            };
            if step.edge == Edge::In {
                assert_eq!(segment.part, part, "{}", step.seq);
            }
        }
    }

    #[test]
    fn only_a_step_before_that_enters_is_the_parent_of_another() {
        let mut steps = samples::completed().steps;
        let left = steps.iter().position(|step| step.edge == Edge::Out);
        let (left, last) = (left.expect("one leaves"), steps.len() - 1);
        steps[last - 1].edge = Edge::In;
        for (parent, found) in [
            (0, Some(0)),
            (left, None),
            (last - 1, Some(last - 1)),
            (last, None),
            (last + 1, None),
        ] {
            steps[last].edge = Edge::In;
            steps[last].parent = Some(parent as u32);
            assert_eq!(parent_of(&steps, last), found, "{parent}");
        }
    }
}
