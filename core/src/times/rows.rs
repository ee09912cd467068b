//! The rows of a timeline: one for each place entered, and one for each that never was.

use super::{Times, ends, parent_of, times};
use crate::wire::{Cycle, Edge, SiteKind, Stage, Step};

/// A row of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index of the step that entered; none for what never ran.
    pub entry: Option<usize>,
    /// Index into [`Cycle::sites`].
    pub site: Option<usize>,
    /// The stage; that of a router is `resolve`.
    pub stage: Stage,
    /// How many layers are around it.
    pub depth: usize,
    /// 1, or more where the layer outside called in again.
    pub attempt: u32,
    /// From the start of the cycle; zero for what never ran.
    pub from_ns: u64,
    /// From the start of the cycle. For a router: when the route was found, or not.
    pub to_ns: u64,
    /// How its time was spent.
    pub times: Times,
    /// Whether it ran, and to its end.
    pub state: RowState,
}

/// What became of a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// It was entered and left.
    Left,
    /// It was entered, and nothing says that it was left.
    Open,
    /// A layer before it answered by itself.
    NeverRan,
}

impl Row {
    /// The name to show for it: the site's, or the stage's where the stage says more.
    pub fn name<'c>(&self, cycle: &'c Cycle) -> &'c str {
        match self.stage {
            Stage::Middleware | Stage::View => self
                .site
                .and_then(|i| cycle.sites.get(i))
                .map_or(self.stage.as_str(), |s| &s.name),
            stage => stage.as_str(),
        }
    }
}

/// The rows of a cycle, in order of entry. Edges have none: they bound a layer. What never ran follows what did, before
/// `send`.
pub fn rows(cycle: &Cycle) -> Vec<Row> {
    let steps = &cycle.steps;
    let times = times(cycle);
    let ends = ends(steps);
    let kind = |site: Option<usize>| site.and_then(|i| cycle.sites.get(i)).map(|s| s.kind);
    let found = found(steps);
    // How deep the things inside each step are.
    let mut inside = vec![0; steps.len()];
    let mut rows: Vec<Row> = Vec::new();
    let mut deepest = 0;
    for (i, step) in steps.iter().enumerate() {
        if step.edge != Edge::In {
            continue;
        }
        let depth = match parent_of(steps, i) {
            Some(parent) if step.stage != Stage::Send => inside[parent],
            _ => 0,
        };
        let is_layer = step.stage == Stage::Middleware && kind(step.site) != Some(SiteKind::Edge);
        inside[i] = depth + usize::from(is_layer);
        if kind(step.site) == Some(SiteKind::Edge) {
            continue;
        }
        if step.stage != Stage::Send {
            deepest = inside[i];
        }
        let found = found[i].filter(|_| step.stage == Stage::Resolve);
        let left = ends[i].map(|end| &steps[end]);
        rows.push(Row {
            entry: Some(i),
            site: step.site,
            stage: step.stage,
            depth,
            attempt: step.attempt,
            from_ns: step.t_ns,
            to_ns: found
                .or(left)
                .map_or(cycle.duration_ns, |s| s.t_ns)
                .max(step.t_ns),
            times: times[i].unwrap_or_default(),
            state: if left.is_some() {
                RowState::Left
            } else {
                RowState::Open
            },
        });
    }
    let at = rows
        .iter()
        .position(|r| r.stage == Stage::Send)
        .unwrap_or(rows.len());
    rows.splice(at..at, never_ran(cycle, deepest));
    rows
}

/// For each step that enters a router: the step at which that found a route, or none.
fn found(steps: &[Step]) -> Vec<Option<&Step>> {
    let mut found = vec![None; steps.len()];
    for (i, step) in steps.iter().enumerate() {
        if step.resolved.is_some()
            && let Some(entry) = found[..i].get_mut(step.entry as usize)
        {
            entry.get_or_insert(step);
        }
    }
    found
}

fn never_ran(cycle: &Cycle, mut depth: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for &site in &cycle.never_ran {
        let Some(kind) = cycle.sites.get(site).map(|s| s.kind) else {
            continue;
        };
        if kind == SiteKind::Edge {
            continue;
        }
        rows.push(Row {
            entry: None,
            site: Some(site),
            stage: kind.stage(),
            depth,
            attempt: 1,
            from_ns: 0,
            to_ns: 0,
            times: Times::default(),
            state: RowState::NeverRan,
        });
        depth += usize::from(kind.is_layer());
    }
    rows
}
