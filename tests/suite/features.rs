//! Features are mirrored by name, one for one.

use std::{collections::BTreeSet, process::Command};

/// Names of a package's features, by `cargo metadata`.
fn features(metadata: &serde_json::Value, package: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let version_of_ours = |p: &&serde_json::Value| match package {
        "axum" => p["version"].as_str().unwrap().starts_with("0.8."),
        "tower" => p["version"].as_str().unwrap().starts_with("0.5."),
        "utoipa-axum" => p["version"].as_str().unwrap().starts_with("0.3."),
        _ => true,
    };
    let package = packages
        .iter()
        .filter(|p| p["name"] == package)
        .find(version_of_ours)
        .unwrap();
    let features = package["features"].as_object().unwrap().keys();
    features.filter(|f| !f.starts_with("__")).cloned().collect()
}

/// The target that rustc builds for by itself.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.unwrap().to_owned()
}

/// What cargo knows of the packages that are built here.
pub(crate) fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        // Crates for other systems are not downloaded.
        .args(["--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn mirrored_one_for_one() {
    let metadata = metadata();
    for (theirs, ours, own) in [
        (
            "axum",
            "onionskin",
            &[
                "diesel",
                "in-release",
                "otel",
                "otel-tls",
                "schema",
                "subscriber",
            ][..],
        ),
        ("tower", "onionskin-tower", &["in-release"]),
        ("utoipa-axum", "onionskin-utoipa-axum", &["in-release"]),
    ] {
        let mut expected = features(&metadata, theirs);
        expected.extend(own.iter().map(ToString::to_string));
        let mirrored = features(&metadata, ours);
        // tower has an empty `default` where nothing is said.
        expected.remove("default");
        let mirrored: BTreeSet<_> = mirrored.into_iter().filter(|f| f != "default").collect();
        assert_eq!(mirrored, expected, "{ours}");
    }
}
