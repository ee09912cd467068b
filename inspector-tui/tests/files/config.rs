//! The configuration: who counts more, where it is, what is said of a wrong one.

use crate::command::Place;
use std::{fs, process::Output};
use toml::Table;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Place {
    fn configured(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What counts, with these variables instead of whatever the tests have.
    fn counts(&self, args: &[&str], variables: &[(&str, &str)]) -> Table {
        let output = self.printed(args, variables);
        assert!(output.status.success(), "{output:?}");
        text(output.stdout).parse().unwrap()
    }

    fn printed(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(&[&["--print-config"], args].concat());
        for name in [
            "ONIONSKIN_CONFIG",
            "ONIONSKIN_SOCKET",
            "NO_COLOR",
            "LC_ALL",
            "LC_CTYPE",
            "LANG",
        ] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).output().unwrap()
    }
}

#[test]
fn the_command_line_beats_the_environment_and_that_the_file() {
    let place = Place::new();
    let file = place.configured(
        "mine.toml",
        "theme = \"dark\"\nsocket = \"/file\"\nport = 1\nmemory = 1\nkeys.browser = \"f\"",
    );
    let of_file = [("ONIONSKIN_CONFIG", &*file)];
    let of_environment = [
        of_file[0],
        ("NO_COLOR", "1"),
        ("ONIONSKIN_SOCKET", "/environment"),
    ];
    let of_line = [
        "--theme", "light", "--socket", "/line", "--port", "3", "--memory", "3", "--ascii",
    ];
    for (args, variables, theme, socket, port, memory, ascii) in [
        (&[][..], &of_file[..], "dark", "/file", 1, 1, false),
        (&[], &of_environment, "none", "/environment", 1, 1, false),
        (&of_line, &of_environment, "light", "/line", 3, 3, true),
    ] {
        let counts = place.counts(args, variables);
        assert_eq!(counts["theme"].as_str(), Some(theme));
        assert_eq!(counts["socket"].as_str(), Some(socket));
        assert_eq!(counts["port"].as_integer(), Some(port));
        assert_eq!(counts["memory"].as_integer(), Some(memory));
        assert_eq!(counts["ascii"].as_bool(), Some(ascii));
        assert_eq!(counts["keys"]["browser"][0].as_str(), Some("f"));
    }
    let counts = place.counts(&[], &[]);
    assert_eq!(counts["theme"].as_str(), Some("auto"));
    assert_eq!(counts["port"].as_integer(), Some(7335));
    let counts = place.counts(&[], &[("LANG", "de_DE.ISO-8859-1")]);
    assert_eq!(counts["ascii"].as_bool(), Some(true));
}

#[test]
fn the_file_is_found_where_it_is_said_to_be() {
    let place = Place::new();
    let named = place.configured("named.toml", "port = 1");
    let by_environment = place.configured("environment.toml", "port = 2");
    place.configured("xdg/onionskin/config.toml", "port = 3");
    place.configured("home/.config/onionskin/config.toml", "port = 4");
    let (home, xdg) = (place.path("home"), place.path("xdg"));
    let home = ("HOME", home.to_str().unwrap());
    let xdg = ("XDG_CONFIG_HOME", xdg.to_str().unwrap());
    let all = [home, xdg, ("ONIONSKIN_CONFIG", &by_environment)];
    let here = ("HOME", "/nowhere");
    for (args, variables, port, source) in [
        (&["--config", &named][..], &all[..], 1, "/named.toml"),
        (&[], &all, 2, "/environment.toml"),
        (&[], &all[..2], 3, "xdg/onionskin/config.toml"),
        (
            &[],
            &[home, ("XDG_CONFIG_HOME", "")],
            4,
            "home/.config/onionskin/config.toml",
        ),
        (
            &[],
            &[here, ("XDG_CONFIG_HOME", "")],
            7335,
            "config.toml is not there",
        ),
    ] {
        let said = text(place.printed(args, variables).stdout);
        let counts: Table = said.parse().unwrap();
        assert_eq!(counts["port"].as_integer(), Some(port), "{said}");
        let from = said.lines().find(|line| line.starts_with("# File: "));
        assert!(from.unwrap().ends_with(source), "{said}");
    }
}

#[test]
fn what_is_printed_is_read_back_as_the_same() {
    let place = Place::new();
    let file = place.configured(
        "mine.toml",
        "filter = \"path:'\\\\' # no\"\nkeys = { quit = [], up = \"w\" }",
    );
    let printed = place.out(&["--config", &file, "--theme", "16", "--print-config"]);
    let again = place.configured("again.toml", &printed);
    let rest = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    let printed_again = place.out(&["--config", &again, "--print-config"]);
    assert_eq!(rest(&printed_again), rest(&printed));
    let schema = place.out(&["--print-config-schema"]);
    assert_eq!(schema, include_str!("../../../docs/config.schema.json"));
}

#[test]
fn a_wrong_file_is_said_with_line_and_column_by_whoever_needs_it() {
    let place = Place::new();
    let file = place.configured(
        "bad.toml",
        "port = 0\n[keys]\nup = \"w\"\nopne = \"o\"\ndown = \"w\"\n",
    );
    for args in [
        &[][..],
        &["--headless"],
        &["--print-config"],
        &["--print-keys"],
        &["attach"],
        &["run", "--", "true"],
        &["tail"],
        &["show", "last"],
        &["record", "new.onionskin"],
        &["open", "none.onionskin"],
        &["export"],
        &["send", "http://127.0.0.1:1"],
    ] {
        let output = place
            .command(args)
            .env("ONIONSKIN_CONFIG", &file)
            .output()
            .unwrap();
        let said = text(output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let lines: Vec<_> = said.lines().collect();
        let [first, unknown, twice] = lines[..] else {
            panic!("{args:?}: {said}")
        };
        assert_eq!(first, "onionskin: the configuration is not understood");
        let wanted = format!("{file}:4:1: keys.opne: no command has this name");
        assert!(
            unknown.starts_with(&wanted) && unknown.contains("`open`"),
            "{said}"
        );
        let wanted =
            format!("{file}:5:8: keys.down: `w` in line 5 is bound to `up` in line 3 already");
        assert_eq!(twice, wanted);
    }
    for args in [
        &["man"][..],
        &["completions", "bash"],
        &["--print-config-schema"],
        &["help"],
    ] {
        let output = place
            .command(args)
            .env("ONIONSKIN_CONFIG", &file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?} needs no configuration");
    }
    for args in [
        &["--config", "none.toml", "--print-keys"][..],
        &["tail", "--config", "none.toml"],
        &["--config", "none.toml", "tail"],
    ] {
        let output = place.run(args);
        let said = text(output.stderr);
        let wanted = "onionskin: can't read the configuration none.toml: No such file or directory";
        assert!(said.starts_with(wanted), "{args:?}: {said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn the_socket_of_the_file_is_where_an_inspector_is_looked_for() {
    let place = Place::new();
    let file = place.configured("mine.toml", "socket = \"/tmp/of-the-file/link.sock\"");
    for args in [
        &["tail"][..],
        &["show", "last"],
        &["attach"],
        &["export", "-f", "har"],
        &["send", "http://127.0.0.1:1"],
    ] {
        let output = place
            .command(args)
            .env("ONIONSKIN_CONFIG", &file)
            .env_remove("ONIONSKIN_SOCKET")
            .output()
            .unwrap();
        let said = text(output.stderr);
        assert!(
            said.contains("no inspector is running on /tmp/of-the-file/link.sock"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn the_keys_that_are_printed_are_those_that_count() {
    let place = Place::new();
    let file = place.configured(
        "mine.toml",
        "[keys]\nup = [\"w\", \"Alt-Up\"]\nbrowser = \"f\"\nmouse = []\nquit = \"Q\"",
    );
    let keys = place.out(&["--config", &file, "--print-keys"]);
    let keys_of = |name: &str| {
        let line = keys
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == name));
        let (keys, _) = line.unwrap().split_once(&format!("  {name} ")).unwrap();
        keys.trim_end().to_owned()
    };
    for (name, expected) in [
        ("up", "w Alt-Up"),
        ("browser", "f"),
        ("freeze", "-"),
        ("mouse", "-"),
        ("quit", "Q Ctrl-C"),
    ] {
        assert_eq!(keys_of(name), expected, "{keys}");
    }
}

#[test]
fn what_stands_before_a_subcommand_and_says_nothing_there_is_refused() {
    let output = Place::new().run(&["--config", "none.toml", "--port", "1", "tail"]);
    let said = text(output.stderr);
    assert!(
        said.contains("--port <PORT> stands before `tail`"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(2));
}
