//! Keys that are bound anew are the ones that the screens name.

use super::draw;
use crate::{
    app::App,
    event::{Event, Printed},
    keys::{Command, Keymap},
    testing::{answer, busy, connected, every, press, samples},
    theme::Theme,
};
use crossterm::event::KeyCode;

/// Every command has a letter that is no key of the table.
fn letters() -> Vec<(Command, char)> {
    let commands = Keymap::default();
    let commands = commands.rows().iter().map(|row| row.binding.command);
    commands.zip('\u{1400}'..).collect()
}

fn letter(command: Command) -> char {
    let letters = letters().into_iter();
    let mut found = letters.filter_map(|(of, letter)| (of == command).then_some(letter));
    found.next().unwrap()
}

fn bound_anew(mut app: App) -> App {
    let key = |letter: char| vec![letter.to_string().parse().unwrap()];
    let chosen: Vec<_> = (letters().into_iter())
        .map(|(command, letter)| (command, key(letter)))
        .collect();
    app.keys = Keymap::with(&chosen);
    app
}

fn give(app: &mut App, command: Command) {
    press(app, KeyCode::Char(letter(command)));
    answer(app, &every());
}

fn screen(app: &App, size: (u16, u16)) -> String {
    let terminal = draw(app, size, Theme::new(true));
    let cells = terminal.backend().buffer().content().iter();
    cells.map(|cell| cell.symbol()).collect()
}

#[track_caller]
fn shows(app: &App, size: (u16, u16), text: &str) {
    let screen = screen(app, size);
    assert!(screen.contains(text), "no {text:?} in {screen}");
}

#[test]
fn every_text_that_names_a_key_names_the_bound_one() {
    const WIDE: (u16, u16) = (200, 60);
    let key = letter;
    let [up, down, open, filter] =
        [Command::Up, Command::Down, Command::Open, Command::Filter].map(letter);

    let mut app = bound_anew(connected());
    shows(&app, (120, 8), &format!("{} quits", key(Command::Quit)));
    shows(
        &app,
        WIDE,
        &format!(
            " {} help  {} quit  {up}{down} move  {open} open ",
            key(Command::Help),
            key(Command::Quit)
        ),
    );
    give(&mut app, Command::NextPane);
    shows(
        &app,
        WIDE,
        &format!("Choose a cycle with {up} and {down}, open it with {open}."),
    );
    give(&mut app, Command::Back);
    give(&mut app, Command::Export);
    shows(
        &app,
        WIDE,
        &format!("select a cycle first, with {up} and {down}"),
    );
    give(&mut app, Command::NextMatch);
    shows(
        &app,
        WIDE,
        &format!("nothing is searched for: {filter} in a cycle does"),
    );
    give(&mut app, Command::Mouse);
    shows(
        &app,
        WIDE,
        &format!("; {} takes it back", key(Command::Mouse)),
    );
    app.listed = "status:418".into();
    app.counters.stored = 4;
    let off = key(Command::FilterOnOff);
    shows(
        &app,
        WIDE,
        &format!("Change the filter with {filter}, or switch it off with {off}."),
    );
    app.update(Event::Printed(Printed::Line("listening".into())));
    shows(
        &app,
        WIDE,
        &format!(" app  ({} hides it) ", key(Command::Output)),
    );
    app.update(Event::Printed(Printed::Ended("killed".into())));
    shows(
        &app,
        WIDE,
        &format!("killed  ({} hides it) ", key(Command::Output)),
    );

    let mut app = bound_anew(busy());
    give(&mut app, Command::Up);
    give(&mut app, Command::Compare);
    shows(
        &app,
        WIDE,
        &format!("{} on another cycle compares", key(Command::Compare)),
    );
    give(&mut app, Command::Help);
    let back = key(Command::Back);
    shows(&app, WIDE, &format!(" ─ {back} back "));
    let all = (200, 120);
    shows(
        &app,
        all,
        &format!("{} opens it in a browser", key(Command::Browser)),
    );
    for row in app.keys.rows() {
        let keys = row.shown();
        assert!(keys.starts_with(letter(row.binding.command)));
        shows(&app, all, &format!("  {keys:<12}{}", row.binding.name));
    }
    give(&mut app, Command::ViewState);
    give(&mut app, Command::Last);
    shows(&app, WIDE, &format!(" ─ {open} filters by it"));
    give(&mut app, Command::ViewInsights);
    shows(&app, WIDE, &format!("    {open}: cycle "));
    while app.pages[2].cursor < 100 && !screen(&app, WIDE).contains("opens the cycle") {
        give(&mut app, Command::Down);
    }
    shows(&app, WIDE, &format!(" ─ {open} opens the cycle"));
    give(&mut app, Command::ViewCycles);
    give(&mut app, Command::Palette);
    let play = format!("play                {:<11}play, pause", key(Command::Play));
    for letter in "play, pause".chars() {
        press(&mut app, KeyCode::Char(letter));
    }
    shows(&app, WIDE, &play);
}

#[test]
fn the_hint_at_remarks_is_the_bound_key() {
    let mut app = bound_anew(crate::testing::open(samples::completed(), 7));
    if let crate::app::Opened::Cycle(view) = &mut app.opened {
        view.remarks = Some(2);
    }
    shows(
        &app,
        (200, 60),
        &format!("; 2 remarks ({})", letter(Command::ViewInsights)),
    );
}
