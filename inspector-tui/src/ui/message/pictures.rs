//! Pictures of bodies, as they are drawn.

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
