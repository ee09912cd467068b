//! The dashboard: files of our own, with nothing in them that anybody recorded. They are built from `ui/` and committed in
//! `dist/`, so that a build needs no Node.

use super::Api;
use axum::{Router, response::IntoResponse, routing::get};
use http::header;

/// Path, type, content.
const FILES: [(&str, &str, &str); 3] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../../dist/index.html"),
    ),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        include_str!("../../dist/app.js"),
    ),
    (
        "/app.css",
        "text/css; charset=utf-8",
        include_str!("../../dist/app.css"),
    ),
];

/// Whether a path needs no token.
pub(crate) fn is_public(path: &str) -> bool {
    FILES.iter().any(|(file, ..)| *file == path)
}

pub(super) fn router() -> Router<Api> {
    FILES
        .iter()
        .fold(Router::new(), |router, (path, kind, text)| {
            let file = async || ([(header::CONTENT_TYPE, *kind)], *text).into_response();
            router.route(path, get(file))
        })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    /// All files below a folder but installed packages.
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.push(path);
            } else if !path.ends_with("node_modules") {
                files(&path, found);
            }
        }
    }

    /// As `ui/build/sources.ts` makes it: path, NUL, length, NUL, content of each file.
    fn hash_of_sources() -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
        let mut found = Vec::new();
        files(&root, &mut found);
        let mut named: Vec<(String, PathBuf)> = found
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(&root).unwrap().components();
                let name: Vec<_> = name.map(|c| c.as_os_str().to_string_lossy()).collect();
                (name.join("/"), path)
            })
            .collect();
        named.sort();
        let mut hash = Sha256::new();
        for (name, path) in named {
            let content = fs::read(path).unwrap();
            hash.update(format!("{name}\0{}\0", content.len()));
            hash.update(content);
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_dashboard_is_built_from_the_sources_that_are_here() {
        assert_eq!(
            include_str!("../../dist/sources.sha256").trim(),
            hash_of_sources(),
            "inspector-web/dist is stale; mend it (needs Node 20 or newer) with:\n\n    \
             cd inspector-web/ui && npm ci && npm run build\n"
        );
    }

    /// Script is what a browser reads before it shows anything: 150 KiB packed are the most, and packing makes it 3 to 4
    /// times smaller.
    #[test]
    fn the_script_is_small() {
        let (_, _, script) = super::FILES[1];
        assert!(script.len() < 320 << 10, "{} bytes", script.len());
    }
}
