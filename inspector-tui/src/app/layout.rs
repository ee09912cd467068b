//! How the panes share the screen.

use super::Pane;
use onionskin::wire::Side;

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
    /// Columns of the lines of the request and of the response, as they were seen last.
    pub columns: [u16; 2],
}

/// As far as a border goes.
const FAR: i16 = 200;

impl Layout {
    /// Columns and lines for an image in a message, at most.
    pub(super) fn room(&self) -> (u16, u16) {
        if self.maximised { (72, 24) } else { (32, 12) }
    }

    /// Columns of a message's lines.
    pub(super) fn columns(&self, side: Side) -> usize {
        let [request, response] = self.columns;
        match side {
            Side::Request => request.into(),
            Side::Response => response.into(),
        }
    }

    /// Gives a pane more room (`by` > 0) or less.
    pub fn resize(&mut self, pane: Pane, by: i16) {
        *self = match pane {
            Pane::List | Pane::Timeline => self.with(pane, by),
            Pane::Request | Pane::Response => self.with(pane, 4 * by),
        };
    }

    /// With so many lines or columns more for a pane.
    #[must_use]
    pub fn with(mut self, pane: Pane, by: i16) -> Self {
        let (share, by) = match pane {
            Pane::List => (&mut self.list, by),
            Pane::Timeline => (&mut self.timeline, by),
            Pane::Request => (&mut self.request, by),
            Pane::Response => (&mut self.request, -by),
        };
        *share = share.saturating_add(by).clamp(-FAR, FAR);
        self
    }
}
