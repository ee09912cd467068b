//! Takes the examples out of axum's sources, of the version that is built: each file of them becomes the documentation of a module.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Left out are examples with a crate that nothing else here needs, and with what later versions of a crate do not have.
const ABSENT: [&str; 2] = ["axum_extra::", "ValidateRequestHeaderLayer::bearer"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    let (source, mut files) = (axum(), Vec::new());
    walk(&source, &mut files);
    files.sort();
    let (mut modules, mut count) = (String::new(), 0);
    for file in files {
        let examples = examples(&documentation(&file));
        if examples.is_empty() {
            continue;
        }
        count += examples.len();
        let name = file.strip_prefix(&source).unwrap().to_string_lossy();
        let module = name.replace(['/', '\\', '.'], "_");
        fs::write(out.join(&module), examples.join("\n")).unwrap();
        modules += &format!(
            "#[doc = include_str!({:?})]\npub mod {module} {{}}\n",
            out.join(&module)
        );
    }
    assert!(count > 150, "axum's examples are found: {count}");
    fs::write(out.join("examples.rs"), modules).unwrap();
}

/// Where axum's sources are.
fn axum() -> PathBuf {
    let metadata = Command::new(env::var_os("CARGO").unwrap())
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", &env::var("TARGET").unwrap()])
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let axum = packages.find(|p| p["name"] == "axum").unwrap();
    Path::new(axum["manifest_path"].as_str().unwrap()).with_file_name("src")
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

/// What a file says in Markdown.
fn documentation(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    if file.extension().is_some_and(|e| e == "md") {
        return text;
    }
    let comment = |line: &str| {
        let line = line.trim_start();
        let said = line.strip_prefix("///").or(line.strip_prefix("//!"));
        said.map(|said| said.strip_prefix(' ').unwrap_or(said).to_owned())
    };
    let lines: Vec<_> = text.lines().filter_map(comment).collect();
    lines.join("\n")
}

/// The blocks of code between fences, with them.
fn examples(markdown: &str) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), None::<String>);
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        match &mut open {
            None if is_fence => open = Some(format!("{}\n", line.trim_start())),
            None => {}
            Some(block) => {
                *block += line;
                block.push('\n');
                if is_fence {
                    all.extend(open.take());
                }
            }
        }
    }
    all.retain(|block| !ABSENT.iter().any(|absent| block.contains(absent)));
    all
}
