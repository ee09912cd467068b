//! The state of the UI. It knows nothing of a terminal: [`App::update`] takes an [`Event`](crate::event::Event), and
//! [`crate::ui`] looks at the result.
//!
//! - `update`: how an event changes it; `command` what a key does, `pointer` what the mouse does, `news` what the inspector says
//! - `list`, `filter`: the cycles, and which of them are wanted
//! - `view`, `player`: the cycle that is open, and the step we are at; `message`, `body`, `notes`, `lines` its messages, line by line
//! - `reading`: what another program is to show
//! - `problems`, `search`: what can be jumped to
//! - `pages`: the other screens, one file each
//! - `palette`: commands and formats by their names; `jump` what is on the screen, by labels

mod body;
mod command;
mod filter;
mod jump;
mod layout;
mod lines;
mod list;
mod message;
mod news;
mod notes;
mod output;
mod pages;
mod palette;
mod player;
mod pointer;
mod problems;
mod reading;
mod search;
mod update;
mod view;

pub use filter::{Field, Filter, byte_at};
pub use jump::Jump;
pub use layout::Layout;
pub use lines::{MessageLine, Piece, Role, piece};
pub(crate) use list::MAX as LISTED;
pub use list::{Item, List, Wanted, remarks};
pub use message::MessagePane;
pub use output::Output;
pub use pages::{Action, Page, PageLine, Screen, lines as page_lines};
pub use palette::{Choice, Choices, Palette};
pub use player::Player;
pub use pointer::Spot;
pub use reading::Place;
pub use search::Search;
pub use update::Update;
pub use view::View;

use crate::{ask::Answers, config::Ui, keys::Keymap, zone::Zone};
use onionskin::wire::{Counters, Side};
use onionskin_web::model::Memory;
use std::collections::VecDeque;

/// Lines of its log that the UI keeps.
const LOGGED: usize = 2_000;

/// All of the state.
#[derive(Debug, Default)]
pub struct App {
    /// URL of the inspector's dashboard, token and all.
    pub url: String,
    /// Lines that the host of the UI wants to be seen, such as the address of its app.
    pub notices: Vec<String>,
    /// What became of what was asked for here last: of a recording, a sending.
    pub done: Option<String>,
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
    /// How the panes share the screen.
    pub layout: Layout,
    /// The screens above the cycles, the one that is seen last.
    pub pages: Vec<Page>,
    /// What is searched for in the open cycle.
    pub search: Search,
    /// Commands or formats by their names, while one is chosen.
    pub palette: Option<Palette>,
    /// Labels of what can be gone to, while one is typed.
    pub jump: Option<Jump>,
    /// The cycle that another one is to be compared with.
    pub marked: Option<String>,
    /// Whether images of bodies can be drawn.
    pub graphics: bool,
    /// Whether the mouse is the terminal's own.
    pub mouse_released: bool,
    /// What a key led to, until the next key.
    pub said: Option<String>,
    /// What the inspector answered.
    pub answers: Answers,
    /// What happened to the UI itself, each with its time of day; the last is the newest.
    pub log: VecDeque<String>,
    /// What the app prints, if it was started here.
    pub output: Option<Output>,
    /// Where the times of day are.
    pub zone: Zone,
    /// Which keys do what.
    pub keys: Keymap,
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

    /// The pane of a message.
    pub fn of(side: Side) -> Self {
        match side {
            Side::Request => Self::Request,
            Side::Response => Self::Response,
        }
    }

    /// Whose message it shows.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Request => Some(Side::Request),
            Self::Response => Some(Side::Response),
            Self::List | Self::Timeline => None,
        }
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

    /// The same with these settings.
    #[must_use]
    pub fn with(mut self, settings: &Ui) -> Self {
        self.keys.clone_from(&settings.keys);
        self.mouse_released = !settings.mouse;
        self.filter.text.clone_from(&settings.filter);
        self.filter.quiet = !settings.noise;
        self
    }

    /// The cycle that is open.
    pub fn view(&self) -> Option<&View> {
        match &self.opened {
            Opened::Cycle(view) => Some(view),
            _ => None,
        }
    }

    /// Whether no cycle is open, and none on its way.
    pub fn looks_at_nothing(&self) -> bool {
        matches!(self.opened, Opened::Nothing) && self.wanted.is_none()
    }

    fn view_mut(&mut self) -> Option<&mut View> {
        match &mut self.opened {
            Opened::Cycle(view) => Some(view),
            _ => None,
        }
    }

    /// The app run that the map and the remarks are of: that of the cycle that is looked at, or of the newest.
    pub fn run(&self) -> Option<&str> {
        let of_list = self.list.selected().or_else(|| self.list.newest());
        match (self.view(), of_list) {
            (Some(view), _) => Some(&view.timeline.cycle.run),
            (None, Some(listed)) => Some(&listed.cycle.run),
            (None, None) => self.list.newest_run(),
        }
    }

    fn log(&mut self, text: &str) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let clock = self.zone.clock(now.unwrap_or_default().as_micros() as u64);
        if self.log.len() == LOGGED {
            self.log.pop_front();
        }
        self.log.push_back(format!("{clock}  {text}"));
    }
}

#[cfg(test)]
mod tests;
