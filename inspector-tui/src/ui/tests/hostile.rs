//! Cycles in which every text is hostile, on every screen.

use super::{SIZES, draw};
use crate::{
    app::{App, Pane},
    event::{Event, News, Printed},
    testing::{answer, busy, connected, listed, live, open, press, samples},
    theme::Theme,
    ui,
};
use crossterm::event::KeyCode;
use onionskin::{text::escape, wire::Cycle};
use onionskin_web::model::LiveEvent;
use ratatui::layout::Rect;
use serde_json::Value;

/// Escape sequences, C1, bells, line ends, directions, what is invisible, and what is two columns wide or none.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{85}\r\n\t\u{7f}\u{2028}\u{202e}\u{2066}\u{200b}\u{200d}\
    \u{feff}\u{ad}\u{61c}\u{3164}\u{e0041}本🧅e\u{301}";

/// The cycle with evil in all of its texts, but for the ids: what has another form than text is no cycle any more.
fn hostile(cycle: &Cycle) -> Cycle {
    let mut json = serde_json::to_value(cycle).unwrap();
    let mut changed = 0;
    for path in texts(&json, String::new()) {
        let before = json.pointer(&path).unwrap().clone();
        let text = before.as_str().unwrap();
        *json.pointer_mut(&path).unwrap() = format!("{text}{EVIL}").into();
        match serde_json::from_value::<Cycle>(json.clone()) {
            Ok(_) => changed += 1,
            Err(_) => *json.pointer_mut(&path).unwrap() = before,
        }
    }
    assert!(changed > 20, "{changed}");
    serde_json::from_value(json).unwrap()
}

/// Where the texts of a value are.
fn texts(value: &Value, path: String) -> Vec<String> {
    match value {
        Value::String(_) if path != "/id" && path != "/run" => vec![path],
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(at, item)| texts(item, format!("{path}/{at}")))
                .collect()
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .flat_map(|(name, field)| {
                    texts(field, format!("{path}/{}", name.replace('/', "~1")))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// That no cell of a picture steers, hides or is out of its column.
#[track_caller]
fn check(what: &str, app: &App) {
    for size in SIZES {
        let terminal = draw(app, size, Theme::new(true));
        let buffer = terminal.backend().buffer();
        for cell in buffer.content() {
            let symbol = cell.symbol();
            assert_eq!(escape(symbol), symbol, "{what}");
        }
        for y in 2..size.1 - 2 {
            let last = buffer[(size.0 - 1, y)].symbol();
            assert!(
                "│┐┘┤┬┴┼".contains(last),
                "{what}, line {y} of {size:?}: {last}"
            );
        }
    }
}

#[test]
fn every_step_and_every_line_of_hostile_cycles() {
    for cycle in [samples::completed(), samples::panicked(), samples::worked()] {
        let cycle = [hostile(&cycle)];
        let mut app = open(cycle[0].clone(), 0);
        for step in 0..cycle[0].steps.len() {
            answer(&mut app, &cycle);
            check(&format!("step {step}"), &app);
            press(&mut app, KeyCode::Right);
        }
        for pane in [Pane::Request, Pane::Response] {
            app.focus = pane;
            let view = app.view().unwrap();
            let lines = view.pane(pane.side().unwrap()).lines.as_ref();
            for line in 0..lines.map_or(0, Vec::len) {
                check(&format!("{pane:?}, line {line}"), &app);
                press(&mut app, KeyCode::Down);
            }
        }
    }
}

#[test]
fn every_screen_above_hostile_cycles() {
    let cycles = [
        hostile(&samples::completed()),
        hostile(&samples::panicked()),
    ];
    let mut app = connected();
    app.notices = vec![EVIL.into()];
    for (at, cycle) in cycles.iter().enumerate() {
        let cycle = listed(at as u64 + 1, cycle);
        live(&mut app, LiveEvent::Cycle(Box::new(cycle)));
    }
    check("list", &app);
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('c'));
    answer(&mut app, &cycles);
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('c'));
    answer(&mut app, &cycles);
    app.update(Event::News(News::Exported(EVIL.into())));
    app.update(Event::Returned(Err("vi ended".into())));
    for screen in " 2345?".chars() {
        press(&mut app, KeyCode::Char(screen));
        answer(&mut app, &cycles);
        assert!(!app.pages.is_empty());
        for line in 0..40 {
            check(&format!("screen {screen}, line {line}"), &app);
            press(&mut app, KeyCode::Down);
        }
        press(&mut app, KeyCode::Home);
        let area = Rect::new(0, 0, SIZES[0].0, SIZES[0].1);
        let spots = ui::spots(area, &app, Theme::new(true)).into_iter();
        app.update(Event::Targets(spots.map(|(_, spot)| spot).collect()));
        check(&format!("labels on {screen}"), &app);
        press(&mut app, KeyCode::Esc);
    }
}

#[test]
fn what_is_said_written_and_printed() {
    let mut app = busy();
    app.update(Event::News(News::Said(EVIL.into())));
    app.update(Event::News(News::Lost(EVIL.into())));
    app.update(Event::Printed(Printed::Line(EVIL.into())));
    app.update(Event::Printed(Printed::Ended(EVIL.into())));
    check("output", &app);
    app.update(Event::News(News::Refused(EVIL.into())));
    check("refused", &app);
    app.update(Event::News(News::Curl(Err(EVIL.into()))));
    check("said", &app);
    press(&mut app, KeyCode::Char('5'));
    check("log", &app);
}
