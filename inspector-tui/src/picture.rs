//! Images of bodies, drawn with the terminal's own graphics where it has some, else with half blocks.
//!
//! What a terminal can do is taken from its variables and not asked: its answer would come between the keys, and one that
//! does not answer would have us wait. An image is somebody else's: it is decoded within limits, and by a task of its own.

use image::{DynamicImage, ImageError, ImageReader, Limits};
use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    style::Color,
    widgets::Widget,
};
use ratatui_image::{
    FontSize,
    picker::{Picker, ProtocolType},
    sliced::{SlicedImage, SlicedProtocol},
};
use std::{
    fmt,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Pixels of a side of an image, at most.
const SIDE: u32 = 4_096;
/// Bytes of memory for its pixels, at most.
const MEMORY: u64 = 64 << 20;

/// How this terminal draws images.
#[derive(Clone, Debug)]
pub(crate) struct Graphics {
    picker: Picker,
    /// Any colour, or 256 of them.
    true_colour: bool,
}

impl Graphics {
    /// What the terminal's variables say; none where it can't be done. `colour`: whether colours are wanted.
    pub(crate) fn from_env(colour: bool) -> Option<Self> {
        let window = crossterm::terminal::window_size().ok();
        let font = window.and_then(|window| {
            let of = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|n| *n > 0);
            let width = of(window.width, window.columns)?;
            Some(FontSize::new(width, of(window.height, window.rows)?))
        });
        Self::of(|name| std::env::var(name).ok(), font, colour)
    }

    fn of(
        variable: impl Fn(&str) -> Option<String>,
        font: Option<FontSize>,
        colour: bool,
    ) -> Option<Self> {
        let protocol = protocol(&variable);
        let true_colour =
            variable("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
        let picker = match font.filter(|_| protocol != ProtocolType::Halfblocks) {
            Some(font) => {
                #[expect(deprecated, reason = "the other way asks the terminal")]
                let mut picker = Picker::from_fontsize(font);
                picker.set_protocol_type(protocol);
                picker
            }
            // Half blocks are nothing but colours.
            None if colour => Picker::halfblocks(),
            None => return None,
        };
        Some(Self {
            picker,
            true_colour,
        })
    }

    /// Decodes an image and makes it fit. Takes a while. The error is for people.
    pub(crate) fn picture(&self, bytes: &[u8], room: Size) -> Result<Picture, String> {
        // The decoders are other people's; one that panics is one that fails.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let image = decode(bytes).map_err(|error| error.to_string())?;
            let size = natural(&image, self.picker.font_size(), room);
            SlicedProtocol::new(&self.picker, image, Some(size)).map_err(|error| error.to_string())
        }));
        let drawn = made.unwrap_or_else(|_| Err("the decoder failed".into()))?;
        Ok(Picture {
            drawn,
            true_colour: self.true_colour,
        })
    }
}

/// The room that an image takes at most: no image is made larger than it is.
fn natural(image: &DynamicImage, font: FontSize, room: Size) -> Size {
    let cells = |pixels: u32, cell: u16, most: u16| {
        let cells = pixels.div_ceil(u32::from(cell.max(1)));
        u16::try_from(cells).unwrap_or(u16::MAX).clamp(1, most)
    };
    Size {
        width: cells(image.width(), font.width, room.width),
        height: cells(image.height(), font.height, room.height),
    }
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    reader.decode()
}

/// Behind a multiplexer nobody knows which terminal it is, nor whether it lets graphics through.
fn protocol(variable: impl Fn(&str) -> Option<String>) -> ProtocolType {
    let value = |name: &str| variable(name).unwrap_or_default();
    let is_set = |name: &str| !value(name).is_empty();
    let (term, program) = (value("TERM"), value("TERM_PROGRAM"));
    if is_set("TMUX") || is_set("STY") || term.starts_with("tmux") || term.starts_with("screen") {
        return ProtocolType::Halfblocks;
    }
    match &*program {
        "iTerm.app" | "WezTerm" => return ProtocolType::Iterm2,
        "ghostty" => return ProtocolType::Kitty,
        _ => {}
    }
    match &*term {
        "xterm-kitty" | "xterm-ghostty" => ProtocolType::Kitty,
        "foot" | "foot-extra" | "contour" | "mlterm" => ProtocolType::Sixel,
        _ if is_set("KITTY_WINDOW_ID") => ProtocolType::Kitty,
        _ if is_set("KONSOLE_VERSION") => ProtocolType::Iterm2,
        _ => ProtocolType::Halfblocks,
    }
}

/// An image, ready to be drawn.
pub struct Picture {
    drawn: SlicedProtocol,
    true_colour: bool,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Picture").field(&self.size()).finish()
    }
}

impl Picture {
    /// Lines and columns that it takes.
    pub fn size(&self) -> Size {
        self.drawn.size()
    }

    /// Draws it from one of its lines on, as much of it as there is room for.
    pub fn render(&self, area: Rect, buffer: &mut Buffer, from: u16) {
        let area = area.intersection(buffer.area);
        let y = i16::try_from(from).unwrap_or(i16::MAX);
        SlicedImage::new(&self.drawn, (0, -y).into()).render(area, buffer);
        if matches!(self.drawn, SlicedProtocol::Halfblocks(_)) && !self.true_colour {
            for place in area.positions() {
                let cell = &mut buffer[place];
                (cell.fg, cell.bg) = (indexed(cell.fg), indexed(cell.bg));
            }
        }
    }
}

/// The nearest colour of the cube that terminals with 256 colours have.
fn indexed(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    let [red, green, blue] = [red, green, blue].map(|c| match c {
        0..48 => 0,
        48..115 => 1,
        c => (c - 35) / 40,
    });
    Color::Indexed(16 + 36 * red + 6 * green + blue)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};

    const ROOM: Size = Size::new(32, 12);

    /// An image, the upper half of it red.
    pub(crate) fn image(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let pixel = |_, y| match y < height / 2 {
            true => image::Rgb([255, 0, 0]),
            false => image::Rgb([0, 0, 255]),
        };
        let image = DynamicImage::from(RgbImage::from_fn(width, height, pixel));
        let image = match format {
            ImageFormat::Ico => image.into_rgba8().into(),
            _ => image,
        };
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// As a terminal with any colour and no graphics.
    pub(crate) fn blocks() -> Graphics {
        let variable = |name: &str| (name == "COLORTERM").then(|| "truecolor".into());
        Graphics::of(variable, None, true).unwrap()
    }

    fn drawn(picture: &Picture, from: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 20));
        picture.render(Rect::new(0, 0, 40, 20), &mut buffer, from);
        buffer
    }

    #[test]
    fn an_image_has_its_colours_where_they_belong_and_fits() {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::Bmp,
            ImageFormat::WebP,
            ImageFormat::Ico,
        ] {
            let picture = blocks().picture(&image(200, 200, format), ROOM).unwrap();
            let size = picture.size();
            assert!(
                size.width <= 32 && size.height <= 12 && size.height >= 8,
                "{size:?}"
            );
            let buffer = drawn(&picture, 0);
            let is = |y: u16, red: bool| match buffer[(1, y)].fg {
                Color::Rgb(r, _, b) => (r > b) == red,
                other => panic!("{format:?} {other}"),
            };
            assert!(is(0, true) && is(size.height - 1, false), "{format:?}");
            // Its first lines are scrolled out.
            let buffer = drawn(&picture, size.height - 1);
            assert!(matches!(buffer[(1, 0)].fg, Color::Rgb(r, _, b) if b > r));
            assert_eq!(buffer[(1, 1)].fg, Color::Reset);
        }
        let small = blocks()
            .picture(&image(8, 8, ImageFormat::Png), ROOM)
            .unwrap();
        assert_eq!(small.size(), Size::new(1, 1), "not made larger");
    }

    #[test]
    fn a_bomb_and_what_is_broken_are_errors() {
        let bomb = |width: u32, height: u32| {
            let mut png = image(8, 8, ImageFormat::Png);
            png[16..20].copy_from_slice(&width.to_be_bytes());
            png[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc(&png[12..29]);
            png[29..33].copy_from_slice(&sum.to_be_bytes());
            png
        };
        for (bytes, why) in [
            (bomb(100_000, 100_000), "limit"),
            (bomb(SIDE + 1, 1), "limit"),
            (b"no image at all".to_vec(), "format"),
            (image(64, 64, ImageFormat::Png)[..60].to_vec(), "end"),
        ] {
            let error = blocks().picture(&bytes, ROOM).unwrap_err();
            assert!(error.to_lowercase().contains(why), "{error}");
        }
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let whole = image(40, 40, format);
            for at in (0..whole.len()).step_by(3) {
                let mut broken = whole.clone();
                broken[at] ^= 0x55;
                let _ = blocks().picture(&broken, ROOM);
                let _ = blocks().picture(&whole[..at], ROOM);
            }
        }
    }

    /// The sum of a PNG's chunk.
    fn crc(bytes: &[u8]) -> u32 {
        let byte = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
                1 => crc >> 1 ^ 0xedb8_8320,
                _ => crc >> 1,
            })
        };
        !bytes.iter().fold(u32::MAX, byte)
    }

    #[test]
    fn the_variables_say_what_the_terminal_can() {
        let of = |set: &[(&str, &str)]| {
            protocol(|name| {
                let found = set.iter().find(|(other, _)| *other == name)?;
                Some(found.1.to_owned())
            })
        };
        for (set, wanted) in [
            (&[][..], ProtocolType::Halfblocks),
            (&[("TERM", "xterm-256color")], ProtocolType::Halfblocks),
            (&[("TERM", "xterm-kitty")], ProtocolType::Kitty),
            (&[("TERM_PROGRAM", "ghostty")], ProtocolType::Kitty),
            (&[("TERM", "foot")], ProtocolType::Sixel),
            (&[("TERM_PROGRAM", "iTerm.app")], ProtocolType::Iterm2),
            (
                &[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x")],
                ProtocolType::Halfblocks,
            ),
            (
                &[("TERM", "screen"), ("KITTY_WINDOW_ID", "1")],
                ProtocolType::Halfblocks,
            ),
        ] {
            assert_eq!(of(set), wanted, "{set:?}");
        }
    }

    #[test]
    fn without_colours_there_are_no_half_blocks_and_with_few_the_nearest() {
        assert!(Graphics::of(|_| None, None, false).is_none());
        let kitty = |name: &str| (name == "TERM").then(|| "xterm-kitty".into());
        let graphics = Graphics::of(kitty, Some(FontSize::new(9, 18)), false).unwrap();
        let picture = graphics
            .picture(&image(90, 90, ImageFormat::Png), ROOM)
            .unwrap();
        assert_eq!(picture.size(), Size::new(10, 5));
        let text = drawn(&picture, 0)[(0, 0)].symbol().to_owned();
        assert!(text.starts_with("\u{1b}_G"), "{text:?}");
        // How large a cell is nobody says: graphics could not be placed.
        let blind = Graphics::of(kitty, None, true).unwrap();
        assert_eq!(blind.picker.protocol_type(), ProtocolType::Halfblocks);
        let few = blind
            .picture(&image(90, 90, ImageFormat::Png), ROOM)
            .unwrap();
        assert_eq!(drawn(&few, 0)[(0, 0)].fg, Color::Indexed(196));
    }
}
