//! What can happen, and what the state asks for in return. Both are closed: the loop in [`crate::run()`] is their only
//! host.

use crate::{
    app::Spot,
    ask::{Answer, Failure, Question},
};
use crossterm::event::KeyEvent;
use onionskin::wire::Counters;
use onionskin_web::{
    export::Format,
    model::{self, FilterHelp, LiveEvent, Memory},
};
use std::time::Instant;

/// What can happen to the state.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent, Instant),
    /// A button of the mouse was pressed on this.
    Click(Spot),
    /// The wheel was turned on this, down so many notches, or up.
    Wheel(Spot, isize),
    /// The terminal has another size, or shows something else: draw again.
    Redraw,
    /// Time to play the next step.
    Tick(Instant),
    /// The inspector said something.
    News(News),
    /// The app that was started here printed something, or ended.
    Printed(Printed),
}

impl Event {
    /// Whether the user did this, or waits for it; the rest happens by itself.
    pub fn is_users(&self) -> bool {
        !matches!(self, Self::News(_) | Self::Printed(_))
    }
}

/// What is heard of an app that was started here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// A line, without its end.
    Line(String),
    /// So many lines came too fast and are left out.
    Missed(u64),
    /// It has ended, and how, for people.
    Ended(String),
}

/// What the inspector said.
#[derive(Clone, Debug)]
pub enum News {
    /// The API answered; live events follow.
    Connected {
        /// The filter that these cycles match, and those that follow.
        filter: String,
        /// How many kept cycles match.
        matched: u64,
        /// The newest cycles, in any order.
        cycles: Vec<model::ListedCycle>,
        /// All app runs.
        apps: Vec<model::App>,
        /// What became of all cycles.
        counters: Counters,
        /// The store's use of memory.
        memory: Memory,
    },
    /// The inspector does not understand the filter, and why.
    Refused(String),
    /// What can be written in the filter's field.
    Help {
        /// What stood there when it was asked.
        text: String,
        /// The answer.
        help: FilterHelp,
    },
    /// The API does not answer; it is tried again.
    Lost(String),
    /// Something happened.
    Live(LiveEvent),
    /// What became of a recording or a sending that was asked for, for people.
    Said(String),
    /// A question was answered.
    Answered {
        /// The question.
        question: Question,
        /// The answer, or why there is none.
        result: Result<Answer, Failure>,
    },
    /// A cycle as a command for curl, to be copied, or why not.
    Curl(Result<String, String>),
    /// What became of an export that was asked for, for people.
    Exported(String),
}

/// What the state asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put a text into the clipboard.
    Copy(String),
    /// Ask for the cycle of this id as a command for curl.
    Curl(String),
    /// Show only cycles that match this filter.
    Filter(String),
    /// Ask what can be written in a filter.
    Complete {
        /// What is written.
        text: String,
        /// Where the cursor stands, in UTF-16 code units.
        cursor: u32,
    },
    /// Have the mouse, or leave it to the terminal.
    Mouse {
        /// Whether its events come here.
        captured: bool,
    },
    /// Show the inspector's dashboard in a browser.
    OpenBrowser,
    /// Record into a file, or stop that.
    Record,
    /// Send the cycle of this id to a collector.
    Send(String),
    /// Write the cycle of this id into a file.
    Export {
        /// The id.
        id: String,
        /// What the file is to be.
        format: Format,
    },
    /// End.
    Quit,
}
