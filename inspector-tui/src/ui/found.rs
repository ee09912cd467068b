//! Marks what is searched for, in what was drawn.

use crate::theme::Theme;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

/// Marks a text, given in lower case, in an area.
pub(super) fn mark(buffer: &mut Buffer, area: Rect, text: &str, theme: Theme) {
    if text.is_empty() {
        return;
    }
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        // The column that each byte of the line stands in.
        let mut columns = Vec::new();
        for x in area.left()..area.right() {
            let symbol = buffer[Position::new(x, y)].symbol().to_lowercase();
            columns.extend(std::iter::repeat_n(x, symbol.len()));
            line += &symbol;
        }
        for (at, found) in line.match_indices(text) {
            for column in &columns[at..at + found.len()] {
                buffer[Position::new(*column, y)].set_style(theme.found());
            }
        }
    }
}
