//! The UI as it is configured.

use crate::{app::App, pty::Pty};
use portable_pty::CommandBuilder;

/// A terminal of all colours with an inspector that is configured so; the file goes with the second.
fn configured(content: &str) -> (Pty, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    let set = |command: &mut CommandBuilder| {
        command.env("ONIONSKIN_CONFIG", file.path());
        command.env("COLORTERM", "truecolor");
        command.env_remove("NO_COLOR");
        command.env_remove("COLORFGBG");
    };
    (Pty::start_with(set, 120, 40), file)
}

#[test]
fn keys_filter_mouse_and_theme_are_as_configured() {
    let (mut pty, _file) = configured(
        r#"
        theme = "dark"
        mouse = false
        filter = "status:401"
        [keys]
        help = "F1"
        quit = "Q"
        record = "q"
        filter-on-off = ["!"]
        palette = "Alt-p"
        "#,
    );
    pty.wait_for("┌ cycles ─ status:401 ─ 0 match");
    assert!(!pty.has_mouse());
    for entry in [" F1 help ", " Q quit "] {
        pty.wait_for(entry);
    }
    pty.wait_for("● live");
    assert_eq!(pty.colour("●"), Some((0x98, 0xcc, 0x8c)));
    App::connect(&pty.socket).send_all();
    pty.wait_for("answered by auth");
    pty.wait_for("─ 1 match");
    assert!(!pty.screen().contains("/api/stock"), "{}", pty.screen());
    pty.type_keys("!");
    pty.wait_for("/api/stock");
    pty.type_keys("?");
    pty.type_keys("\x1bOP");
    pty.wait_for("these keys");
    pty.type_keys("\x1bOP");
    pty.wait_until_gone("these keys");
    pty.type_keys("\x1bp");
    pty.wait_for("commands ─ Enter does it");
    pty.type_keys("mouse\r");
    pty.wait_until_gone("commands ─ Enter does it");
    pty.wait_for("the mouse is for the panes again");
    assert!(pty.has_mouse());
    pty.type_keys("Q");
    assert!(pty.ended_well());
}

#[test]
fn control_c_quits_also_where_no_key_is_to() {
    let (mut pty, _file) = configured("keys.quit = []");
    pty.wait_for("No cycle yet");
    pty.wait_for(" Ctrl-C quit ");
    pty.type_keys("q");
    pty.type_keys("?");
    pty.wait_for("these keys");
    pty.type_keys("\x03");
    assert!(pty.ended_well());
}

#[test]
fn a_wrong_file_is_said_before_the_terminal_is_touched() {
    let (mut pty, file) = configured("\nthme = 1");
    pty.wait_for("did you mean `theme`?");
    assert_eq!(pty.exit_code(), 2);
    let said = format!(
        "{}:2:1: thme: there is no such setting",
        file.path().display()
    );
    assert!(
        pty.screen().replace('\n', "").contains(&said),
        "{}",
        pty.screen()
    );
    assert!(!pty.was_steered());
}

#[test]
fn times_of_day_are_those_of_the_zone() {
    let mut pty = Pty::start_with(|command| command.env("TZ", "EST5"), 120, 30);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send_all();
    pty.wait_for("07:01:07.291");
    pty.type_keys("q");
    assert!(pty.ended_well());
}
