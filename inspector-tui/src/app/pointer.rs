//! What the mouse does. Where things are on the screen the UI knows: see [`crate::ui::spot`].

use super::{App, Jump, Layout, Pane, Update};
use crate::keys::Command;
use onionskin::wire::Side;
use std::time::Instant;

/// What is at a place of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A cycle of the list, by its position.
    Cycle(u64),
    /// A row of the timeline, by its index.
    Row(usize),
    /// A step, by its index: where its time is on the line of the time.
    Step(usize),
    /// A line of a message, by its index.
    Line(Side, usize),
    /// Another place in a pane.
    Pane(Pane),
    /// A screen above the cycles, and which of its lines.
    Page(Option<usize>),
}

/// Lines that a notch of the wheel moves where lines are read; cycles and steps it moves one by one.
const NOTCH: isize = 3;

impl App {
    /// Goes to what is at a place.
    pub(super) fn click(&mut self, spot: Spot) -> Update {
        if self.is_writing() {
            return Update::NOTHING;
        }
        self.jump = None;
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
            Spot::Step(step) => {
                self.focus(Pane::Timeline);
                self.play(|view| view.player.go(step));
            }
            Spot::Line(side, line) => {
                self.focus(Pane::of(side));
                self.play(|view| view.pane_mut(side).cursor = line);
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

    /// Opens what was gone to.
    pub(super) fn open(&mut self, now: Instant) -> Update {
        match self.is_writing() {
            true => Update::NOTHING,
            false => self.command(Command::Open, now).into(),
        }
    }

    /// Moves the borders of the panes.
    pub(super) fn lay_out(&mut self, layout: Layout) -> Update {
        let changed = !self.is_writing() && self.layout != layout;
        if changed {
            self.layout = layout;
        }
        Update {
            changed,
            effect: None,
        }
    }

    /// Labels what can be gone to.
    pub(super) fn label(&mut self, spots: Vec<Spot>) -> Update {
        match spots.is_empty() {
            true => self.said = Some("there is nothing to go to on this screen".into()),
            false => self.jump = Some(Jump::new(spots.into_iter())),
        }
        Update::CHANGED
    }

    pub(super) fn wheel(&mut self, spot: Spot, by: isize) -> Update {
        if self.is_writing() {
            return Update::NOTHING;
        }
        self.jump = None;
        match spot {
            Spot::Cycle(_) | Spot::Pane(Pane::List) => self.select(by),
            Spot::Row(_) | Spot::Step(_) | Spot::Pane(Pane::Timeline) => self.go(by),
            Spot::Line(side, _) => self.wheel_message(side, by),
            Spot::Pane(Pane::Request) => self.wheel_message(Side::Request, by),
            Spot::Pane(Pane::Response) => self.wheel_message(Side::Response, by),
            Spot::Page(_) => self.page_down(by * NOTCH),
        }
        Update::CHANGED
    }

    /// A message scrolls with its cursor, and has one where keys go to it.
    fn wheel_message(&mut self, side: Side, by: isize) {
        self.focus(Pane::of(side));
        self.play(|view| view.pane_mut(side).down(by * NOTCH));
    }

    /// Whether something is being written or chosen: that has the keys, and nothing below it moves.
    pub fn is_writing(&self) -> bool {
        self.filter.field.is_some() || self.search.field.is_some() || self.palette.is_some()
    }
}
