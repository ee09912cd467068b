//! What is drawn when nothing happens, and when very much does.

use crate::{app::App, pty::Pty};
use std::time::Duration;

#[test]
fn nothing_is_written_while_nothing_happens() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send_all();
    pty.wait_for("/api/stock");
    for keys in ["k\r", "", "2", "3", "4"] {
        pty.type_keys(keys);
        pty.settle();
        let before = pty.written();
        std::thread::sleep(Duration::from_secs(2));
        let more = pty.raw(before);
        assert_eq!(String::from_utf8_lossy(&more), "", "after {keys:?}");
    }
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_storm_of_sizes_ends_with_one_right_screen() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send_all();
    pty.wait_for("/api/stock");
    pty.settle();
    let lines = |pty: &Pty| -> Vec<String> {
        let screen = pty.screen();
        screen
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let before = lines(&pty);
    for n in 0..400 {
        pty.resize(20 + n * 37 % 230, 1 + n * 11 % 60);
    }
    pty.resize(80, 24);
    pty.settle();
    assert_eq!(lines(&pty), before);
    pty.type_keys("?");
    pty.wait_for("these keys");
    pty.type_keys("?q");
    assert!(pty.ended_well());
}

/// A terminal that is smaller for a moment has lost what was cut off, and nobody was told of another size.
#[test]
fn what_a_terminal_lost_is_drawn_again_when_it_has_its_old_size() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    pty.settle();
    let before = pty.screen();
    pty.blank();
    assert_eq!(pty.screen().trim(), "");
    pty.signal("WINCH");
    pty.wait_for("No cycle yet");
    pty.settle();
    assert_eq!(pty.screen(), before);
    pty.type_keys("q");
    assert!(pty.ended_well());
}
