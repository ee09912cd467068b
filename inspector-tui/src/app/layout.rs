//! How the panes share the screen.

use super::Pane;

/// What is added to the share that a pane has by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The focused pane alone.
    pub maximised: bool,
    /// Lines of the list.
    pub list: i16,
    /// Lines of the timeline.
    pub timeline: i16,
    /// Columns of the request, beside the response.
    pub request: i16,
}

/// As far as a border goes.
const FAR: i16 = 200;

impl Layout {
    /// Gives a pane more room (`by` > 0) or less.
    pub fn resize(&mut self, pane: Pane, by: i16) {
        let share = match pane {
            Pane::List => &mut self.list,
            Pane::Timeline => &mut self.timeline,
            Pane::Request => return self.request = (self.request + 4 * by).clamp(-FAR, FAR),
            Pane::Response => return self.request = (self.request - 4 * by).clamp(-FAR, FAR),
        };
        *share = (*share + by).clamp(-FAR, FAR);
    }
}
