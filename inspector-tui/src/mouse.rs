//! What the mouse does, as events: clicks, a second one at the same place, the wheel, and what is dragged.

use crate::{
    app::{App, Spot},
    event::Event,
    theme::Theme,
    ui::{self, Border},
};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use std::time::{Duration, Instant};

/// Two clicks at one place within this time are a double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// What the left button holds, and where it was pressed last.
#[derive(Debug, Default)]
pub(crate) struct Mouse {
    held: Option<Held>,
    clicked: Option<(Instant, Position)>,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    /// A border of panes; a click still as long as it was not moved.
    Border { border: Border, moved: bool },
    /// The time of the open cycle.
    Time,
}

impl Mouse {
    /// What an input of the mouse means on a screen that is `area`.
    pub(crate) fn event(
        &mut self,
        mouse: MouseEvent,
        now: Instant,
        area: Rect,
        app: &App,
        theme: Theme,
    ) -> Option<Event> {
        let place = Position::new(mouse.column, mouse.row);
        let spot = || ui::spot(area, app, theme, place);
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let again = self.clicked.take().is_some_and(|(when, where_)| {
                    where_ == place && now.saturating_duration_since(when) < DOUBLE
                });
                if again {
                    return Some(Event::DoubleClick(now));
                }
                let spot = spot();
                self.clicked = spot.filter(|spot| opens(*spot)).map(|_| (now, place));
                if let Some(border) = ui::border(area, app, theme, place) {
                    let moved = false;
                    self.held = Some(Held::Border { border, moved });
                    return None;
                }
                let is_time = ui::step_at(area, app, theme, place, false).is_some();
                self.held = is_time.then_some(Held::Time);
                spot.map(Event::Click)
            }
            MouseEventKind::Drag(MouseButton::Left) => self.drag(place, area, app, theme),
            MouseEventKind::Up(MouseButton::Left) => match self.held.take()? {
                Held::Border { moved: false, .. } => spot().map(Event::Click),
                _ => None,
            },
            MouseEventKind::ScrollUp => spot().map(|spot| Event::Wheel(spot, -1)),
            MouseEventKind::ScrollDown => spot().map(|spot| Event::Wheel(spot, 1)),
            _ => None,
        }
    }

    /// What is held is moved.
    fn drag(&mut self, place: Position, area: Rect, app: &App, theme: Theme) -> Option<Event> {
        match self.held.as_mut()? {
            Held::Border { border, moved } => {
                *moved = true;
                ui::dragged(area, app, theme, *border, place).map(Event::LayOut)
            }
            Held::Time => {
                let step = ui::step_at(area, app, theme, place, true)?;
                Some(Event::Click(Spot::Step(step)))
            }
        }
    }
}

/// Whether a second click opens what is there. On a row it goes to the row's other step.
fn opens(spot: Spot) -> bool {
    matches!(spot, Spot::Cycle(_) | Spot::Line(..) | Spot::Page(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Pane, Screen},
        testing::{answer, busy, every, open, press, samples},
    };
    use crossterm::event::{KeyCode, KeyModifiers};

    const AREA: Rect = Rect::new(0, 0, 120, 40);
    const LEFT: MouseButton = MouseButton::Left;

    /// An app, and a hand on the mouse.
    struct Hand(App, Mouse, Instant, Rect);

    impl Hand {
        fn on(app: App, area: Rect) -> Self {
            Self(app, Mouse::default(), Instant::now(), area)
        }

        fn does(&mut self, kind: MouseEventKind, place: Position) {
            let Self(app, mouse, now, area) = self;
            let input = MouseEvent {
                kind,
                column: place.x,
                row: place.y,
                modifiers: KeyModifiers::NONE,
            };
            let event = mouse.event(input, *now, *area, app, Theme::new(true));
            if let Some(event) = event {
                app.update(event);
                answer(app, &every());
            }
        }

        fn clicks(&mut self, place: Position) {
            self.does(MouseEventKind::Down(LEFT), place);
            self.does(MouseEventKind::Up(LEFT), place);
        }

        fn border(&self, border: Border) -> Option<Position> {
            let theme = Theme::new(true);
            let mut places = self.3.positions();
            places.find(|at| ui::border(self.3, &self.0, theme, *at) == Some(border))
        }

        fn at(&self, spot: Spot) -> Position {
            let mut spots = ui::spots(self.3, &self.0, Theme::new(true)).into_iter();
            spots.find(|(_, other)| *other == spot).expect("in view").0
        }
    }

    #[test]
    fn a_border_goes_where_it_is_dragged_as_far_as_it_goes_and_back() {
        let all = [Border::List, Border::Timeline, Border::Messages];
        let small = (Rect::new(0, 0, 80, 24), &all[1..]);
        for (area, borders) in [(AREA, &all[..]), small] {
            for border in borders {
                let mut hand = Hand::on(open(samples::completed(), 3), area);
                let before = hand.0.layout;
                let from = hand.border(*border).unwrap();
                let (more, far) = match border {
                    Border::Messages => (Position::new(from.x - 9, 30), Position::new(0, 30)),
                    _ => (Position::new(9, from.y - 2), Position::new(9, 0)),
                };
                hand.does(MouseEventKind::Down(LEFT), from);
                hand.does(MouseEventKind::Drag(LEFT), more);
                let now = hand.border(*border).unwrap();
                match border {
                    Border::Messages => assert_eq!(now.x, more.x),
                    _ => assert_eq!(now.y, more.y),
                }
                hand.does(MouseEventKind::Drag(LEFT), far);
                let last = hand.border(*border).expect("it stays in view");
                assert_ne!(last, now, "{border:?}");
                // Where the pointer went too far, nothing has to be made up for on the way back.
                hand.does(MouseEventKind::Drag(LEFT), from);
                assert_eq!(hand.0.layout, before);
                hand.does(MouseEventKind::Up(LEFT), from);
                hand.does(MouseEventKind::Drag(LEFT), more);
                assert_eq!(hand.0.layout, before, "nothing is held any more");
            }
        }
    }

    #[test]
    fn a_border_that_is_not_moved_is_a_title_to_click_on() {
        let mut hand = Hand::on(open(samples::completed(), 3), AREA);
        hand.clicks(hand.border(Border::List).unwrap());
        assert_eq!(hand.0.focus, Pane::Timeline);
        hand.clicks(hand.border(Border::Timeline).unwrap() + ratatui::layout::Offset::new(3, 0));
        assert_eq!(hand.0.focus, Pane::Request);
    }

    #[test]
    fn the_time_is_dragged_from_the_first_step_to_the_last() {
        for from in ["scrubber", "row"] {
            let mut hand = Hand::on(open(samples::completed(), 3), AREA);
            let row = hand.at(Spot::Row(2));
            let line = match from {
                "scrubber" => hand.at(Spot::Row(0)).y - 1,
                _ => row.y,
            };
            hand.does(MouseEventKind::Down(LEFT), Position::new(60, line));
            let mut steps = Vec::new();
            for x in 0..120 {
                hand.does(MouseEventKind::Drag(LEFT), Position::new(x, 2));
                steps.push(hand.0.view().unwrap().player.step());
            }
            assert!(steps.is_sorted(), "{steps:?}");
            // The last of those that share the first column.
            assert_eq!((steps[0], steps[119]), (5, 15), "{from}");
            steps.dedup();
            assert!(steps.len() > 4, "{steps:?}");
            hand.does(MouseEventKind::Up(LEFT), Position::new(0, 2));
            hand.does(MouseEventKind::Drag(LEFT), Position::new(0, 2));
            assert_eq!(hand.0.view().unwrap().player.step(), 15);
        }
    }

    #[test]
    fn a_click_on_the_time_goes_to_the_step_that_stands_there() {
        let mut hand = Hand::on(open(samples::completed(), 0), AREA);
        let line = hand.at(Spot::Row(0)).y - 1;
        let mut seen = Vec::new();
        for x in 0..120 {
            let place = Position::new(x, line);
            let there = ui::spot(AREA, &hand.0, Theme::new(true), place);
            hand.clicks(place);
            if let Some(Spot::Step(step)) = there {
                assert_eq!(hand.0.view().unwrap().player.step(), step);
                seen.push(step);
            }
        }
        assert!(seen.len() > 40 && seen.is_sorted(), "{seen:?}");
    }

    #[test]
    fn a_click_on_a_line_of_a_message_moves_its_cursor_there() {
        let mut hand = Hand::on(open(samples::completed(), 7), AREA);
        for side in [
            onionskin::wire::Side::Request,
            onionskin::wire::Side::Response,
        ] {
            let Some(lines) = &hand.0.view().unwrap().pane(side).lines else {
                continue;
            };
            let line = lines.len() - 1;
            hand.clicks(hand.at(Spot::Line(side, line)));
            let view = hand.0.view().unwrap();
            assert_eq!(
                (hand.0.focus.side(), view.pane(side).cursor),
                (Some(side), line)
            );
        }
    }

    #[test]
    fn two_quick_clicks_open_what_one_selects() {
        let mut hand = Hand::on(busy(), AREA);
        let place = hand.at(Spot::Cycle(2));
        hand.clicks(place);
        assert_eq!(hand.0.focus, Pane::List);
        // The list moved below the pointer: what was clicked on is meant.
        hand.clicks(place);
        assert_eq!(hand.0.focus, Pane::Timeline);
        assert_eq!(hand.0.view().unwrap().id(), samples::short_circuit().id);
        let mut slow = Hand::on(busy(), AREA);
        slow.clicks(place);
        slow.2 += DOUBLE;
        slow.clicks(place);
        assert_eq!(slow.0.focus, Pane::List);
        let mut page = Hand::on(busy(), AREA);
        press(&mut page.0, KeyCode::Char('2'));
        answer(&mut page.0, &every());
        assert_eq!(page.0.pages[0].screen, Screen::Stack);
        let place = page.at(Spot::Page(Some(4)));
        page.clicks(place);
        page.clicks(place);
        assert!(page.0.pages.is_empty() && page.0.filter.text.contains("handler:"));
    }
}
