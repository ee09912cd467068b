//! The schema, and what it is good for.

use super::{read, settings};
use crate::config::{Source, print, schema};
use proptest::{collection, prelude::*, sample, test_runner::TestRunner};
use serde_json::{Value as Json, json};

#[test]
fn the_schema_is_that_of_the_code() {
    crate::generated::check("../docs/config.schema.json", &schema::document());
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema::of_file()).unwrap()
}

/// The examples of the documentation, and what is printed.
#[test]
fn the_examples_are_read_and_their_schema_accepts_them() {
    let docs = include_str!("../../../../docs/CONFIG.md");
    let blocks = docs.split("```toml\n").skip(1);
    let examples: Vec<_> = blocks
        .filter_map(|block| Some(block.split_once("```")?.0))
        .collect();
    assert!(!examples.is_empty());
    let printed = print(&settings(examples[0], &[]), &Source::Nowhere).unwrap();
    for text in examples.into_iter().chain([&*printed]) {
        read(text).unwrap();
        let value: Json = toml::from_str(text).unwrap();
        let errors: Vec<_> = validator()
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?} in\n{text}");
    }
    for name in schema::settings() {
        assert!(
            docs.contains(&format!("| `{name}` |")),
            "{name} is not in docs/CONFIG.md"
        );
    }
}

/// A value that a file may have somewhere.
fn some_value() -> impl Strategy<Value = Json> {
    let text = sample::select(
        &[
            "",
            "16",
            "dark",
            "Dark",
            "k",
            "Up",
            "up",
            "Ctrl-X",
            "Ctrl-",
            "kk",
            " ",
            "F12",
            "F13",
            "Alt-Alt-x",
            "/x",
            "~/x",
            "~x",
            "~",
            "x/y",
        ][..],
    );
    let text = text.prop_map(Json::from).boxed();
    let number = sample::select(&[-1_i64, 0, 1, 16, 65_535, 65_536, 1 << 20, (1 << 20) + 1][..]);
    let one = prop_oneof![
        4 => text,
        2 => number.prop_map(Json::from),
        2 => any::<bool>().prop_map(Json::from),
        1 => Just(json!(1.5)),
    ];
    prop_oneof![
        4 => one.clone(),
        1 => collection::vec(one, 0..3).prop_map(Json::from),
    ]
}

fn some_document() -> impl Strategy<Value = Json> {
    let settings = [schema::settings(), vec!["kyes".to_owned()]].concat();
    let settings = collection::btree_map(sample::select(settings), some_value(), 0..3);
    let commands =
        sample::select(&["up", "open", "quit", "zoom-in", "Up", ""][..]).prop_map(str::to_owned);
    let keys = collection::btree_map(commands, some_value(), 0..3);
    (settings, proptest::option::of(keys)).prop_map(|(mut settings, keys)| {
        if let Some(keys) = keys {
            settings.insert("keys".into(), json!(keys));
        }
        json!(settings)
    })
}

#[test]
fn what_the_schema_refuses_is_not_read() {
    let validator = validator();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    let run = runner.run(&some_document(), |document| {
        let text = toml::to_string(&document).unwrap();
        let is_valid = validator.is_valid(&document);
        prop_assert!(is_valid || read(&text).is_err(), "{}", text);
        Ok(())
    });
    run.unwrap();
}

/// Where the schema can say it, it refuses what the reader refuses.
#[test]
fn the_schema_refuses_too_what_an_editor_can_mark() {
    let validator = validator();
    for text in [
        "thme = \"dark\"",
        "theme = \"drak\"",
        "theme = 16",
        "ascii = 1",
        "port = 65536",
        "port = -1",
        "memory = 0",
        "socket = \"here\"",
        "filter = 1",
        "keys.opne = \"o\"",
        "keys.zoom-in = \"z\"",
        "keys.open = \"pageup\"",
        "keys.open = [\"o\", \"o\"]",
        "keys.open = [\"o\", 1]",
        "keys.open = true",
        "keys = []",
    ] {
        let value: Json = toml::from_str(text).unwrap();
        assert!(!validator.is_valid(&value), "{text}");
        assert!(read(text).is_err(), "{text}");
    }
}
