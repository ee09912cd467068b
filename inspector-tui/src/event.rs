//! What can happen, and what the state asks for in return. Both are closed: the loop in [`crate::run()`] is their only
//! host.

use crate::{
    app::{Layout, Place, Spot},
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
    /// It was pressed a second time at the same place.
    DoubleClick(Instant),
    /// A border of panes was moved: they share the screen like this.
    LayOut(Layout),
    /// What can be gone to on the screen, as it was asked for.
    Targets(Vec<Spot>),
    /// The wheel was turned on this, down so many notches, or up.
    Wheel(Spot, isize),
    /// The terminal has another size, or shows something else: draw again.
    Redraw,
    /// The lines of the request and of the response have so many columns by now.
    Columns([u16; 2]),
    /// Time to play the next step.
    Tick(Instant),
    /// The inspector said something.
    News(News),
    /// The program that had the terminal has ended, or did not start; if not well, how, for people.
    Returned(Result<(), String>),
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
        /// Where cycles that came before do not reach to the first of these: how many are known to be missing in between.
        missing: Option<u64>,
        /// The newest cycles, oldest first.
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
    /// The body that a program is to show, or why there is none.
    Body(Reader, Result<Document, String>),
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
    /// Say what can be gone to on the screen.
    Targets,
    /// Have a program show this.
    Read(Reader, Document),
    /// Have a program show a body.
    ReadBody {
        /// Which program.
        reader: Reader,
        /// Id of the cycle.
        id: String,
        /// Number of the body.
        number: usize,
        /// As it passed, content codings and all.
        encoded: bool,
        /// Ending of the file's name.
        ending: &'static str,
    },
    /// Have the editor show a place in the source of an app.
    Source(Place),
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

/// A program that shows things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The editor of who sits here.
    Editor,
    /// Their pager.
    Pager,
}

/// What a program is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What is in it, not escaped.
    pub bytes: Vec<u8>,
    /// Ending of the file's name.
    pub ending: &'static str,
}
