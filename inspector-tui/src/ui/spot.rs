//! What is at a place of the screen, for the mouse.

use super::{areas, list, message, page, split, timeline};
use crate::{
    app::{App, Layout, Pane, Spot, page_lines},
    theme::Theme,
};
use onionskin::wire::Side;
use ratatui::layout::{Position, Rect};

pub use split::Border;

/// What [`render`](super::render) draws at a place of a screen that is `area`; none: nothing that a mouse could be for.
pub fn spot(area: Rect, app: &App, theme: Theme, place: Position) -> Option<Spot> {
    let body = areas(area, app, theme)?.body;
    if !body.contains(place) {
        return None;
    }
    if let Some(shown) = app.pages.last() {
        return Some(Spot::Page(page::line_at(body, app, shown, place)));
    }
    // A border that two share has the title of the later one.
    let (pane, area) = panes(body, app)
        .rev()
        .find(|(_, area)| area.contains(place))?;
    let within = match pane {
        Pane::List => list::spot(area, app, place),
        Pane::Timeline => timeline::spot(area, app, place),
        Pane::Request => message::spot(area, app, Side::Request, place),
        Pane::Response => message::spot(area, app, Side::Response, place),
    };
    Some(within.unwrap_or(Spot::Pane(pane)))
}

fn panes(body: Rect, app: &App) -> impl DoubleEndedIterator<Item = (Pane, Rect)> {
    let split = split::split(body, app);
    let panes = [
        (Pane::List, split.list),
        (Pane::Timeline, split.timeline),
        (Pane::Request, split.request),
        (Pane::Response, split.response),
    ];
    panes
        .into_iter()
        .filter_map(|(pane, area)| Some((pane, area?)))
}

/// All that one can go to on the screen, each with the place of its label: what a click there would do something with.
pub fn spots(area: Rect, app: &App, theme: Theme) -> Vec<(Position, Spot)> {
    let Some(body) = areas(area, app, theme).map(|areas| areas.body) else {
        return Vec::new();
    };
    let regions: Vec<Rect> = match app.pages.is_empty() {
        true => panes(body, app).map(|(_, area)| area).collect(),
        false => vec![body],
    };
    let mut spots: Vec<(Position, Spot)> = Vec::new();
    for region in regions {
        // The title is the pane's own; the last line is the border, or the next one's title.
        for y in region.top()..region.bottom().saturating_sub(1) {
            let place = Position::new(region.x + 2, y);
            let Some(spot) = spot(area, app, theme, place).filter(|spot| leads(app, *spot)) else {
                continue;
            };
            let is_new = spots.iter().all(|(_, other)| *other != spot);
            let x = region.x + if y == region.y { 1 } else { 2 };
            spots.extend(is_new.then_some((Position::new(x, y), spot)));
        }
    }
    // The few panes have the short labels: their titles have one column of air.
    spots.sort_by_key(|(_, spot)| !matches!(spot, Spot::Pane(_)));
    spots
}

/// Whether one would want to go there: of a page, to lines that lead on.
fn leads(app: &App, spot: Spot) -> bool {
    let Spot::Page(line) = spot else {
        return true;
    };
    let lines = app.pages.last().map(|page| page_lines(app, &page.screen));
    let line = line.and_then(|at| lines?.into_iter().nth(at));
    line.is_some_and(|line| line.action.is_some())
}

/// The border between panes at a place.
pub fn border(area: Rect, app: &App, theme: Theme, place: Position) -> Option<Border> {
    split::border(panes_area(area, app, theme)?, app, place)
}

/// How the panes share the screen when a border is dragged to a place; none: as they do.
pub fn dragged(
    area: Rect,
    app: &App,
    theme: Theme,
    border: Border,
    to: Position,
) -> Option<Layout> {
    split::moved(panes_area(area, app, theme)?, app, border, to)
}

/// The step whose time is at a column, if that is one of the bars; with `any`, of what is to the left and right of them too.
pub fn step_at(area: Rect, app: &App, theme: Theme, place: Position, any: bool) -> Option<usize> {
    let area = split::split(panes_area(area, app, theme)?, app).timeline?;
    match any || area.contains(place) {
        true => timeline::step_at(area, app, place, any),
        false => None,
    }
}

fn panes_area(area: Rect, app: &App, theme: Theme) -> Option<Rect> {
    let body = areas(area, app, theme)?.body;
    app.pages.is_empty().then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::Event,
        testing::{answer, busy, every, open, press, samples},
        ui::tests::draw,
    };
    use crossterm::event::KeyCode;

    const SIZE: (u16, u16) = (120, 40);

    /// The place of the first line that has this text, as it is drawn.
    fn place(app: &App, size: (u16, u16), text: &str) -> Option<Position> {
        let drawn = draw(app, size, Theme::new(true));
        let buffer = drawn.backend().buffer();
        (0..size.1).find_map(|y| {
            let line: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
            let x = line[..line.find(text)?].chars().count();
            Some(Position::new(x as u16, y))
        })
    }

    fn drawn_at(app: &App, size: (u16, u16), text: &str) -> Option<Spot> {
        let area = Rect::new(0, 0, size.0, size.1);
        spot(area, app, Theme::new(true), place(app, size, text)?)
    }

    #[track_caller]
    fn at(app: &App, text: &str) -> Spot {
        drawn_at(app, SIZE, text).expect(text)
    }

    #[track_caller]
    fn click(app: &mut App, text: &str) {
        let spot = at(app, text);
        app.update(Event::Click(spot));
        answer(app, &every());
    }

    #[track_caller]
    fn wheel(app: &mut App, text: &str, by: isize) {
        let spot = at(app, text);
        app.update(Event::Wheel(spot, by));
        answer(app, &every());
    }

    #[test]
    fn a_click_on_a_cycle_opens_it_and_one_on_a_row_goes_to_its_steps() {
        let mut app = busy();
        click(&mut app, "/api/stock");
        assert_eq!(app.view().unwrap().id(), samples::retried().id);
        click(&mut app, "/cart/items");
        assert_eq!(app.view().unwrap().id(), samples::short_circuit().id);
        let mut app = open(samples::completed(), 0);
        let here = |app: &App| {
            let view = app.view().unwrap();
            (view.player.step(), view.current_row().unwrap().name.clone())
        };
        click(&mut app, "  session");
        let (first, name) = here(&app);
        assert_eq!((app.focus, &*name), (Pane::Timeline, "session"));
        click(&mut app, "session ");
        let (second, name) = here(&app);
        assert!(second > first && name == "session", "{first} {second}");
        click(&mut app, "session ");
        assert_eq!(here(&app).0, first, "round and round");
    }

    #[test]
    fn the_row_that_is_clicked_is_the_one_that_is_drawn_there() {
        let mut scrolled_out = 0;
        for (step, lines) in [0, 7, 13]
            .into_iter()
            .flat_map(|step| [(step, 40), (step, 18)])
        {
            let app = open(samples::completed(), step);
            for (index, row) in app.view().unwrap().timeline.rows.iter().enumerate() {
                // Behind the sign and as deep as it is nested.
                let shown = format!("{}{} ", " ".repeat(2 * row.depth), row.name);
                match drawn_at(&app, (120, lines), &shown) {
                    Some(spot) => assert_eq!(spot, Spot::Row(index), "{shown}"),
                    None => {
                        assert!(lines < 40, "{shown} is not drawn");
                        scrolled_out += 1;
                    }
                }
            }
        }
        assert!(scrolled_out > 0, "no window began further down");
    }

    #[test]
    fn the_wheel_moves_what_is_under_the_pointer() {
        let mut app = busy();
        wheel(&mut app, "/api/stock", -1);
        let id = |app: &App| app.view().unwrap().id().to_owned();
        assert_eq!(id(&app), "feedfacefeed-1");
        wheel(&mut app, "/api/stock", -1);
        assert_eq!(id(&app), samples::retried().id);
        let mut app = open(samples::completed(), 0);
        wheel(&mut app, " session", 1);
        assert_eq!(app.view().unwrap().player.step(), 1);
        wheel(&mut app, "request at step", 1);
        assert_eq!(app.view().unwrap().request.cursor, 3);
        assert_eq!(app.focus, Pane::Request);
        wheel(&mut app, "request at step", -1);
        assert_eq!(app.view().unwrap().request.cursor, 0);
    }

    #[test]
    fn a_screen_above_has_a_cursor_for_the_mouse_too() {
        let mut app = busy();
        press(&mut app, KeyCode::Char('?'));
        click(&mut app, "next-pane");
        let first = app.pages[0].cursor;
        assert!(first > 0);
        wheel(&mut app, "keys ─ line", 1);
        assert_eq!(app.pages[0].cursor, first + 3);
        wheel(&mut app, "keys ─ line", -100);
        assert_eq!(app.pages[0].cursor, 0);
    }

    #[test]
    fn nothing_moves_below_what_is_being_written() {
        let mut app = busy();
        press(&mut app, KeyCode::Char('/'));
        click(&mut app, "/cart/items");
        wheel(&mut app, "/cart/items", -1);
        assert!(app.list.selected().is_none());
    }

    #[test]
    fn any_place_of_any_size_is_fine() {
        let mut help = busy();
        press(&mut help, KeyCode::Char('?'));
        for app in [busy(), open(samples::completed(), 7), help] {
            for (width, height) in [(1, 1), (40, 10), (80, 24), (200, 50)] {
                let area = Rect::new(0, 0, width, height);
                for place in area.positions() {
                    let spot = spot(area, &app, Theme::new(true), place);
                    let edge = place.y == 0 || place.y == height - 1;
                    assert!(!edge || spot.is_none(), "header and footer");
                }
            }
        }
    }
}
