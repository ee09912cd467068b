//! The configuration: read, refused, printed, described.

use super::*;
use crate::keys::{Command, Key, bindings};
use file::File;
use proptest::{collection, prelude::*, sample};
use std::collections::BTreeMap;

mod schemas;

fn read(text: &str) -> Result<File, Error> {
    File::read(Path::new("config.toml"), text.as_bytes())
}

/// What is said to a file, line by line, without the path.
fn said(text: &str) -> Vec<String> {
    let Error::Wrong { problems, .. } = read(text).unwrap_err() else {
        panic!("it was read")
    };
    problems.iter().map(ToString::to_string).collect()
}

/// As this file says in this environment.
fn settings(text: &str, variables: &[(&str, &str)]) -> Settings {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    Settings::of(read(text).unwrap(), |name| {
        variables.get(name).map(OsString::from)
    })
}

#[test]
fn every_setting_is_read() {
    let all = r#"
        theme = "16"
        ascii = true
        mouse = false
        noise = false
        filter = "status:>=500"
        port = 0
        memory = 1048576
        socket = "/tmp/mine/link.sock"
        keys = { open = "o", browser = [], up = ["Up", "w"] }
    "#;
    let read = settings(all, &[]);
    let key = |name: &str| name.parse::<Key>().unwrap();
    let keys = Keymap::with(&[
        (Command::Open, vec![key("o")]),
        (Command::Browser, vec![]),
        (Command::Up, vec![key("Up"), key("w")]),
    ]);
    let expected = Settings {
        ui: Ui {
            theme: ThemeName::Sixteen,
            ascii: true,
            mouse: false,
            noise: false,
            filter: "status:>=500".into(),
            keys,
        },
        port: 0,
        memory: 1 << 20,
        socket: "/tmp/mine/link.sock".into(),
    };
    assert_eq!(read, expected);
    let nothing = settings("", &[]);
    assert_eq!(nothing.ui, Ui::default());
    assert_eq!((nothing.port, nothing.memory), (7335, 256));
    assert_eq!(nothing.socket, socket::default_path());
}

#[test]
fn the_environment_counts_more_than_the_file() {
    let file = "theme = \"dark\"\nascii = false\nsocket = \"/file\"";
    let read = settings(
        file,
        &[
            ("NO_COLOR", "1"),
            ("LC_ALL", "de_DE.ISO-8859-1"),
            ("ONIONSKIN_SOCKET", "/environment"),
        ],
    );
    assert_eq!(read.ui.theme, ThemeName::None);
    assert!(read.ui.ascii);
    assert_eq!(read.socket, Path::new("/environment"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, expected) in [
        ("theme = dark", "1:9: theme: string values must be quoted"),
        ("filter = \"status:5xx\nport = 1", "1:21: filter: "),
        ("[keys\nup = \"w\"", "1:6: "),
        ("port 1", "1:6: "),
        ("\n\nport = 1\nport = 2", "4:1: duplicate key: `port`"),
        (
            "thme = \"dark\"",
            "1:1: thme: there is no such setting; did you mean `theme`?",
        ),
        (
            "[colours]\nred = 1",
            "1:2: colours: there is no such setting",
        ),
        (
            "ascii = \"yes\"",
            "1:9: ascii: invalid type: string \"yes\", expected a boolean",
        ),
        (
            "theme = \"drak\"",
            "1:9: theme: unknown variant `drak`, expected one of `auto`, `dark`, `light`, `16`, `none`",
        ),
        ("theme = 16", "1:9: theme: "),
        (
            "port = 70000",
            "1:8: port: invalid value: integer `70000`, expected a number from 0 to 65535",
        ),
        (
            "port = -1",
            "1:8: port: invalid value: integer `-1`, expected a number from 0 to 65535",
        ),
        (
            "port = 1.5",
            "1:8: port: invalid type: floating point `1.5`, expected a number from 0 to 65535",
        ),
        (
            "memory = 0",
            "1:10: memory: invalid value: integer `0`, expected a number from 1 to 1048576",
        ),
        (
            "filter = \"status:(\"",
            "1:10: filter: the filter is not understood: ",
        ),
        (
            "socket = \"link.sock\"",
            "1:10: socket: a path begins with / or, in your home directory, with ~/",
        ),
        (
            "keys = { up = \"ö\", opne = \"x\" }",
            "1:20: keys.opne: no command",
        ),
        (
            "keys = 1",
            "1:8: keys: invalid type: integer `1`, expected a map",
        ),
        (
            "[keys]\nopne = \"o\"",
            "2:1: keys.opne: no command has this name (`onionskin --print-keys` lists them); did you mean `open`?",
        ),
        (
            "[keys]\nzoom-in = \"z\"",
            "2:1: keys.zoom-in: no command has this name",
        ),
        (
            "[keys]\nopen = [\"o\", \"pageup\"]",
            "2:14: keys.open: `pageup`: no key is called so; did you mean `PageUp`?",
        ),
        (
            "[keys]\nopen = [\"o\", 1]",
            "2:14: keys.open: invalid type: integer `1`, expected a string",
        ),
        (
            "[keys]\nopen = true",
            "2:8: keys.open: invalid type: boolean `true`, expected the name of a key, or a list of names",
        ),
        (
            "[keys]\nopen = \"Ctrl-C\"",
            "2:8: keys.open: `Ctrl-C` always quits",
        ),
        (
            "keys.open = \"o\"\n\nkeys.up = [\"w\", \"o\"]",
            "3:17: keys.up: `o` in line 3 is bound to `open` in line 1 already",
        ),
        (
            "[keys]\nup = [\"w\", \"w\"]",
            "2:12: keys.up: `w` in line 2 is bound to `up` in line 2 already",
        ),
        (
            "\"\\u001b[2J\" = 1",
            "1:1: \\x1b[2J: there is no such setting",
        ),
    ] {
        let said = said(text);
        let [said] = &said[..] else {
            panic!("{text}: {said:?}")
        };
        assert!(said.starts_with(expected), "{text}: {said}");
    }
    let bytes = b"# fine\nfilter = \"\xff\"";
    let error = File::read(Path::new("x\u{1b}.toml"), bytes).unwrap_err();
    let text = "the configuration is not understood\nx\\x1b.toml:2:11: this is not UTF-8";
    assert_eq!(error.to_string(), text);
}

#[test]
fn all_that_is_wrong_with_keys_is_said_at_once() {
    let said = said("[keys]\nup = \"ö\"\ndown = \"ö\"\nopne = \"x\"\nopen = \"xx\"");
    assert_eq!(said.len(), 3, "{said:?}");
    for (line, place) in said
        .iter()
        .zip(["3:8: keys.down", "4:1: keys.opne", "5:8: keys.open"])
    {
        assert!(line.starts_with(place), "{line}");
    }
}

#[test]
fn the_file_is_where_it_is_named_or_in_the_usual_place_and_a_named_one_must_be_there() {
    let home = tempfile::tempdir().unwrap();
    let at = |path: &str, port: u16| {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("port = {port}")).unwrap();
        path
    };
    let named = at("named.toml", 1);
    let by_environment = at("environment.toml", 2);
    let xdg = at("xdg/onionskin/config.toml", 3);
    let of_home = at(".config/onionskin/config.toml", 4);
    let mut variables = BTreeMap::from([
        (CONFIG_ENV, by_environment.clone()),
        ("XDG_CONFIG_HOME", home.path().join("xdg")),
        ("HOME", home.path().to_owned()),
    ]);
    let load = |named: Option<&Path>, variables: &BTreeMap<&str, PathBuf>| {
        load_from(named, |name| variables.get(name).map(OsString::from))
    };
    let found = |named: Option<&Path>, variables: &_| {
        let (settings, source) = load(named, variables).unwrap();
        (settings.port, source)
    };
    assert_eq!(
        found(Some(&named), &variables),
        (1, Source::File(named.clone()))
    );
    assert_eq!(found(None, &variables), (2, Source::File(by_environment)));
    variables.insert(CONFIG_ENV, "".into());
    assert_eq!(found(None, &variables), (3, Source::File(xdg)));
    variables.insert("XDG_CONFIG_HOME", "relative".into());
    assert_eq!(found(None, &variables), (4, Source::File(of_home.clone())));
    fs::remove_file(&of_home).unwrap();
    assert_eq!(found(None, &variables), (7335, Source::Missing(of_home)));
    let nowhere = home.path().join("nowhere.toml");
    variables.insert(CONFIG_ENV, nowhere.clone());
    for error in [load(Some(&nowhere), &variables), load(None, &variables)] {
        let error = format!("{:#}", anyhow::Error::from(error.unwrap_err()));
        assert!(error.contains("nowhere.toml: No such file"), "{error}");
    }
    assert_eq!(found_nowhere(), (7335, Source::Nowhere));
}

fn found_nowhere() -> (u16, Source) {
    let (settings, source) = load_from(None, |_| None).unwrap();
    (settings.port, source)
}

/// Names of keys that a terminal has, each once.
fn key_names() -> Vec<String> {
    let named = [
        "Up",
        "Enter",
        "Esc",
        "Space",
        "Shift-Tab",
        "Ctrl-A",
        "Alt-x",
        "Ctrl-Alt-Up",
        "F1",
        "\"",
        "\\",
        "ö",
    ];
    let letters = ('a'..='z').map(|c| c.to_string());
    letters.chain(named.map(str::to_owned)).collect()
}

prop_compose! {
    fn some_keys()(
        commands in sample::subsequence(bindings().collect::<Vec<_>>(), 0..8),
        names in sample::subsequence(key_names(), 16).prop_shuffle(),
        counts in collection::vec(0..3_usize, 8),
    ) -> Keymap {
        let mut names = names.into_iter();
        let chosen: Vec<_> = (commands.into_iter().zip(counts))
            .map(|(binding, count)| {
                let keys = names.by_ref().take(count).map(|name| name.parse().unwrap());
                (binding.command, keys.collect())
            })
            .collect();
        Keymap::with(&chosen)
    }
}

prop_compose! {
    fn some_settings()(
        theme in sample::select(&[ThemeName::Auto, ThemeName::Dark, ThemeName::Light, ThemeName::Sixteen, ThemeName::None][..]),
        (ascii, mouse, noise) in any::<(bool, bool, bool)>(),
        filter in sample::select(&["", "status:>=500", "path:\"/a b\\\\c\" # no comment", "\"\u{1b}\n\u{7f}\""][..]),
        port in any::<u16>(),
        memory in 1..=1_u64 << 20,
        socket in "/[ -~ö]{1,20}",
        keys in some_keys(),
    ) -> Settings {
        let ui = Ui { theme, ascii, mouse, noise, filter: filter.into(), keys };
        Settings { ui, port, memory, socket: socket.into() }
    }
}

proptest! {
    #[test]
    fn what_is_printed_says_the_same_when_it_is_read(before in some_settings()) {
        let source = Source::Missing("/no\n# file".into());
        let text = print(&before, &source).unwrap();
        prop_assert_eq!(settings(&text, &[]), before);
    }
}

#[test]
fn what_is_printed_explains_every_setting_and_command() {
    let text = print(&settings("keys.help = \"F1\"", &[]), &Source::Nowhere).unwrap();
    for name in schema::settings() {
        let at = match &*name {
            "keys" => text.find("\n[keys]"),
            name => text.find(&format!("\n{name} = ")),
        };
        let at = at.unwrap_or_else(|| panic!("no {name} in\n{text}"));
        let above = text[..at].lines().next_back().unwrap();
        assert!(above.starts_with("# "), "{name}: {above}");
    }
    for binding in bindings() {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{} = [", binding.name)));
        assert!(
            line.unwrap_or_default().contains(binding.what),
            "{}",
            binding.name
        );
    }
    assert!(
        text.contains("help = [\"F1\"]  # these keys; default: [\"?\"]\n"),
        "{text}"
    );
    assert!(text.contains("# Default: 7335\nport = 7335\n"), "{text}");
}

/// Something that may have been a file.
fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    let printed = print(&settings("", &[]), &Source::Nowhere).unwrap();
    let place = any::<(sample::Index, sample::Index)>();
    (place, collection::vec(any::<u8>(), 0..8)).prop_map(move |((from, to), instead)| {
        let mut bytes = printed.clone().into_bytes();
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        bytes.splice(from.min(to)..(from.min(to) + 9).min(bytes.len()), instead);
        bytes
    })
}

proptest! {
    #[test]
    fn whatever_is_in_the_file_it_is_read_or_refused_with_a_place(bytes in some_bytes()) {
        if let Err(error) = File::read(Path::new("config.toml"), &bytes) {
            let Error::Wrong { problems, .. } = error else { unreachable!() };
            prop_assert!(!problems.is_empty());
            let lines = bytes.split(|byte| *byte == b'\n').count();
            prop_assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
        }
    }
}
