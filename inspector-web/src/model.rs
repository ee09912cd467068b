//! What the HTTP API answers. Every answer about cycles carries the [`Counters`](onionskin::wire::Counters).
//!
//! - `cycles`: the list, and what happens live
//! - `filter`: what fits at the cursor of a filter
//! - `keys`: the keys of both UIs
//! - `map`: the map of an app, with figures
//! - `problem`: failures
//! - `state`: the inspector itself, apps and their runs

mod cycles;
mod filter;
mod keys;
mod map;
mod problem;
mod state;

pub use cycles::{CyclePage, ListedCycle, LiveEvent};
pub use filter::{Completion, CompletionKind, FilterError, FilterHelp};
pub use keys::{KeyGroup, KeyLine};
pub use map::{MapChain, MapEndpoint, MapPlace, MapRoute, PlaceStats, StackView, Stats};
pub use problem::Problem;
pub use state::{App, Memory, Opened, Recording, Run, StartRecording, Status};
