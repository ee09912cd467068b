//! Labels on all that one can go to.

use super::spot::spots;
use crate::{app::App, theme::Theme};
use ratatui::{
    Frame,
    layout::Position,
    style::{Modifier, Style},
};

/// Puts each label at the beginning of its line; all else is dimmed, so that labels are what is reversed.
pub(super) fn render(frame: &mut Frame<'_>, app: &App, theme: Theme) {
    let Some(jump) = &app.jump else {
        return;
    };
    let area = frame.area();
    let buffer = frame.buffer_mut();
    let dimmed = Style::new()
        .add_modifier(Modifier::DIM)
        .remove_modifier(Modifier::REVERSED | Modifier::BOLD);
    let body = area.rows().take(usize::from(area.height.saturating_sub(1)));
    body.for_each(|row| buffer.set_style(row, dimmed));
    for (place, spot) in spots(area, app, theme) {
        for (x, letter) in (place.x..).zip(jump.left(spot).unwrap_or_default().chars()) {
            if let Some(cell) = buffer.cell_mut(Position::new(x, place.y)) {
                cell.reset();
                cell.set_char(letter).set_style(theme.label());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Jump, Pane, Spot},
        event::{Effect, Event},
        testing::{answer, busy, every, open, press, samples},
        ui::tests::draw,
    };
    use crossterm::event::KeyCode;
    use ratatui::layout::Rect;

    /// Asks for labels as the loop does.
    fn label(app: &mut App, (width, height): (u16, u16)) {
        let update = press(app, KeyCode::Char('g'));
        assert_eq!(update.effect, Some(Effect::Targets));
        let spots = spots(Rect::new(0, 0, width, height), app, Theme::new(false));
        let spots = spots.into_iter().map(|(_, spot)| spot).collect();
        app.update(Event::Targets(spots));
    }

    fn type_label(app: &mut App, spot: Spot) {
        let label = app.jump.as_ref().and_then(|jump| jump.left(spot));
        for letter in label.expect("a label").to_owned().chars() {
            press(app, KeyCode::Char(letter));
        }
        answer(app, &every());
    }

    /// What is reversed in a picture, from left to right and top to bottom.
    fn reversed(app: &App, size: (u16, u16)) -> String {
        let drawn = draw(app, size, Theme::new(false));
        let cells = drawn.backend().buffer().content.iter();
        let is_reversed = |style: Style| style.add_modifier.contains(Modifier::REVERSED);
        cells
            .filter(|cell| is_reversed(cell.style()))
            .map(|cell| cell.symbol())
            .collect()
    }

    #[test]
    fn labels_are_seen_without_colours_and_only_they_are_reversed() {
        for size in [(80, 24), (200, 50)] {
            let mut app = open(samples::completed(), 7);
            label(&mut app, size);
            let area = Rect::new(0, 0, size.0, size.1);
            let jump = app.jump.clone().unwrap();
            let all = spots(area, &app, Theme::new(false)).into_iter();
            let labels: String = all.filter_map(|(_, spot)| jump.left(spot)).collect();
            let mut seen: Vec<char> = reversed(&app, size).chars().collect();
            let mut wanted: Vec<char> = labels.chars().collect();
            // Panes stand side by side, their labels one after the other.
            seen.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(seen, wanted);
            assert!(seen.len() >= 18, "{labels}");
        }
    }

    #[test]
    fn a_label_does_what_a_click_does() {
        let size = (200, 50);
        let area = Rect::new(0, 0, size.0, size.1);
        let app = || open(samples::completed(), 7);
        let all = spots(area, &app(), Theme::new(false));
        let kinds: [fn(&Spot) -> bool; 4] = [
            |spot| matches!(spot, Spot::Cycle(_)),
            |spot| matches!(spot, Spot::Row(_)),
            |spot| matches!(spot, Spot::Line(..)),
            |spot| matches!(spot, Spot::Pane(_)),
        ];
        for kind in kinds {
            assert!(all.iter().any(|(_, spot)| kind(spot)));
        }
        for (_, spot) in all {
            let (mut typed, mut clicked) = (app(), app());
            label(&mut typed, size);
            type_label(&mut typed, spot);
            clicked.update(Event::Click(spot));
            answer(&mut clicked, &every());
            let state = |app: &App| {
                let view = app.view().unwrap();
                let selected = app.list.selected().map(|listed| listed.position);
                let cursors = (view.request.cursor, view.response.cursor);
                (app.focus, selected, view.player.step(), cursors)
            };
            assert_eq!(state(&typed), state(&clicked), "{spot:?}");
            assert_eq!(typed.jump, None);
        }
    }

    #[test]
    fn of_a_page_there_are_the_lines_that_lead_on() {
        let mut app = busy();
        press(&mut app, KeyCode::Char('2'));
        answer(&mut app, &every());
        label(&mut app, (80, 24));
        type_label(&mut app, Spot::Page(Some(4)));
        assert_eq!(app.pages[0].cursor, 4);
        label(&mut app, (80, 24));
        let jump: &Jump = app.jump.as_ref().unwrap();
        assert_eq!(jump.left(Spot::Page(Some(0))), None, "leads nowhere");
        press(&mut app, KeyCode::Esc);
        assert_eq!((app.jump.is_none(), app.pages.len()), (true, 1));
        press(&mut app, KeyCode::Char('?'));
        label(&mut app, (80, 24));
        assert!(app.jump.is_none() && app.said.unwrap().contains("nothing to go to"));
    }

    #[test]
    fn labels_stay_with_what_they_are_of_while_cycles_come() {
        let size = (120, 40);
        let mut app = busy();
        press(&mut app, KeyCode::Up);
        answer(&mut app, &every());
        label(&mut app, size);
        let before = app.jump.clone().unwrap();
        let left = before.left(Spot::Cycle(3)).unwrap().to_owned();
        for position in 6..40 {
            let cycle = crate::testing::listed(position, &samples::short_circuit());
            let cycle = onionskin_web::model::LiveEvent::Cycle(Box::new(cycle));
            crate::testing::live(&mut app, cycle);
        }
        draw(&app, size, Theme::new(true));
        press(&mut app, KeyCode::Char(left.chars().next().unwrap()));
        assert_eq!(app.list.selected().unwrap().position, 3);
        assert_eq!(app.focus, Pane::List);
    }
}
