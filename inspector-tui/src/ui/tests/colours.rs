//! The screens in colour: below each line of text the colours of its signs, a letter each (a capital is bold), and `^` where
//! the background is another, or the two are reversed.

use super::draw;
use crate::{
    app::{App, Role},
    testing::{busy, open, press, samples},
    theme::{Depth, Terminal, Theme, ThemeName},
};
use crossterm::event::KeyCode;
use ratatui::{
    backend::TestBackend,
    buffer::Cell,
    style::{Color, Modifier, Style},
};
use std::fmt::Write as _;

/// The letters, and what has such a colour.
fn letters(theme: Theme) -> [(char, &'static str, Style); 10] {
    [
        ('a', "accent", theme.role(Role::Key)),
        ('g', "good", theme.good()),
        (
            'w',
            "warning",
            theme.sign(onionskin::text::edits::Sign::Changed),
        ),
        (
            'b',
            "bad",
            theme.sign(onionskin::text::edits::Sign::Removed),
        ),
        ('v', "violet", theme.role(Role::Number)),
        ('u', "blue", theme.role(Role::Word)),
        ('d', "dim", theme.dim()),
        ('-', "border", theme.border(false)),
        (' ', "plain", Style::new()),
        ('t', "selected", theme.selected()),
    ]
}

/// The letter of a cell.
fn letter(cell: &Cell, letters: &[(char, &str, Style)]) -> char {
    let is = |style: &Style| {
        let dim = style.add_modifier.contains(Modifier::DIM);
        cell.fg == style.fg.unwrap_or_default() && cell.modifier.contains(Modifier::DIM) == dim
    };
    let found = letters.iter().find(|(.., style)| is(style));
    let letter = found.map_or('¿', |(letter, ..)| *letter);
    match (cell.modifier.contains(Modifier::BOLD), letter) {
        (true, ' ') if cell.symbol() != " " => 'S',
        (true, letter) => letter.to_ascii_uppercase(),
        (false, letter) => letter,
    }
}

fn line(cells: &[Cell], of: impl Fn(&Cell) -> char) -> String {
    let line: String = cells.iter().map(of).collect();
    line.trim_end().to_owned()
}

/// A screen with its colours.
fn coloured(backend: &TestBackend, theme: Theme) -> String {
    let letters = letters(theme);
    let mut out = String::new();
    for (letter, name, style) in letters {
        let shown = |colour: Option<Color>| colour.map_or("-".to_owned(), |c| c.to_string());
        let (fg, bg) = (shown(style.fg), shown(style.bg));
        writeln!(
            out,
            "{letter} {name:<9} {fg:<8} {bg:<8} {:?}",
            style.add_modifier
        )
        .unwrap();
    }
    let buffer = backend.buffer();
    for cells in buffer.content().chunks(buffer.area.width.into()) {
        let text: String = cells.iter().map(Cell::symbol).collect();
        writeln!(out, "{}", text.trim_end()).unwrap();
        let background = |cell: &Cell| match cell.bg != Color::Reset
            || cell.modifier.contains(Modifier::REVERSED)
        {
            true => '^',
            false => ' ',
        };
        for below in [
            line(cells, |cell| letter(cell, &letters)),
            line(cells, background),
        ] {
            if !below.is_empty() {
                writeln!(out, "{below}").unwrap();
            }
        }
    }
    out
}

fn themes() -> [(&'static str, Theme); 4] {
    let theme = |name, depth| {
        let terminal = Terminal {
            depth,
            ..Terminal::default()
        };
        Theme::named(name, terminal)
    };
    [
        ("dark", theme(ThemeName::Dark, Depth::True)),
        ("light", theme(ThemeName::Light, Depth::True)),
        ("dark_of_256", theme(ThemeName::Dark, Depth::Indexed)),
        ("16", theme(ThemeName::Sixteen, Depth::True)),
    ]
}

fn check(name: &str, app: &App) {
    for (theme_name, theme) in themes() {
        let terminal = draw(app, (80, 24), theme);
        let shown = coloured(terminal.backend(), theme);
        assert!(!shown.contains('¿'), "a colour of no theme in\n{shown}");
        insta::assert_snapshot!(format!("{name}_{theme_name}"), shown);
    }
}

#[test]
fn a_cycle_in_colour() {
    check("cycle", &open(samples::completed(), 7));
}

#[test]
fn a_list_and_its_selected_line_in_colour() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    check("list", &app);
}
