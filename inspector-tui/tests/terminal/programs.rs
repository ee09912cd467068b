//! The terminal, left to an editor or a pager for a while. They are scripts here, which say what they were given.

use crate::{app, pty::Pty};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

/// What a program does: keeps its arguments, what is in its last one and who may read that, then waits for a line.
const KEEPS: &str = r#"
for last; do :; done
cp "$last" file; ls -l "$last" | cut -c1-10 > mode
printf '%s\n' "$@" > arguments
echo "IT HAS THE TERMINAL: $0"
read -r line && printf %s "$line" > typed
"#;

/// A directory with a program in it, which runs there.
fn program(name: &str, script: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    let script = format!(
        "#!/bin/sh\ncd '{}' || exit\n{script}",
        directory.path().display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    directory
}

fn kept(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).unwrap()
}

/// The UI with these variables, a cycle with bodies open in it.
fn started(here: &Path, variables: &[(&str, &str)]) -> Pty {
    let set = |command: &mut portable_pty::CommandBuilder| {
        command.cwd(here);
        for name in ["VISUAL", "EDITOR", "PAGER"] {
            command.env_remove(name);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
    };
    let mut pty = Pty::start_with(set, 120, 40);
    pty.wait_for("No cycle yet");
    pty.open_first();
    pty
}

fn end(mut pty: Pty) {
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_body_is_edited_and_the_keys_are_the_editors() {
    let programs = program("my editor", KEEPS);
    let editor = format!("'{}/my editor' --wait", programs.path().display());
    let mut pty = started(programs.path(), &[("VISUAL", &editor), ("EDITOR", "none")]);
    // The step at which the view answered, its message, and down to its body.
    pty.type_keys("eeeeeeee");
    pty.type_keys("]]]]]");
    pty.wait_for("<h1>The Onion</h1>");
    pty.type_keys("\r");
    pty.type_keys("\x1b[6~");
    pty.type_keys("i");
    pty.wait_for("IT HAS THE TERMINAL");
    pty.gave_back();
    // A key of the UI's that would end it.
    pty.type_keys("q and more\r");
    pty.wait_for("<h1>The Onion</h1>");
    let body = &app::cycles()[0].bodies[0].head.0;
    assert_eq!(kept(&programs, "file").as_bytes(), body.as_slice());
    assert_eq!(kept(&programs, "typed"), "q and more");
    assert_eq!(kept(&programs, "mode").trim(), "-rw-------");
    let arguments = kept(&programs, "arguments");
    let (wait, path) = arguments.trim().split_once('\n').unwrap();
    assert!(wait == "--wait" && path.ends_with(".html"), "{arguments}");
    assert!(pty.has_mouse(), "the UI has the terminal again");
    assert!(Path::new(path).exists());
    end(pty);
    assert!(!Path::new(path).exists(), "it went with the UI");
}

#[test]
fn a_pager_shows_the_step_and_an_interrupt_is_meant_for_it() {
    let waits = "trap 'echo INTERRUPTED > said; exit 3' INT\ncat \"$1\" > file\n\
                 echo IT WAITS\nwhile :; do sleep 0.1; done";
    let programs = program("pager", waits);
    let pager = programs.path().join("pager");
    let mut pty = started(programs.path(), &[("PAGER", pager.to_str().unwrap())]);
    pty.wait_for("+ host: ");
    pty.type_keys("p");
    pty.wait_for("IT WAITS");
    pty.resize(100, 30);
    pty.type_keys("\x03");
    // How it ended is said, and the screen has its new size.
    pty.wait_for("pager ended, exit status: 3");
    assert_eq!(kept(&programs, "said"), "INTERRUPTED\n");
    let text = kept(&programs, "file");
    assert!(text.starts_with("GET /books/7?full=1, step 1:"), "{text}");
    assert!(
        text.contains("\nrequest\n") && text.contains("host: "),
        "{text}"
    );
    pty.type_keys("\x1b[C");
    pty.wait_for("step 2/16");
    end(pty);
}

#[test]
fn a_program_that_does_not_start_is_said_and_the_ui_goes_on() {
    let here = tempfile::tempdir().unwrap();
    let mut pty = started(
        here.path(),
        &[("PAGER", "./no-such-pager -R"), ("EDITOR", "'")],
    );
    pty.type_keys("p");
    pty.wait_for("can't start ./no-such-pager: No such file");
    pty.wait_for("PAGER say what to start");
    pty.type_keys("i");
    pty.wait_for("EDITOR is no command: '");
    pty.type_keys("d");
    pty.wait_for("EDITOR is no command");
    pty.type_keys("\x1b[C");
    pty.wait_for("step 2/16");
    end(pty);
}

#[test]
fn the_source_of_a_row_is_shown_at_its_line() {
    let programs = program("nano", KEEPS);
    let editor = programs.path().join("nano");
    let mut pty = started(programs.path(), &[("EDITOR", editor.to_str().unwrap())]);
    pty.type_keys("\x1b[C\x1b[C\x1b[C");
    pty.wait_for("step 4/16");
    pty.type_keys("d");
    pty.wait_for("src/main.rs is not in /");
    let source = programs.path().join("src/main.rs");
    fs::create_dir(source.parent().unwrap()).unwrap();
    fs::write(&source, "fn main() {}\n").unwrap();
    let screen = pty.screen();
    let line = screen.split("src/main.rs:").nth(1).expect(&screen);
    let line: String = line.chars().take_while(char::is_ascii_digit).collect();
    pty.type_keys("d");
    pty.wait_for("IT HAS THE TERMINAL");
    pty.type_keys("\r");
    pty.wait_for("step 4/16");
    let told = format!("+{line}\n{}\n", source.canonicalize().unwrap().display());
    assert_eq!(kept(&programs, "arguments"), told);
    end(pty);
}

#[test]
fn a_program_ends_with_the_ui() {
    let waits = "trap 'echo TERMINATED > said; exit' TERM\necho IT WAITS\n\
                 while :; do sleep 0.1; done";
    let programs = program("pager", waits);
    let pager = programs.path().join("pager");
    let mut pty = started(programs.path(), &[("PAGER", pager.to_str().unwrap())]);
    pty.type_keys("p");
    pty.wait_for("IT WAITS");
    pty.signal("TERM");
    assert!(pty.ended_well());
    assert_eq!(kept(&programs, "said"), "TERMINATED\n");
}
