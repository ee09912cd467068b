//! The cycles, in order of arrival, and which of them is selected.

mod wanted;

pub use wanted::{Wanted, remarks};

use onionskin_web::model::{App as AppRuns, ListedCycle, Run};
use std::collections::{HashMap, HashSet, VecDeque};

/// Lines kept here. The inspector keeps more; older ones are in the browser.
pub(crate) const MAX: usize = 5_000;

/// The cycles, oldest first.
#[derive(Debug, Default)]
pub struct List {
    rows: VecDeque<ListedCycle>,
    /// How many there are in all, listed or not.
    total: u64,
    /// Whether some are not listed.
    partial: bool,
    /// How many are not listed between the first row, which stays because it is selected, and the second, if any may be.
    gap: Option<u64>,
    /// While the list is frozen: what came meanwhile.
    waiting: Option<Waiting>,
    /// Position of the selected cycle; none: the newest is followed.
    selected: Option<u64>,
    /// Id of the cycle that is to be selected when it comes.
    awaited: Option<String>,
    /// The app runs, by their names.
    runs: HashMap<String, Run>,
    /// Columns that the rows want.
    wanted: Wanted,
}

/// What came while the list is frozen.
#[derive(Debug, Default)]
struct Waiting {
    rows: VecDeque<ListedCycle>,
    /// How many came before them that are not here, if any may have.
    gap: Option<u64>,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'l> {
    /// A cycle.
    Cycle(&'l ListedCycle),
    /// Another run of an app begins with the next cycle: it started again, or a second time.
    NewRun {
        /// Name of the app.
        app: &'l str,
        /// Which run of the app begins, if known.
        run: Option<u32>,
    },
    /// So many cycles that are not listed.
    LeftOut {
        /// Whether they are older than all that are listed.
        older: bool,
        /// How many; none: those that may have been here are not kept any more.
        count: u64,
    },
}

impl List {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many lines of cycles there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes the newest cycles, oldest first, of so many in all. `missing`: where what is listed does not reach to the first of
    /// them, how many are known to be in between.
    pub fn begin(&mut self, total: u64, missing: Option<u64>, newest: Vec<ListedCycle>) {
        self.total = total;
        self.partial |= total > newest.len() as u64;
        if let Some(missing) = missing {
            self.leave_out(missing);
        }
        // What is frozen is what is looked at, and not yet anything where nothing is.
        let waiting = self.waiting.take_if(|_| self.rows.is_empty());
        newest.into_iter().for_each(|cycle| self.push(cycle));
        self.waiting = self.waiting.take().or(waiting);
    }

    /// Between what is here and what comes next so many are missing: what is older goes, but what is looked at.
    fn leave_out(&mut self, missing: u64) {
        if let Some(waiting) = &mut self.waiting {
            *waiting.gap.get_or_insert(0) += waiting.rows.len() as u64 + missing;
            waiting.rows.clear();
            return;
        }
        let newer = self.newer();
        let kept = self.index().and_then(|at| self.rows.remove(at));
        self.gap = kept.is_some().then_some(newer + missing);
        self.partial |= !self.rows.is_empty();
        self.rows.clear();
        self.rows.extend(kept);
    }

    /// How many there are in all.
    pub fn total(&mut self, total: u64) {
        self.total = total;
    }

    /// How many are older than those that are listed.
    fn older(&self) -> u64 {
        let known = (self.rows.len() + self.waiting()) as u64 + self.gap.unwrap_or(0);
        match self.partial {
            true => self.total.saturating_sub(known),
            false => 0,
        }
    }

    /// Columns that the lines want, all of them and not those in view alone.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Whether the list is held still.
    pub fn frozen(&self) -> bool {
        self.waiting.is_some()
    }

    /// How many came since the list was frozen.
    pub fn waiting(&self) -> usize {
        let waiting = self.waiting.as_ref();
        waiting.map_or(0, |w| w.rows.len() + w.gap.unwrap_or(0) as usize)
    }

    /// Holds the list still, or lets in what came meanwhile.
    pub fn toggle_frozen(&mut self) {
        match self.waiting.take() {
            None => self.waiting = Some(Waiting::default()),
            Some(waiting) => {
                if let Some(missing) = waiting.gap {
                    self.leave_out(missing);
                }
                waiting.rows.into_iter().for_each(|c| self.insert(c));
            }
        }
    }

    /// A cycle came, in whatever order, possibly not for the first time.
    pub fn push(&mut self, cycle: ListedCycle) {
        let Some(waiting) = &mut self.waiting else {
            return self.insert(cycle);
        };
        let newest = self.rows.back().map_or(0, |c| c.position);
        if cycle.position > newest && insert(&mut waiting.rows, cycle) && waiting.rows.len() > MAX {
            waiting.rows.pop_front();
            *waiting.gap.get_or_insert(0) += 1;
        }
    }

    fn insert(&mut self, cycle: ListedCycle) {
        let (id, position) = (cycle.cycle.id.clone(), cycle.position);
        self.wanted.grow(&cycle.cycle);
        if !insert(&mut self.rows, cycle) {
            return;
        }
        if self.awaited.take_if(|awaited| *awaited == id).is_some() {
            self.selected.get_or_insert(position);
        }
        if self.rows.len() > MAX {
            // What is being looked at stays.
            let keep = self.selected == self.rows.front().map(|c| c.position);
            self.rows.remove(usize::from(keep));
            self.partial = true;
            self.gap = keep.then(|| self.gap.unwrap_or(0) + 1);
        }
    }

    /// An app run came or went.
    pub fn run(&mut self, run: &Run) {
        self.runs.insert(run.run.clone(), run.clone());
    }

    /// All app runs.
    pub fn runs(&mut self, apps: &[AppRuns]) {
        apps.iter().flat_map(|a| &a.runs).for_each(|r| self.run(r));
    }

    /// The programs of the app runs that are connected, by their names.
    pub fn connected(&self) -> Vec<&str> {
        let up = self.runs.values().filter(|run| run.connected);
        let mut names: Vec<_> = up
            .filter_map(|run| run.command.rsplit('/').next())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether cycles of more than one app are listed, or may be soon: what a line is of is not plain then.
    pub fn is_of_several_apps(&self) -> bool {
        let of_first = self.rows.front().map(|first| &first.cycle.app);
        let up = self.runs.values().filter(|run| run.connected).count();
        up > 1 || self.rows.iter().any(|c| Some(&c.cycle.app) != of_first)
    }

    /// The greatest number that a run of an app has.
    pub fn last_ordinal(&self) -> Option<u32> {
        self.runs.values().map(|run| run.ordinal).max()
    }

    /// Which run of its app it is, if known.
    pub fn ordinal(&self, run: &str) -> Option<u32> {
        self.runs.get(run).map(|run| run.ordinal)
    }

    /// The app run that was started last, of those whose map is known.
    pub fn newest_run(&self) -> Option<&str> {
        let mapped = self.runs.values().filter(|run| run.has_stack);
        let newest = mapped.max_by_key(|run| run.started_unix_us)?;
        Some(&newest.run)
    }

    /// The directory that an app run was started in, if it said so.
    pub fn directory(&self, run: &str) -> Option<&str> {
        self.runs.get(run)?.cwd.as_deref()
    }

    /// Forgets all cycles: others follow, of another filter. What is selected stays so if it is among them.
    pub fn clear(&mut self) {
        self.rows.clear();
        (self.partial, self.gap) = (false, None);
        self.wanted = Wanted::default();
        if let Some(waiting) = &mut self.waiting {
            *waiting = Waiting::default();
        }
    }

    /// Forgets all cycles, and at what positions they were: they are told anew by another inspector. What was selected is so
    /// again when it comes.
    pub fn restart(&mut self) {
        self.awaited = self.selected().map(|listed| listed.cycle.id.clone());
        self.selected = None;
        self.clear();
    }

    /// Selects the nearest cycle further down, or up, that is wanted; the newest where none was selected. Returns whether
    /// the selection is another one now.
    pub fn select_where(&mut self, down: bool, wanted: impl Fn(&ListedCycle) -> bool) -> bool {
        let mut rows = self.rows.iter();
        let found = match self.index() {
            Some(here) if down => rows.skip(here + 1).find(|c| wanted(c)),
            Some(here) => rows.take(here).rev().find(|c| wanted(c)),
            None => rows.rfind(|c| wanted(c)),
        };
        let Some(position) = found.map(|c| c.position) else {
            return false;
        };
        self.selected = Some(position);
        true
    }

    /// The selected cycle.
    pub fn selected(&self) -> Option<&ListedCycle> {
        self.rows.get(self.index()?)
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<&ListedCycle> {
        self.rows.back()
    }

    /// Selects the cycle of an id, or none where it is not listed.
    pub fn select_id(&mut self, id: &str) {
        let found = self.rows.iter().rev().find(|c| c.cycle.id == id);
        self.selected = found.map(|c| c.position);
    }

    /// Selects the cycle at a position, if it is listed. Returns whether the selection is another one now.
    pub fn select_position(&mut self, position: u64) -> bool {
        let listed = self.rows.binary_search_by_key(&position, |c| c.position);
        let is_other = listed.is_ok() && self.selected != Some(position);
        if is_other {
            self.selected = Some(position);
        }
        is_other
    }

    fn index(&self) -> Option<usize> {
        let position = self.selected?;
        self.rows
            .binary_search_by_key(&position, |c| c.position)
            .ok()
    }

    /// Selects the cycle `by` lines further down, or the newest where none was selected. Returns whether the selection is
    /// another one now.
    pub fn select(&mut self, by: isize) -> bool {
        let last = self.rows.len().saturating_sub(1);
        let at = match self.index() {
            Some(at) => at.saturating_add_signed(by).min(last),
            None if by == isize::MIN => 0,
            None => last,
        };
        let before = self.selected;
        self.selected = self.rows.get(at).map(|c| c.position);
        self.selected != before
    }

    /// Selects none, and follows the newest.
    pub fn unselect(&mut self) {
        self.selected = None;
        self.awaited = None;
    }

    /// Cycles that came after the selected one.
    pub fn newer(&self) -> u64 {
        let Some(at) = self.index() else {
            return 0;
        };
        let gap = self.gap.filter(|_| at == 0).unwrap_or(0);
        (self.rows.len() - 1 - at) as u64 + gap
    }

    /// The lines that `height` lines of a screen show: those around the selected cycle, or the last.
    pub fn window(&self, height: usize) -> Vec<Item<'_>> {
        let mut items = Vec::with_capacity(self.rows.len());
        let mut at = None;
        let mut apps = HashSet::new();
        let mut runs = HashSet::new();
        let left_out = |older| move |count| Item::LeftOut { older, count };
        let older = Some(self.older()).filter(|count| *count > 0);
        items.extend(older.map(left_out(true)));
        for (row, cycle) in self.rows.iter().enumerate() {
            if row == 1 {
                items.extend(self.gap.map(left_out(false)));
            }
            let (app, run) = (cycle.cycle.app.as_str(), cycle.cycle.run.as_str());
            let is_first = apps.insert(app);
            if runs.insert(run) && !is_first {
                let run = self.ordinal(run);
                items.push(Item::NewRun { app, run });
            }
            if self.selected == Some(cycle.position) {
                at = Some(items.len());
            }
            items.push(Item::Cycle(cycle));
        }
        let last_start = items.len().saturating_sub(height);
        let start = match at {
            Some(at) => at.saturating_sub(height / 2).min(last_start),
            None => last_start,
        };
        items.drain(..start);
        items.truncate(height);
        items
    }
}

/// Puts a cycle in its place. Returns whether it was not there.
fn insert(rows: &mut VecDeque<ListedCycle>, cycle: ListedCycle) -> bool {
    let at = rows.partition_point(|c| c.position < cycle.position);
    let is_new = rows.get(at).is_none_or(|c| c.position != cycle.position);
    if is_new {
        rows.insert(at, cycle);
    }
    is_new
}
