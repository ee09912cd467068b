//! The colours of the themes that have their own. Each is written twice: in full, and as the entry of a terminal's 256 that
//! stands for it. The background stays the terminal's: the texts can be read on every usual one (a test says on which).

use ratatui::style::Color;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hue {
    /// What has the focus, names, what is neither good nor bad.
    Accent,
    /// All is well; what came.
    Good,
    /// Something needs a look; what changed.
    Warn,
    /// It failed; what went.
    Bad,
    /// Numbers, the way out.
    Violet,
    /// Words, the way in.
    Blue,
}

impl Hue {
    /// That of the terminal's sixteen.
    pub(super) const fn sixteen(self) -> Color {
        match self {
            Self::Accent => Color::Cyan,
            Self::Good => Color::Green,
            Self::Warn => Color::Yellow,
            Self::Bad => Color::Red,
            Self::Violet => Color::Magenta,
            Self::Blue => Color::Blue,
        }
    }
}

/// A colour, and its like among 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shade(pub(super) u32, pub(super) u8);

/// The colours of a theme.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Palette {
    pub(super) accent: Shade,
    pub(super) good: Shade,
    pub(super) warn: Shade,
    pub(super) bad: Shade,
    pub(super) violet: Shade,
    pub(super) blue: Shade,
    /// Text that is beside the point.
    pub(super) dim: Shade,
    /// A border without the focus.
    pub(super) border: Shade,
    /// Text and background of the selected line.
    pub(super) selected: (Shade, Shade),
}

impl Palette {
    pub(super) const fn shade(&self, hue: Hue) -> Shade {
        match hue {
            Hue::Accent => self.accent,
            Hue::Good => self.good,
            Hue::Warn => self.warn,
            Hue::Bad => self.bad,
            Hue::Violet => self.violet,
            Hue::Blue => self.blue,
        }
    }
}

pub(super) const DARK: Palette = Palette {
    accent: Shade(0x7c_c7_e8, 117),
    good: Shade(0x98_cc_8c, 114),
    warn: Shade(0xe6_c3_7a, 222),
    bad: Shade(0xf2_9b_96, 217),
    violet: Shade(0xc8_ae_f0, 183),
    blue: Shade(0x9c_bc_f7, 153),
    dim: Shade(0xa3_ad_bd, 248),
    border: Shade(0x5b_66_79, 240),
    selected: (Shade(0xe6_ea_f2, 255), Shade(0x2d_3f_5e, 237)),
};

pub(super) const LIGHT: Palette = Palette {
    accent: Shade(0x0b_6a_93, 24),
    good: Shade(0x2d_6a_2c, 22),
    warn: Shade(0x7d_54_00, 58),
    bad: Shade(0xb0_26_1f, 124),
    violet: Shade(0x71_38_a0, 54),
    blue: Shade(0x29_52_b3, 25),
    dim: Shade(0x59_62_73, 240),
    border: Shade(0xa9_b1_bf, 248),
    selected: (Shade(0x1b_21_30, 235), Shade(0xd3_e2_f7, 254)),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Backgrounds of usual terminals: black, Catppuccin Mocha, Dracula, Solarized, Monokai, Gruvbox, Nord.
    const DARKS: [u32; 7] = [
        0x00_00_00, 0x1e_1e_2e, 0x28_2a_36, 0x00_2b_36, 0x27_28_22, 0x28_28_28, 0x2e_34_40,
    ];
    /// White, Solarized, Gruvbox, Catppuccin Latte.
    const LIGHTS: [u32; 4] = [0xff_ff_ff, 0xfd_f6_e3, 0xfb_f1_c7, 0xef_f1_f5];

    /// What WCAG 2.2 asks of text (1.4.3) and of what is not text (1.4.11).
    const TEXT: f64 = 4.5;
    const OTHER: f64 = 3.0;

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(rgb: u32) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from((rgb >> shift) & 0xff) / 255.0;
            match value <= 0.04045 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// What xterm shows for an entry of its 256 beyond the sixteen.
    fn indexed(entry: u8) -> u32 {
        let levels = [0, 95, 135, 175, 215, 255];
        let [r, g, b] = match u32::from(entry) {
            grey @ 232.. => [8 + 10 * (grey - 232); 3],
            cube => {
                let at = cube.checked_sub(16).expect("one of the sixteen") as usize;
                [at / 36, at / 6 % 6, at % 6].map(|level| levels[level])
            }
        };
        r << 16 | g << 8 | b
    }

    /// The texts of a palette, and its border, in both ways of writing them.
    fn checked(palette: &Palette, backgrounds: &[u32]) {
        let Palette {
            accent,
            good,
            warn,
            bad,
            violet,
            blue,
            dim,
            border,
            selected: (text, line),
        } = *palette;
        for shown in [|shade: Shade| shade.0, |shade: Shade| indexed(shade.1)] {
            for shade in [accent, good, warn, bad, violet, blue, dim, text] {
                for on in backgrounds.iter().copied().chain([shown(line)]) {
                    let found = contrast(shown(shade), on);
                    assert!(found >= TEXT, "{shade:x?} on {on:06x}: {found:.2}");
                }
            }
            for on in backgrounds {
                let focused = contrast(shown(accent), *on);
                assert!(focused >= OTHER, "focus on {on:06x}: {focused:.2}");
                // A border is there for the eye: it recedes, and is to be seen.
                let found = contrast(shown(border), *on);
                assert!((1.5..focused).contains(&found), "{on:06x}: {found:.2}");
            }
        }
    }

    #[test]
    fn contrast_is_what_wcag_says_it_is() {
        assert!((contrast(0x00_00_00, 0xff_ff_ff) - 21.0).abs() < 1e-9);
        assert!((contrast(0x77_77_77, 0xff_ff_ff) - 4.48).abs() < 0.005);
        assert_eq!(
            [indexed(16), indexed(117), indexed(255)],
            [0, 0x87_d7_ff, 0xee_ee_ee]
        );
    }

    #[test]
    fn every_text_can_be_read_on_the_usual_backgrounds_and_on_the_selected_line() {
        checked(&DARK, &DARKS);
        checked(&LIGHT, &LIGHTS);
    }
}
