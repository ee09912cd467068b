//! The cycles, in order of arrival, and which of them is selected.

use onionskin_web::model::{App as AppRuns, ListedCycle, Run};
use std::collections::{HashMap, HashSet, VecDeque};

/// Lines kept here. The inspector keeps more; older ones are in the browser.
const MAX: usize = 5_000;

/// The cycles, oldest first.
#[derive(Debug, Default)]
pub struct List {
    rows: VecDeque<ListedCycle>,
    /// How many there are in all, listed or not.
    total: u64,
    /// Whether some are not listed.
    partial: bool,
    /// How many are not listed between the first row, which stays because it is selected, and the second.
    gap: u64,
    /// While the list is frozen: what came meanwhile.
    waiting: Option<VecDeque<ListedCycle>>,
    /// Position of the selected cycle; none: the newest is followed.
    selected: Option<u64>,
    /// Id of the cycle that is to be selected when it comes.
    awaited: Option<String>,
    /// The app runs, by their names.
    runs: HashMap<String, Run>,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'l> {
    /// A cycle.
    Cycle(&'l ListedCycle),
    /// The app started again before the next cycle.
    Restarted {
        /// Name of the app.
        app: &'l str,
        /// Which run of the app begins, if known.
        run: Option<u32>,
    },
    /// So many cycles that are not listed.
    LeftOut {
        /// Whether they are older than all that are listed.
        older: bool,
        /// How many.
        count: u64,
    },
}

impl List {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many there are, those that wait included.
    pub fn len(&self) -> usize {
        self.rows.len() + self.waiting()
    }

    /// How many there are in all, of which so many are listed at first, the newest.
    pub fn begin(&mut self, total: u64, listed: usize) {
        self.total = total;
        self.partial |= total > listed as u64;
    }

    /// How many there are in all.
    pub fn total(&mut self, total: u64) {
        self.total = total;
    }

    /// How many are older than those that are listed.
    fn older(&self) -> u64 {
        let known = self.len() as u64 + self.gap;
        match self.partial {
            true => self.total.saturating_sub(known),
            false => 0,
        }
    }

    /// Whether the list is held still.
    pub fn frozen(&self) -> bool {
        self.waiting.is_some()
    }

    /// How many came since the list was frozen.
    pub fn waiting(&self) -> usize {
        self.waiting.as_ref().map_or(0, VecDeque::len)
    }

    /// Holds the list still, or lets in what came meanwhile.
    pub fn toggle_frozen(&mut self) {
        match self.waiting.take() {
            None => self.waiting = Some(VecDeque::new()),
            Some(waiting) => waiting.into_iter().for_each(|c| self.insert(c)),
        }
    }

    /// A cycle came, in whatever order, possibly not for the first time.
    pub fn push(&mut self, cycle: ListedCycle) {
        match &mut self.waiting {
            None => self.insert(cycle),
            Some(waiting) => {
                if waiting.len() == MAX {
                    waiting.pop_front();
                }
                waiting.push_back(cycle);
            }
        }
    }

    fn insert(&mut self, cycle: ListedCycle) {
        let at = self.rows.partition_point(|c| c.position < cycle.position);
        if self
            .rows
            .get(at)
            .is_some_and(|c| c.position == cycle.position)
        {
            return;
        }
        if self.awaited.as_ref() == Some(&cycle.cycle.id) {
            self.awaited = None;
            self.selected.get_or_insert(cycle.position);
        }
        self.rows.insert(at, cycle);
        if self.rows.len() > MAX {
            // What is being looked at stays.
            let keep = self.selected == self.rows.front().map(|c| c.position);
            self.rows.remove(usize::from(keep));
            self.partial = true;
            self.gap = if keep { self.gap + 1 } else { 0 };
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
        (self.partial, self.gap) = (false, 0);
        if let Some(waiting) = &mut self.waiting {
            waiting.clear();
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
        let gap = if at == 0 { self.gap } else { 0 };
        (self.rows.len() - 1 - at) as u64 + gap
    }

    /// The lines that `height` lines of a screen show: those around the selected cycle, or the last.
    pub fn window(&self, height: usize) -> Vec<Item<'_>> {
        let mut items = Vec::with_capacity(self.rows.len());
        let mut at = None;
        let mut apps = HashSet::new();
        let mut runs = HashSet::new();
        let left_out = |items: &mut Vec<_>, older, count| {
            if count > 0 {
                items.push(Item::LeftOut { older, count });
            }
        };
        left_out(&mut items, true, self.older());
        for (row, cycle) in self.rows.iter().enumerate() {
            if row == 1 {
                left_out(&mut items, false, self.gap);
            }
            let (app, run) = (cycle.cycle.app.as_str(), cycle.cycle.run.as_str());
            let is_first = apps.insert(app);
            if runs.insert(run) && !is_first {
                let run = self.ordinal(run);
                items.push(Item::Restarted { app, run });
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
