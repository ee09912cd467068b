//! How a screen is coloured, as text that can be stored and read.

use ratatui::{
    Terminal,
    backend::TestBackend,
    style::{Color, Modifier, Style},
};

/// A letter for each style in the order in which they come, cell by cell; `.` is plain. Lines that are alike stand there once,
/// with their count, and what is plain at the end of one is left out. Below stands what the letters are.
pub(super) fn map(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let mut styles = Vec::new();
    let mut rows: Vec<(String, usize)> = Vec::new();
    for cells in buffer.content().chunks(buffer.area.width.into()) {
        let row: String = cells
            .iter()
            .map(|c| letter(c.style(), &mut styles))
            .collect();
        let row = row.trim_end_matches('.').to_owned();
        match rows.last_mut() {
            Some((last, count)) if *last == row => *count += 1,
            _ => rows.push((row, 1)),
        }
    }
    let mut text = String::new();
    for (row, count) in rows {
        let times = format!("{count}×");
        text += format!("{times:>3} {row}\n").trim_end_matches(' ');
    }
    for (at, style) in styles.iter().enumerate() {
        text += &format!("{} = {}\n", LETTERS[at] as char, name(*style));
    }
    text
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn letter(style: Style, styles: &mut Vec<Style>) -> char {
    if name(style).is_empty() {
        return '.';
    }
    let at = styles.iter().position(|known| *known == style);
    let at = at.unwrap_or_else(|| {
        styles.push(style);
        styles.len() - 1
    });
    LETTERS[at].into()
}

/// `cyan on red bold`
fn name(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(colour) = style.fg.filter(|c| *c != Color::Reset) {
        words.push(colour.to_string().to_lowercase());
    }
    if let Some(colour) = style.bg.filter(|c| *c != Color::Reset) {
        words.push(format!("on {colour}").to_lowercase());
    }
    let modifiers = style.add_modifier.iter_names();
    words.extend(modifiers.map(|(name, _): (&str, Modifier)| name.to_lowercase()));
    words.join(" ")
}
