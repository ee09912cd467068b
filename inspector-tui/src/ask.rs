//! What the screens ask the inspector, and what it answered.
//!
//! A screen says what it needs; what is not known yet is asked for in the background, the most urgent first and few at a
//! time, so that a key held down asks for what is in view when it is released and not for all that passed by. What failed is
//! asked again, later each time.

use crate::picture::Picture;
use onionskin_web::{
    model::{
        App, BodyView, Comparison, CycleSpans, Insight, RunInsights, StackView, Status, StepView,
        Timeline,
    },
    view::BodyOptions,
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Questions that are open at once.
const OPEN: usize = 6;
/// Answers that are kept: those used last.
const KEPT: usize = 96;
/// Pictures among them: one can be megabytes for the terminal.
const PICTURES: usize = 8;
/// How long figures of a moving list count as new.
const FRESH: Duration = Duration::from_secs(2);
/// The longest wait before a question is asked again.
const SLOWEST: Duration = Duration::from_secs(30);

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// A cycle as rows, steps and marks.
    Timeline {
        /// The cycle.
        id: String,
    },
    /// Request and response at a step.
    Step {
        /// The cycle.
        id: String,
        /// The step.
        step: u32,
    },
    /// A body, decoded and taken apart.
    Body {
        /// The cycle.
        id: String,
        /// Number of the body.
        number: usize,
        /// How it is to be shown.
        options: BodyOptions,
    },
    /// An image of a body, drawn.
    Picture {
        /// The cycle.
        id: String,
        /// Number of the body.
        number: usize,
        /// As it passed, content codings and all.
        encoded: bool,
        /// Columns and lines for it, at most.
        room: (u16, u16),
    },
    /// What other services did in the trace of a cycle.
    Spans {
        /// The cycle.
        id: String,
    },
    /// What a reviewer would remark on a cycle.
    Insights {
        /// The cycle.
        id: String,
    },
    /// Two cycles, aligned by layer.
    Compare {
        /// The one.
        a: String,
        /// The other.
        b: String,
    },
    /// The map of an app run, with figures.
    Map {
        /// The app run.
        run: String,
        /// Which cycles count.
        filter: String,
    },
    /// What a reviewer would remark on an app run.
    RunInsights {
        /// The app run.
        run: String,
        /// Which cycles count.
        filter: String,
    },
    /// The state of the inspector.
    Status,
    /// The apps and their runs.
    Apps,
}

impl Question {
    fn is_picture(&self) -> bool {
        matches!(self, Self::Picture { .. })
    }

    /// Whether the answer becomes another one while cycles come.
    fn moves(&self) -> bool {
        matches!(
            self,
            Self::Map { .. } | Self::RunInsights { .. } | Self::Status | Self::Apps
        )
    }
}

/// An answer, of the kind of its question.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named as their questions")]
pub enum Answer {
    Timeline(Arc<Timeline>),
    Step(Arc<StepView>),
    Body(Arc<BodyView>),
    Picture(Arc<Picture>),
    Spans(Arc<CycleSpans>),
    Insights(Arc<Vec<Insight>>),
    Compare(Arc<Comparison>),
    Map(Arc<StackView>),
    RunInsights(Arc<RunInsights>),
    Status(Arc<Status>),
    Apps(Arc<Vec<App>>),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For people.
    pub why: String,
    /// Whether it may be another one when it is asked again.
    pub passing: bool,
}

/// What is known of a question.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Nothing yet.
    Nothing,
    /// The answer, the newest there is.
    Here(&'a Answer),
    /// Why there is none.
    Failed(&'a str),
}

/// All answers.
#[derive(Debug, Default)]
pub struct Answers {
    slots: HashMap<Question, Slot>,
    /// Grows with every look, to tell which were used last.
    clock: u64,
    /// Grows with every answer.
    version: u64,
    due: Option<Instant>,
}

#[derive(Debug, Default)]
struct Slot {
    answer: Option<Answer>,
    failure: Option<Failure>,
    /// How often in a row it failed.
    failures: u32,
    open: bool,
    /// Whether the answer has become another one.
    stale: bool,
    /// When the inspector answered, and how many cycles it had seen when it was asked.
    at: Option<(Instant, u64)>,
    used: u64,
}

impl Slot {
    /// When it is to be asked (again); none: not at all.
    fn due(&self, question: &Question, seen: u64, now: Instant) -> Option<Instant> {
        let Some((at, then)) = self.at else {
            return Some(now);
        };
        match &self.failure {
            Some(failure) => failure.passing.then(|| at + wait(self.failures)),
            None => (self.stale || question.moves() && then != seen).then(|| at + FRESH),
        }
    }
}

/// 1, 2, 4 … seconds.
fn wait(failures: u32) -> Duration {
    let seconds = 1u64 << failures.saturating_sub(1).min(10);
    Duration::from_secs(seconds).min(SLOWEST)
}

impl Answers {
    /// What is known of a question.
    pub fn get(&self, question: &Question) -> Known<'_> {
        match self.slots.get(question) {
            Some(Slot {
                answer: Some(answer),
                ..
            }) => Known::Here(answer),
            Some(Slot {
                failure: Some(failure),
                ..
            }) => Known::Failed(&failure.why),
            _ => Known::Nothing,
        }
    }

    /// Another number each time that an answer came.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When to call [`Answers::ask`] again though nothing happened.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What of the needs is to be asked now. `seen`: how many cycles there were so far.
    pub fn ask(&mut self, needs: &[Question], seen: u64, now: Instant) -> Vec<Question> {
        self.clock += 1;
        self.due = None;
        let mut room = OPEN.saturating_sub(self.slots.values().filter(|s| s.open).count());
        let mut asked = Vec::new();
        for need in needs {
            let slot = self.slots.entry(need.clone()).or_default();
            slot.used = self.clock;
            let Some(due) = slot.due(need, seen, now).filter(|_| !slot.open) else {
                continue;
            };
            if due > now {
                self.due = Some(self.due.map_or(due, |other| other.min(due)));
            } else if room > 0 {
                room -= 1;
                slot.open = true;
                slot.stale = false;
                slot.at = Some((now, seen));
                asked.push(need.clone());
            }
        }
        self.forget();
        asked
    }

    /// The answer, if there is one, has become another one: it is asked for again.
    pub fn renew(&mut self, question: &Question) {
        if let Some(slot) = self.slots.get_mut(question) {
            slot.stale = true;
        }
    }

    /// Forgets the pictures: the terminal may have done so too.
    pub fn forget_pictures(&mut self) {
        self.slots
            .retain(|question, slot| slot.open || !question.is_picture());
        self.version += 1;
    }

    /// The inspector answered.
    pub fn take(&mut self, question: Question, result: Result<Answer, Failure>, now: Instant) {
        self.version += 1;
        let slot = self.slots.entry(question).or_default();
        slot.open = false;
        slot.at = Some((now, slot.at.map_or(0, |(_, seen)| seen)));
        match result {
            Ok(answer) => {
                slot.answer = Some(answer);
                slot.failure = None;
                slot.failures = 0;
            }
            Err(failure) => {
                slot.failures += 1;
                slot.failure = Some(failure);
            }
        }
    }

    fn forget(&mut self) {
        self.keep(KEPT, |_| true);
        self.keep(PICTURES, Question::is_picture);
    }

    /// Keeps those of a kind that were used last, so many of them, and those that are open.
    fn keep(&mut self, most: usize, is_of_kind: impl Fn(&Question) -> bool) {
        let slots = self.slots.iter();
        let of_kind = slots.filter(|(question, _)| is_of_kind(question));
        let mut used: Vec<u64> = of_kind.map(|(_, slot)| slot.used).collect();
        if used.len() <= most {
            return;
        }
        used.sort_unstable_by(|a, b| b.cmp(a));
        let oldest = used[most - 1];
        self.slots
            .retain(|question, slot| !is_of_kind(question) || slot.open || slot.used >= oldest);
    }
}

#[cfg(test)]
mod tests;
