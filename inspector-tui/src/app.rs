//! The state of the UI. It knows nothing of a terminal: [`App::update`] takes an [`Event`](crate::event::Event), and
//! [`crate::ui`] looks at the result.

mod filter;
mod list;
mod message;
mod output;
mod player;
mod problems;
mod update;
mod view;

pub use filter::{Field, Filter, byte_at};
pub use list::{Item, List};
pub use message::{MessageLine, message_lines};
pub use output::Output;
pub use player::Player;
pub use update::Update;
pub use view::View;

use onionskin::wire::Counters;
use onionskin_web::model::Memory;

/// All of the state.
#[derive(Debug, Default)]
pub struct App {
    /// URL of the inspector's dashboard, token and all.
    pub url: String,
    /// Lines that the host of the UI wants to be seen, such as the address of its app.
    pub notices: Vec<String>,
    /// What became of what was asked for here last: of a recording, a sending, an export.
    pub said: Option<String>,
    /// Whether the inspector answers.
    pub link: Link,
    /// What became of all cycles.
    pub counters: Counters,
    /// The store's use of memory.
    pub memory: Memory,
    /// The cycles.
    pub list: List,
    /// Which of them are wanted.
    pub filter: Filter,
    /// The filter that the listed cycles match.
    pub listed: String,
    /// What is shown of the selected cycle.
    pub opened: Opened,
    /// Id of the cycle that was asked for and has not come. The one before stays in view until then: no flicker.
    pub wanted: Option<String>,
    /// The pane that keys go to.
    pub focus: Pane,
    /// Lines that the focused message is scrolled by.
    pub scroll: usize,
    /// Whether the keys are shown.
    pub help: bool,
    /// What the app prints, if it was started here.
    pub output: Option<Output>,
}

/// Whether the inspector answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Not yet.
    #[default]
    Connecting,
    /// Yes.
    Live,
    /// Not any more, and why.
    Lost(String),
}

/// What is shown of the selected cycle.
#[derive(Debug, Default)]
pub enum Opened {
    /// None is selected.
    #[default]
    Nothing,
    /// Here it is.
    Cycle(Box<View>),
    /// It can't be shown, and why.
    Failed(String),
}

/// A part of the screen that keys can go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The cycles.
    #[default]
    List,
    /// The steps of one.
    Timeline,
    /// The request at a step.
    Request,
    /// The response at a step.
    Response,
}

impl Pane {
    const ALL: [Self; 4] = [Self::List, Self::Timeline, Self::Request, Self::Response];

    /// The pane `by` places further, round and round.
    #[must_use]
    pub fn turn(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

impl App {
    /// The state before anything happened.
    pub fn new(url: String, notices: Vec<String>) -> Self {
        Self {
            url,
            notices,
            ..Self::default()
        }
    }

    /// The cycle that is open.
    pub fn view(&self) -> Option<&View> {
        match &self.opened {
            Opened::Cycle(view) => Some(view),
            _ => None,
        }
    }

    fn view_mut(&mut self) -> Option<&mut View> {
        match &mut self.opened {
            Opened::Cycle(view) => Some(view),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
