//! Where in a cycle we are, and whether time moves us on.

use std::time::{Duration, Instant};

/// Steps a second, times four.
const SPEEDS: [u32; 6] = [1, 2, 4, 8, 16, 32];
const NORMAL: usize = 2;

/// Where in a cycle we are. At normal speed a step takes half a second: played in its own time, a cycle would be over
/// before anybody saw it.
#[derive(Clone, Debug)]
pub struct Player {
    step: usize,
    len: usize,
    speed: usize,
    due: Option<Instant>,
}

impl Player {
    /// At the first of `len` steps.
    pub fn new(len: usize) -> Self {
        Self {
            step: 0,
            len,
            speed: NORMAL,
            due: None,
        }
    }

    /// Index of the step.
    pub fn step(&self) -> usize {
        self.step
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it plays.
    pub fn playing(&self) -> bool {
        self.due.is_some()
    }

    /// When the next step is due.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// `0.25x` … `8x`.
    pub fn speed(&self) -> String {
        format!("{}x", f64::from(SPEEDS[self.speed]) / 4.0)
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(2) / SPEEDS[self.speed]
    }

    /// Goes to a step, or as near as there is one, and stops.
    pub fn go(&mut self, step: usize) {
        self.step = step.min(self.len.saturating_sub(1));
        self.due = None;
    }

    /// Starts, from the first step again if at the last; or stops.
    pub fn toggle(&mut self, now: Instant) {
        if self.due.take().is_some() {
            return;
        }
        if self.step + 1 >= self.len {
            self.step = 0;
        }
        self.due = (self.len > 1).then(|| now + self.pace());
    }

    /// Plays faster (`by` > 0) or slower.
    pub fn change_speed(&mut self, by: isize, now: Instant) {
        let speed = self.speed.saturating_add_signed(by);
        self.speed = speed.min(SPEEDS.len() - 1);
        if self.due.is_some() {
            self.due = Some(now + self.pace());
        }
    }

    /// Goes on if a step is due. Returns whether it did.
    pub fn tick(&mut self, now: Instant) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        self.step += 1;
        self.due = (self.step + 1 < self.len).then(|| now + self.pace());
        true
    }
}
