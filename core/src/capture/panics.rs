//! Message, place and backtrace of a panic, for the cycle in which it happens.

use super::{agent, handle};
use std::{backtrace::Backtrace, panic, sync::Once};

/// Puts a hook before the one that is there, which is called as before.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // No hook can be set while a panic unwinds this thread: to try it would be one more, and the end of the app.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some((handle, entry)) = handle::current() {
                let payload = info.payload();
                let message = payload
                    .downcast_ref::<&str>()
                    .copied()
                    .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                    .unwrap_or("(a payload that is no text)");
                let at = info.location().map(ToString::to_string).unwrap_or_default();
                // Finding the names of functions takes milliseconds: only where somebody sees them.
                let frames = if agent::wants_bodies() || handle.is_tapped() {
                    own_frames()
                } else {
                    Vec::new()
                };
                if let Some(mut recording) = handle.lock_unless_own() {
                    recording.panicked(entry, message, &at, &frames);
                }
            }
            next(info);
        }));
    });
}

/// A frame of the app's own code.
pub(crate) struct OwnFrame {
    pub(crate) function: String,
    pub(crate) at: String,
    /// Frames of libraries between this one and the one before.
    pub(crate) folded: u64,
}

/// The backtrace folded to the app's own frames, innermost first.
fn own_frames() -> Vec<OwnFrame> {
    fold(&Backtrace::force_capture().to_string())
}

/// Reads the printed form of a backtrace: for each frame its number and function, and below it perhaps `at file:line`.
fn fold(printed: &str) -> Vec<OwnFrame> {
    const MOST: usize = 64;
    let (mut frames, mut folded) = (Vec::new(), 0);
    let mut lines = printed.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((number, function)) = line.trim_start().split_once(": ") else {
            continue;
        };
        if number.parse::<u32>().is_err() {
            continue;
        }
        let at = lines
            .next_if(|next| next.trim_start().starts_with("at "))
            .map(|next| next.trim_start()[3..].to_owned())
            .unwrap_or_default();
        if is_own(function, &at) && frames.len() < MOST {
            frames.push(OwnFrame {
                function: function.to_owned(),
                at,
                folded: std::mem::take(&mut folded),
            });
        } else {
            folded += 1;
        }
    }
    frames
}

/// Whether a frame is the app's: its source is known, and belongs to no library, no toolchain and not to us.
fn is_own(function: &str, at: &str) -> bool {
    const LIBRARIES: [&str; 5] = [
        "/.cargo/registry/",
        "/.cargo/git/",
        "/rustc/",
        "/.rustup/",
        "/vendor/",
    ];
    const OURS: [&str; 4] = ["onionskin::", "<onionskin::", "std::", "core::"];
    at.contains(".rs:")
        && !LIBRARIES.iter().any(|part| at.contains(part))
        && !OURS.iter().any(|name| function.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_cycle_in_a_drop_while_a_panic_unwinds_is_one_without_a_hook() {
        struct Begins;
        impl Drop for Begins {
            fn drop(&mut self) {
                install();
            }
        }
        let unwinds = std::thread::spawn(|| {
            let _begins = Begins;
            panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(unwinds.join().is_err());
    }

    #[test]
    fn a_backtrace_is_folded_to_the_frames_of_the_app() {
        let printed = "\
   0: std::panicking::panic_handler
             at /rustc/5980/library/std/src/panicking.rs:689:5
   1: core::panicking::panic_fmt
             at /rustc/5980/library/core/src/panicking.rs:80:14
   2: shop::pages::trouble::shelf
             at ./src/pages/trouble.rs:98:24
   3: shop::pages::trouble::panic::{{closure}}
             at ./src/pages/trouble.rs:90:5
   4: <F as axum::handler::Handler<(M,),S>>::call::{{closure}}
             at /home/a/.cargo/registry/src/index/axum-0.8.9/src/handler/mod.rs:246:53
   5: onionskin::capture::probe::Frame::poll
             at ./core/src/capture/probe.rs:140:21
   6: shop::main
             at ./src/main.rs:6:5
   7: main
";
        let frames: Vec<_> = fold(printed)
            .into_iter()
            .map(|f| (f.function, f.at, f.folded))
            .collect();
        let frame = |function: &str, at: &str, folded| (function.to_owned(), at.to_owned(), folded);
        assert_eq!(
            frames,
            [
                frame(
                    "shop::pages::trouble::shelf",
                    "./src/pages/trouble.rs:98:24",
                    2
                ),
                frame(
                    "shop::pages::trouble::panic::{{closure}}",
                    "./src/pages/trouble.rs:90:5",
                    0
                ),
                frame("shop::main", "./src/main.rs:6:5", 2),
            ]
        );
    }
}
