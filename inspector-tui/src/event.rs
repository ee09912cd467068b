//! What can happen, and what the state asks for in return. Both are closed: the loop in [`crate::run()`] is their only
//! host.

use crossterm::event::KeyEvent;
use onionskin::wire::{Counters, Cycle};
use onionskin_web::model::{self, LiveEvent, Memory};
use std::time::Instant;

/// What can happen to the state.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent, Instant),
    /// The terminal has another size, or shows something else: draw again.
    Redraw,
    /// Time to play the next step.
    Tick(Instant),
    /// The inspector said something.
    News(News),
}

/// What the inspector said.
#[derive(Clone, Debug)]
pub enum News {
    /// The API answered; live events follow.
    Connected {
        /// The newest cycles, in any order.
        cycles: Vec<model::ListedCycle>,
        /// All app runs.
        apps: Vec<model::App>,
        /// What became of all cycles.
        counters: Counters,
        /// The store's use of memory.
        memory: Memory,
    },
    /// The API does not answer; it is tried again.
    Lost(String),
    /// Something happened.
    Live(LiveEvent),
    /// What became of the recording that was asked for, for people.
    Recording(String),
    /// A cycle that was asked for.
    Loaded {
        /// Its id.
        id: String,
        /// The cycle, or why not.
        result: Result<Box<Cycle>, String>,
    },
}

/// What the state asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Load the cycle of this id, and forget any that was asked for before.
    Load(String),
    /// Show the inspector's dashboard in a browser.
    OpenBrowser,
    /// Record into a file, or stop that.
    Record,
    /// End.
    Quit,
}
