//! The image that a body is, in a terminal with nothing but colours, and where there is ASCII only.

use crate::{
    app::{self, App},
    pty::Pty,
};
use std::io::Cursor;

/// With a cycle open whose view answers with an image.
fn opened(args: &[&str]) -> Pty {
    let mut image = Cursor::new(Vec::new());
    // The upper half of each block is brighter than the lower.
    let pixels = image::RgbImage::from_fn(400, 200, |_, y| image::Rgb([255 - y as u8, 0, 0]));
    pixels
        .write_to(&mut image, image::ImageFormat::Png)
        .unwrap();
    let mut cycle = app::cycles()[0].clone();
    cycle.bodies[0].len = image.get_ref().len() as u64;
    cycle.bodies[0].head = onionskin::wire::Octets(image.into_inner());
    let mut pty = Pty::start(args, 120, 40);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send(cycle);
    pty.wait_for("/books/7");
    pty.type_keys("k\r");
    pty.wait_for("step 1/16");
    pty.type_keys("]]]]]");
    pty.wait_for(
        "400 × 200 pixels"
            .replace('×', if args.is_empty() { "×" } else { "x" })
            .as_str(),
    );
    pty
}

#[test]
fn an_image_is_drawn_with_half_blocks() {
    let mut pty = opened(&[]);
    pty.wait_for("▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn ascii_has_no_pictures() {
    let mut pty = opened(&["--ascii"]);
    pty.settle();
    assert!(pty.screen().is_ascii(), "{}", pty.screen());
    assert!(!pty.screen().contains("picture"), "{}", pty.screen());
    pty.type_keys("q");
    assert!(pty.ended_well());
}
