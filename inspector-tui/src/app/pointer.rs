//! What the mouse does. Where things are on the screen the UI knows: see [`crate::ui::spot`].

use super::{App, Pane, Update};
use onionskin::wire::Side;

/// What is at a place of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A cycle of the list, by its position.
    Cycle(u64),
    /// A row of the timeline, by its index.
    Row(usize),
    /// Another place in a pane.
    Pane(Pane),
    /// A screen above the cycles, and which of its lines.
    Page(Option<usize>),
}

/// Lines that a notch of the wheel moves where lines are read; cycles and steps it moves one by one.
const NOTCH: isize = 3;

impl App {
    pub(super) fn click(&mut self, spot: Spot) -> Update {
        if self.is_writing() {
            return Update::NOTHING;
        }
        self.said = None;
        match spot {
            Spot::Cycle(position) => {
                self.focus(Pane::List);
                if self.list.select_position(position) {
                    self.load();
                }
            }
            Spot::Row(row) => {
                self.focus(Pane::Timeline);
                self.play(|view| {
                    if let Some(step) = view.step_of(row) {
                        view.player.go(step);
                    }
                });
            }
            Spot::Pane(pane) => self.focus(pane),
            Spot::Page(None) => {}
            Spot::Page(Some(line)) => {
                if let Some(page) = self.pages.last_mut() {
                    page.cursor = line;
                }
            }
        }
        Update::CHANGED
    }

    pub(super) fn wheel(&mut self, spot: Spot, by: isize) -> Update {
        if self.is_writing() {
            return Update::NOTHING;
        }
        match spot {
            Spot::Cycle(_) | Spot::Pane(Pane::List) => self.select(by),
            Spot::Row(_) | Spot::Pane(Pane::Timeline) => self.go(by),
            Spot::Pane(Pane::Request) => self.wheel_message(Side::Request, by),
            Spot::Pane(Pane::Response) => self.wheel_message(Side::Response, by),
            Spot::Page(_) => self.page_down(by * NOTCH),
        }
        Update::CHANGED
    }

    /// A message scrolls with its cursor, and has one where keys go to it.
    fn wheel_message(&mut self, side: Side, by: isize) {
        self.focus(match side {
            Side::Request => Pane::Request,
            Side::Response => Pane::Response,
        });
        self.play(|view| view.pane_mut(side).down(by * NOTCH));
    }

    /// Whether something is being written or chosen: that has the keys, and nothing below it moves.
    fn is_writing(&self) -> bool {
        self.filter.field.is_some() || self.search.field.is_some() || self.palette.is_some()
    }
}
