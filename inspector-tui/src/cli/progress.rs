//! A bar on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar; it draws nothing where nobody sees it.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// For cycles, of a number that is known.
    pub(super) fn of_cycles() -> Self {
        let bar = ProgressBar::new(0);
        bar.set_style(style(
            "{wide_bar} {human_pos}/{human_len} cycles, {eta} left",
        ));
        Self(bar)
    }

    /// For bytes, of which nobody knows how many will come.
    pub(super) fn of_bytes() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(style("{spinner} {binary_bytes}, {binary_bytes_per_sec}"));
        Self(bar)
    }

    pub(super) fn at(&mut self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    pub(super) fn more(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Takes it off the screen.
    pub(super) fn end(self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is one")
}
