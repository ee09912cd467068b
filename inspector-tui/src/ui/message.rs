//! The request or the response at the step we are at.

use super::{fit, inside, line, pane};
use crate::{
    app::{App, MessageLine, MessagePane, Spot},
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
    shown.extend(
        below
            .into_iter()
            .map(|text| Line::styled(text, theme.dim())),
    );
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
    let mut below = match (focused, message.line()) {
        (true, Some(line)) => below(line, inner.width.into()),
        _ => Vec::new(),
    };
    let height = usize::from(inner.height);
    below.truncate(height / 2);
    let height = height - below.len();
    let skip = match focused {
        true => message.cursor.saturating_sub(height.saturating_sub(1) / 2),
        // The change of this step is what one wants to see.
        false => {
            let last = lines.iter().rposition(|l| l.sign.is_some()).unwrap_or(0);
            (last + 1).saturating_sub(height)
        }
    };
    Window {
        skip: skip.min(lines.len().saturating_sub(height)),
        height,
        below,
    }
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

/// What there is to say of the line at the cursor: all of it, where it is too long for its line, and who set it.
fn below(line: &MessageLine, width: usize) -> Vec<String> {
    let mut below = Vec::new();
    let by = line.by.as_ref().map_or(0, |by| fit::width(by) + 3);
    if line::width(&line.pieces) + by + 2 > width {
        below.extend(fit::wrap(&line.text(), width));
    }
    for (at, by) in line.history.iter().enumerate() {
        let word = if at == 0 { "set by" } else { "before by" };
        below.push(fit::cut(&format!("{word} {by}"), width));
    }
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
mod tests {
    use crate::{
        app::{App, Pane},
        picture::tests::image,
        testing::{answer, open, press, samples},
        theme::Theme,
        ui::tests::draw,
    };
    use crossterm::event::KeyCode;
    use image::ImageFormat;
    use onionskin::wire::{Cycle, Octets};
    use ratatui::style::Color;

    /// A cycle whose view answers with these bytes of an image.
    fn cycle(bytes: Vec<u8>, len: u64) -> Cycle {
        let mut cycle = samples::completed();
        cycle.bodies[0].head = Octets(bytes);
        cycle.bodies[0].len = len;
        cycle
    }

    fn answered(cycle: &Cycle, graphics: bool) -> App {
        let mut app = open(cycle.clone(), 8);
        app.graphics = graphics;
        answer(&mut app, std::slice::from_ref(cycle));
        app
    }

    /// Red and blue cells of the screen.
    fn painted(app: &App) -> (usize, usize) {
        let drawn = draw(app, (120, 40), Theme::new(false));
        let cells = drawn.backend().buffer().content.iter();
        let colours = cells.flat_map(|cell| [cell.fg, cell.bg]);
        let mut painted = (0, 0);
        for colour in colours {
            match colour {
                Color::Rgb(200.., _, 0..50) => painted.0 += 1,
                Color::Rgb(0..50, _, 200..) => painted.1 += 1,
                _ => {}
            }
        }
        painted
    }

    fn shows(app: &App, text: &str) -> bool {
        let drawn = draw(app, (200, 50), Theme::new(false));
        drawn.backend().to_string().contains(text)
    }

    #[test]
    fn an_image_is_drawn_below_its_line_and_scrolls_with_it() {
        let png = image(400, 200, ImageFormat::Png);
        let len = png.len() as u64;
        let cycle = cycle(png, len);
        let mut app = answered(&cycle, true);
        let (red, blue) = painted(&app);
        assert!(red > 50 && blue > 50, "{red} {blue}");
        assert!(shows(&app, "image/png, 400 × 200 pixels"));
        // Nothing is drawn over it, so that nothing leaves a hole in it.
        press(&mut app, KeyCode::Char(':'));
        assert_eq!(painted(&app), (0, 0));
        press(&mut app, KeyCode::Esc);
        app.focus = Pane::Response;
        press(&mut app, KeyCode::Char('m'));
        answer(&mut app, std::slice::from_ref(&cycle));
        let large = painted(&app);
        assert!(large.0 > red, "{large:?}");
        for _ in 0..20 {
            press(&mut app, KeyCode::PageDown);
        }
        assert!(painted(&app).0 <= large.0);
        press(&mut app, KeyCode::Char('v'));
        answer(&mut app, std::slice::from_ref(&cycle));
        assert_eq!(painted(&app), (0, 0), "its bytes");
    }

    #[test]
    fn what_can_not_be_drawn_is_said() {
        let png = image(400, 200, ImageFormat::Png);
        let len = png.len() as u64;
        let whole = cycle(png.clone(), len);
        assert_eq!(painted(&answered(&whole, false)), (0, 0), "as with --ascii");
        let cut = cycle(png[..200].to_vec(), len);
        let app = answered(&cut, true);
        assert_eq!(painted(&app), (0, 0));
        assert!(shows(&app, "no picture: the rest of it is not kept"));
        let mut broken = png;
        broken[60] ^= 0xff;
        let app = answered(&cycle(broken, len), true);
        assert!(shows(&app, "no picture: ") && !shows(&app, "not kept"));
    }

    #[test]
    fn a_picture_is_made_anew_when_another_program_had_the_terminal() {
        let png = image(400, 200, ImageFormat::Png);
        let len = png.len() as u64;
        let cycle = cycle(png, len);
        let mut app = answered(&cycle, true);
        app.update(crate::event::Event::Returned(Ok(())));
        assert_eq!(painted(&app), (0, 0));
        answer(&mut app, std::slice::from_ref(&cycle));
        assert!(painted(&app).0 > 50);
    }
}
