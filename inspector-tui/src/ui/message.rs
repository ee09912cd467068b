//! The request or the response at the step we are at.

use super::{fit, inside, line, pane};
use crate::{
    app::{App, MessageLine, MessagePane, Role, Spot},
    theme::Theme,
};
use onionskin::wire::Side;
use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

/// ```text
/// ┌ request at step 8 ─────────────────┐
/// │   GET /books/7 HTTP/1.1            │
/// │   host: localhost:3000             │
/// │ + x-user-id: 42             ← auth │
/// │ auth at step 8: 42                 │
/// └────────────────────────────────────┘
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, side: Side, theme: Theme) {
    let focused = app.focus.side() == Some(side);
    let title = Line::from(title(app, side));
    let inner = pane(frame, area, title, focused, theme);
    let Some(view) = app.view() else {
        return;
    };
    let message = view.pane(side);
    let Some(lines) = &message.lines else {
        let text = if view.shown.is_none() {
            "loading …"
        } else {
            "(not yet)"
        };
        frame.render_widget(Line::styled(text, theme.dim()), inner);
        return;
    };
    let width = usize::from(inner.width);
    let Window {
        skip,
        height,
        below,
    } = window(message, lines, focused, inner);
    let cursor = focused.then_some(message.cursor);
    let mut shown: Vec<_> = (lines.iter().enumerate().skip(skip).take(height))
        .map(|(at, line)| message_line(line, width, cursor == Some(at), theme))
        .collect();
    shown.resize_with(
        if below.is_empty() {
            shown.len()
        } else {
            height
        },
        Line::default,
    );
    let below = below.into_iter();
    shown.extend(below.map(|text| Line::styled(text, theme.dim())));
    frame.render_widget(Paragraph::new(shown), inner);
    // What is drawn over a picture would leave a hole in it.
    if !app.is_writing() && app.jump.is_none() {
        let in_view = &lines[skip..lines.len().min(skip + height)];
        picture(frame, message, in_view, inner);
    }
}

/// Draws the picture of a body on the lines that are there for it, behind the two of signs and two of air.
fn picture(frame: &mut Frame<'_>, message: &MessagePane, lines: &[MessageLine], inner: Rect) {
    let Ok(Some(picture)) = &message.picture else {
        return;
    };
    let of_picture = |(y, line): (usize, &MessageLine)| Some((y as u16, line.picture?));
    let mut of_picture = lines.iter().enumerate().filter_map(of_picture);
    let Some((y, from)) = of_picture.next() else {
        return;
    };
    let area = Rect {
        x: inner.x + 4,
        y: inner.y + y,
        width: inner.width.saturating_sub(4),
        height: 1 + of_picture.count() as u16,
    };
    picture.render(area, frame.buffer_mut(), from);
}

/// Which lines are in view.
struct Window {
    /// Lines above them.
    skip: usize,
    /// Lines for them.
    height: usize,
    /// What there is to say of the one at the cursor, below them.
    below: Vec<String>,
}

fn window(message: &MessagePane, lines: &[MessageLine], focused: bool, inner: Rect) -> Window {
    let height = usize::from(inner.height);
    let below = match (focused, message.line()) {
        (true, Some(line)) => below(line, inner.width.into(), height * 2 / 3),
        _ => Vec::new(),
    };
    let height = height - below.len();
    let skip = match focused {
        true => message.cursor.saturating_sub(height.saturating_sub(1) / 2),
        // What went wrong is what one wants to see, else the change of this step.
        false => match lines.iter().position(is_warning) {
            Some(first) => first.saturating_sub(1),
            None => {
                let last = lines.iter().rposition(|l| l.sign.is_some()).unwrap_or(0);
                (last + 1).saturating_sub(height)
            }
        },
    };
    Window {
        skip: skip.min(lines.len().saturating_sub(height)),
        height,
        below,
    }
}

fn is_warning(line: &MessageLine) -> bool {
    line.pieces.iter().any(|piece| piece.role == Role::Warning)
}

/// The line that is drawn at a place.
pub(super) fn spot(area: Rect, app: &App, side: Side, place: Position) -> Option<Spot> {
    let inner = inside(area);
    let message = app.view()?.pane(side);
    let lines = message.lines.as_ref()?;
    let focused = app.focus.side() == Some(side);
    let Window { skip, height, .. } = window(message, lines, focused, inner);
    let at = usize::from(place.y.checked_sub(inner.y)?);
    let line = skip + at;
    (at < height && line < lines.len()).then_some(Spot::Line(side, line))
}

fn title(app: &App, side: Side) -> String {
    let name = match side {
        Side::Request => "request",
        Side::Response => "response",
    };
    let Some(view) = app.view() else {
        return format!(" {name} ");
    };
    let at = view.player.step();
    match view.shown.as_ref().map(|shown| shown.step as usize) {
        Some(shown) if shown != at => {
            format!(" {name} at step {}; step {} is loading ", shown + 1, at + 1)
        }
        _ => format!(" {name} at step {} ", at + 1),
    }
}

/// What there is to say of the line at the cursor, in so many lines at most: all of it, where it is too long for its line, and
/// who set it. What is longer still ends with `…`; it can be copied.
fn below(line: &MessageLine, width: usize, most: usize) -> Vec<String> {
    let mut history = Vec::new();
    for (at, by) in line.history.iter().enumerate() {
        let word = if at == 0 { "set by" } else { "before by" };
        history.push(fit::cut(&format!("{word} {by}"), width));
    }
    let mut below = Vec::new();
    let by = line.by.as_ref().map_or(0, |by| fit::width(by) + 3);
    if line::width(&line.pieces) + by + 2 > width {
        below = fit::wrap(&line.text(), width);
        // Half of the room is for it in any case.
        let room = most.saturating_sub(history.len()).max(most / 2);
        if below.len() > room {
            below.truncate(room);
            if let Some(last) = below.last_mut() {
                *last = fit::cut_off(last, width);
            }
        }
    }
    below.extend(history);
    below.truncate(most);
    below
}

fn message_line(shown: &MessageLine, width: usize, cursor: bool, theme: Theme) -> Line<'static> {
    let style = shown.sign.map_or(Style::new(), |sign| theme.sign(sign));
    let base = if cursor {
        theme.selected()
    } else {
        Style::new()
    };
    let sign = shown.sign.map_or(' ', |sign| sign.as_char());
    let by = shown
        .by
        .as_ref()
        .map_or(String::new(), |by| format!(" ← {by}"));
    let by = fit::cut(&by, width * 2 / 5);
    let room = width.saturating_sub(2 + fit::width(&by));
    let mut spans = vec![Span::styled(
        format!("{sign} "),
        base.patch(style).patch(theme.strong()),
    )];
    spans.extend(match shown.sign {
        // What changed has one colour: that of the change.
        Some(_) => vec![Span::styled(
            fit::pad(&shown.text(), room),
            base.patch(style),
        )],
        None => line::spans(&shown.pieces, room, base, theme),
    });
    let of = if shown.sign.is_some() {
        style
    } else {
        theme.dim()
    };
    spans.push(Span::styled(by, base.patch(of)));
    Line::from(spans)
}

#[cfg(test)]
mod pictures;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_longer_than_the_room_below_says_so_and_who_set_it() {
        let of = |len: usize| MessageLine {
            history: vec!["auth at step 3".into(), "client at step 1".into()],
            ..MessageLine::plain("x".repeat(len))
        };
        let below = |len| below(&of(len), 10, 6);
        let set = ["set by au…", "before by…"];
        assert_eq!(below(8), set, "it is whole already");
        assert_eq!(
            below(25),
            ["xxxxxxxxxx", "xxxxxxxxxx", "xxxxx", set[0], set[1]]
        );
        let long = below(60);
        assert_eq!(long.len(), 6);
        assert_eq!(long[3..], ["xxxxxxxxx…", set[0], set[1]]);
    }
}
