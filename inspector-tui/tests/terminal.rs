//! The `onionskin` command in a real pseudo-terminal, fed through its socket.
//!
//! - `app`: an app that speaks JSON on the link
//! - `pty`: a terminal with a command in it, and what it shows; `start`: the command, started
//! - `config`: the UI as it is configured
//! - `ends`: who is killed, and what is left; `quiet`: what is drawn when nothing happens, and when very much does
//! - here: what a user does; `programs` with an editor and a pager, `mouse` with what is dragged,
//!   `picture` with an image

#[path = "terminal/app.rs"]
mod app;
#[path = "terminal/config.rs"]
mod config;
#[path = "terminal/ends.rs"]
mod ends;
#[path = "terminal/mouse.rs"]
mod mouse;
#[path = "terminal/picture.rs"]
mod picture;
#[path = "terminal/programs.rs"]
mod programs;
#[path = "terminal/pty.rs"]
mod pty;
#[path = "terminal/quiet.rs"]
mod quiet;
#[path = "terminal/start.rs"]
mod start;

use app::App;
use pty::Pty;
use start::onionskin;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

#[test]
fn a_cycle_is_listed_opened_and_stepped_through() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    let mut app = App::connect(&pty.socket);
    app.send_all();
    pty.wait_for("/cart/items");
    pty.wait_for("answered by auth");
    // The last of them: keys move among those that are there.
    pty.wait_for("/api/stock");
    pty.type_keys("k");
    pty.wait_for("▶ ");
    pty.type_keys("kk\r");
    pty.wait_for("step 1/10");
    pty.wait_for("never ran");
    pty.type_keys("\x1b[C\x1b[C");
    pty.wait_for("step 3/10");
    pty.wait_for("+ x-request-id: 0190-80");
    pty.wait_for("← request-id");
    pty.type_keys("\x1b[F");
    pty.wait_for("step 10/10");
    pty.type_keys("?");
    pty.wait_for("these keys");
    pty.type_keys("\x1b");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_filter_is_completed_entered_and_switched_off() {
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    pty.type_keys("/sta");
    pty.wait_for("Tab takes one");
    pty.wait_for("status");
    pty.type_keys("\x15nonsense:1");
    pty.wait_for("not understood");
    // What is wrong is not entered.
    pty.type_keys("\r\x15stat");
    pty.wait_for("Tab takes one");
    pty.type_keys("\t");
    pty.wait_for("/ status");
    pty.type_keys("\x15status:401\r");
    pty.wait_for("─ status:401 ─ 0 match");
    App::connect(&pty.socket).send_all();
    pty.wait_for("answered by auth");
    pty.wait_for("─ 1 match");
    assert!(!pty.screen().contains("/api/stock"), "{}", pty.screen());
    pty.type_keys("\\");
    pty.wait_for("off: status:401");
    pty.wait_for("/api/stock");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_cycle_is_exported_beside_what_is_there_already() {
    let here = tempfile::tempdir().unwrap();
    let mut pty = Pty::start_in(here.path(), 120, 40);
    pty.wait_for("No cycle yet");
    let mut app = App::connect(&pty.socket);
    app.send_all();
    pty.wait_for("/api/stock");
    pty.type_keys("k");
    pty.wait_for("▶ ");
    let newest = &app::cycles()[3].id;
    let names = [
        format!("onionskin-{newest}.har"),
        format!("onionskin-{newest}-2.har"),
    ];
    for name in &names {
        pty.type_keys("x");
        pty.wait_for("export as");
        pty.type_keys("har\r");
        pty.wait_for(&format!("{name} is in /"));
        let file = std::fs::File::open(here.path().join(name)).unwrap();
        let har: serde_json::Value = serde_json::from_reader(file).unwrap();
        let entries = har["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1);
        let url = entries[0]["request"]["url"].as_str().unwrap();
        assert!(url.ends_with("/api/stock"), "{url}");
    }
    pty.type_keys("5");
    pty.wait_for(&names[0]);
    pty.wait_for(&names[1]);
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_click_opens_a_cycle_and_the_mouse_is_released_and_given_back() {
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    let mut app = App::connect(&pty.socket);
    app.send_all();
    pty.wait_for("/api/stock");
    assert!(pty.has_mouse());
    let screen = pty.screen();
    let at = |line: &str| line.contains("/cart/items");
    pty.click(1 + screen.lines().position(at).expect(&screen), 20);
    pty.wait_for("─ 2 newer below");
    pty.wait_for("POST /cart/items ─");
    pty.type_keys("M");
    pty.wait_for("M takes it back");
    assert!(!pty.has_mouse());
    pty.type_keys("M");
    pty.wait_for("for the panes again");
    assert!(pty.has_mouse());
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn control_c_gives_the_terminal_back() {
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    pty.type_keys("\x03");
    assert!(pty.ended_well());
}

/// Not a test of its own: what the next one runs in a terminal. One task panics, and the UI goes on; then the loop's own
/// task does.
#[test]
fn panics_in_a_terminal() {
    if std::env::var_os("PANIC_IN_A_TERMINAL").is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(async { panic!("some other task") });
    let config = onionskin_tui::RunConfig {
        url: "http://127.0.0.1:1/#token=none".into(),
        notices: vec!["notice".into()],
        ..Default::default()
    };
    let shutdown = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        panic!("the task of the loop");
    };
    let _ = runtime.block_on(onionskin_tui::run(config, shutdown));
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_read_afterwards() {
    let pty = Pty::panicking(80, 24);
    pty.wait_for("notice");
    pty.wait_for("no answer");
    assert!(
        !pty.screen().contains("some other task"),
        "{}",
        pty.screen()
    );
    pty.wait_for("some other task");
    pty.wait_for("the task of the loop");
    pty.gave_back();
}

#[test]
fn a_new_size_is_drawn_and_hostile_text_steers_nothing() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send_all();
    pty.wait_for("/panic");
    assert!(pty.screen().contains(r"\u{9b}2J"), "{}", pty.screen());
    pty.resize(200, 50);
    pty.wait_for("/panic?\\u{9b}2J\\u{202e}gpj.exe");
    pty.wait_for("#token=");
    assert_eq!(pty.title(), "", "the title is the user's");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

/// The program that opens a browser is one that keeps what it was given: its argument, and the file that this names.
#[test]
fn a_browser_gets_the_token_and_the_list_of_processes_does_not() {
    let programs = tempfile::tempdir().unwrap();
    let kept = |name: &str| programs.path().join(name);
    for name in ["xdg-open", "open"] {
        let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit\n\
             printf %s \"$*\" > argument.new\ncat \"${1#file://}\" > page\nmv argument.new argument\n";
        std::fs::write(kept(name), script).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(kept(name), executable).unwrap();
    }
    let mut pty = Pty::start_with_programs(programs.path(), 80, 24);
    pty.wait_for("No cycle yet");
    pty.type_keys("o");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !kept("argument").exists() {
        assert!(std::time::Instant::now() < end, "nothing was opened");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let argument = std::fs::read_to_string(kept("argument")).unwrap();
    let directory = pty.socket.parent().unwrap();
    let path = argument.strip_prefix("file://").unwrap();
    assert!(path.starts_with(directory.to_str().unwrap()), "{argument}");
    let running = onionskin_web::running(&pty.socket).unwrap();
    let token = running.url.split_once('#').unwrap().1;
    assert!(!argument.contains(token));
    let page = std::fs::read_to_string(kept("page")).unwrap();
    assert!(page.contains(&running.url), "{page}");
    pty.type_keys("q");
    assert!(pty.ended_well());
    assert!(!std::path::Path::new(path).exists(), "it went with the UI");
}

#[test]
fn a_second_one_says_where_the_first_one_is_and_can_attach() {
    let mut first = Pty::start(&[], 80, 24);
    first.wait_for("No cycle yet");
    let second = onionskin(&first.socket)
        .args(["--headless", "--port", "0"])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("running already"), "{said}");
    assert!(said.contains("#token="), "{said}");
    assert!(said.contains("onionskin attach"), "{said}");

    let mut third = Pty::attach(&first, 80, 24);
    third.wait_for("No cycle yet");
    App::connect(&first.socket).send_all();
    third.wait_for("/cart/items");
    first.wait_for("/cart/items");
    third.type_keys("q");
    assert!(third.ended_well());
    first.type_keys("q");
    assert!(first.ended_well());
}

#[test]
fn an_app_is_started_its_output_shown_and_ended_with_the_ui() {
    let script = "echo listening at $ONIONSKIN_SOCKET; echo $$; sleep 1000 & wait";
    let mut pty = Pty::start_app(&["sh", "-c", script], 100, 30);
    pty.wait_for("listening at");
    pty.wait_for("app  (O hides it)");
    App::connect(&pty.socket).send_all();
    pty.wait_for("/cart/items");
    let screen = pty.screen();
    let pid = screen
        .lines()
        .find_map(|line| line.trim_matches(['│', ' ']).parse::<i32>().ok());
    let group = rustix::process::Pid::from_raw(pid.expect(&screen)).unwrap();
    assert!(rustix::process::test_kill_process_group(group).is_ok());
    pty.type_keys("O");
    pty.wait_until_gone("listening at");
    pty.type_keys("O");
    pty.wait_for("listening at");
    pty.type_keys("q");
    assert!(pty.ended_well());
    // What the app started is buried by others, when they come to it.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while rustix::process::test_kill_process_group(group).is_ok() {
        assert!(
            std::time::Instant::now() < end,
            "what the app started goes on"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn an_app_that_ends_says_how_and_its_code_is_passed_on() {
    let mut pty = Pty::start_app(&["sh", "-c", "echo no port >&2; exit 7"], 80, 24);
    pty.wait_for("ended, exit status: 7");
    pty.wait_for("no port");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 7);

    let dir = start::socket_dir();
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_onionskin"))
            .args(args)
            .env("ONIONSKIN_SOCKET", dir.path().join("link.sock"))
            .env("ONIONSKIN_CONFIG", start::NOTHING)
            .output()
            .unwrap()
    };
    let output = run(&["run", "--port", "0", "--", "sh", "-c", "echo said; exit 7"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(7) && said.contains("said\n"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    let output = run(&["run", "--port", "0", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(output.status.code(), Some(137));
    let output = run(&["run", "--port", "0", "--", "./no-such-app"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && said.contains("can't start ./no-such-app"),
        "{said}"
    );
}

#[test]
fn the_cycles_of_an_app_that_is_started_are_lines_from_the_first_on() {
    let dir = start::socket_dir();
    let socket = dir.path().join("link.sock");
    let running = Command::new(env!("CARGO_BIN_EXE_onionskin"))
        .args(["run", "--port", "0", "--", "sh", "-c"])
        // It ends when its cycles are there.
        .arg("while ! test -e sent; do sleep 0.1; done; sleep 1")
        .env("ONIONSKIN_SOCKET", &socket)
        .env("ONIONSKIN_CONFIG", start::NOTHING)
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    App::connect(&socket).send_all();
    std::fs::write(dir.path().join("sent"), "").unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), app::cycles().len(), "{lines}");
}

#[test]
fn headless_json_prints_whole_cycles_and_ends_after_the_count() {
    let dir = start::socket_dir();
    let socket = dir.path().join("link.sock");
    let mut child = onionskin(&socket)
        .args(["--headless", "--json", "--count", "2", "--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(
        line.contains("http://127.0.0.1:") && line.contains("#token="),
        "{line}"
    );
    let mut app = App::connect(&socket);
    app.send_all();
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(child.wait().unwrap().success());
    let cycles: Vec<onionskin::wire::Cycle> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cycles, app::cycles()[..2]);
}

#[test]
fn headless_ends_quietly_when_nobody_reads() {
    let dir = start::socket_dir();
    let socket = dir.path().join("link.sock");
    let mut child = onionskin(&socket)
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("no terminal"), "{line}");
    said.read_line(&mut line).unwrap();
    drop(child.stdout.take());
    App::connect(&socket).send_all();
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn what_is_wrong_with_the_arguments_is_said() {
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_onionskin"))
            .args(args)
            .env("ONIONSKIN_CONFIG", start::NOTHING)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = run(&["--nonsense"]);
    assert!(code == 2 && said.contains("--nonsense"), "{said}");
    let (code, said) = run(&["attach", "http://127.0.0.1:1/"]);
    assert!(code == 2 && said.contains("#token="), "{said}");
    let dir = start::socket_dir();
    let socket = dir.path().join("none.sock");
    let (code, said) = run(&["attach", "--socket", socket.to_str().unwrap()]);
    assert!(code == 1 && said.contains("no inspector"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_cycle_is_printed_as_a_timeline() {
    let dir = start::socket_dir();
    let config = onionskin_web::Config {
        socket: dir.path().join("link.sock"),
        port: 0,
        ..onionskin_web::Config::default()
    };
    let inspector = onionskin_web::start(config).await.unwrap();
    let url = inspector.url();
    let timeline = |id| onionskin_tui::headless::timeline(url, id);
    assert_eq!(timeline(None).await.unwrap(), None);
    assert_eq!(timeline(Some("none")).await.unwrap(), None);
    let socket = inspector.socket().to_owned();
    let app = tokio::task::spawn_blocking(move || {
        let mut app = App::connect(&socket);
        app.send_all();
        app
    });
    let app = app.await.unwrap();
    let newest = &app::cycles()[3];
    let last = Some(onionskin::text::timeline(newest).to_string());
    while timeline(None).await.unwrap() != last {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(timeline(Some(&newest.id)).await.unwrap(), last);
    drop(app);
    inspector.shutdown().await;
}
