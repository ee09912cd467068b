//! Pieces of text as spans.

use super::fit;
use crate::{app::Piece, theme::Theme};
use ratatui::{style::Style, text::Span};

/// The pieces, cut or filled up to exactly so many columns; `base` below their own looks.
pub(super) fn spans(
    pieces: &[Piece],
    columns: usize,
    base: Style,
    theme: Theme,
) -> Vec<Span<'static>> {
    let mut left = columns;
    let mut spans = Vec::with_capacity(pieces.len() + 1);
    for (at, piece) in pieces.iter().enumerate() {
        let width = fit::width(&piece.text);
        let style = base.patch(theme.role(piece.role));
        let follows = pieces[at + 1..].iter().any(|p| !p.text.is_empty());
        if width > left || (width == left && follows) {
            // Something is cut off, and that is to be seen.
            spans.push(Span::styled(fit::cut_off(&piece.text, left), style));
            left = 0;
            break;
        }
        left -= width;
        spans.push(Span::styled(piece.text.clone(), style));
    }
    if left > 0 {
        spans.push(Span::styled(" ".repeat(left), base));
    }
    spans
}

/// Columns that the pieces take.
pub(super) fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| fit::width(&piece.text)).sum()
}
