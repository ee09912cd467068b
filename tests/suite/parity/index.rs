//! The list of what is to be mirrored, by axum's own sources: no public method is without a test here. The tests call it on
//! axum's and on ours, so it is mirrored too.

use std::{collections::BTreeSet, fs, path::PathBuf};

/// The directory of axum's package, of the version that is built.
fn axum() -> PathBuf {
    let metadata = crate::features::metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let is_axum = |p: &&serde_json::Value| {
        p["name"] == "axum" && p["version"].as_str().unwrap().starts_with("0.8.")
    };
    let manifest = packages.iter().find(is_axum).unwrap()["manifest_path"].clone();
    PathBuf::from(manifest.as_str().unwrap()).with_file_name("src")
}

/// Names of the public functions in a source, those made by axum's macros included.
fn public(source: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        text.chars().take_while(is_part).collect()
    };
    let names = source.lines().filter_map(|line| {
        let made = ["top_level_", "chained_"]
            .iter()
            .any(|m| line.trim_start().starts_with(m));
        match made {
            true => line.split_once('(').map(|(_, rest)| name(rest)),
            false => {
                let line = line.trim_start().strip_prefix("pub ")?;
                line.split_once("fn ").map(|(_, rest)| name(rest))
            }
        }
    });
    names
        .filter(|name| !name.is_empty() && name != "crate")
        .collect()
}

/// Whether the text uses the word.
fn uses(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && matches!(after, Some('(' | ':'))
    })
}

#[test]
fn every_public_method_is_tested() {
    let tests = concat!(
        include_str!("router.rs"),
        include_str!("method_router.rs"),
        include_str!("panics.rs"),
        include_str!("handler.rs"),
        include_str!("serve.rs"),
    );
    let mut all = BTreeSet::new();
    for file in [
        "routing/mod.rs",
        "routing/method_routing.rs",
        "serve/mod.rs",
    ] {
        all.extend(public(&fs::read_to_string(axum().join(file)).unwrap()));
    }
    for known in [
        "route",
        "nest_service",
        "get",
        "trace_service",
        "any",
        "on",
        "handle_error",
        "remote_addr",
    ] {
        assert!(
            all.contains(known),
            "the sources are read: {known} in {all:?}"
        );
    }
    let untested: Vec<_> = all.iter().filter(|name| !uses(tests, name)).collect();
    assert!(untested.is_empty(), "not tested here: {untested:?}");
}
