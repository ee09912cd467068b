//! Files that are made of the code and committed, for who reads them without building it.

use std::{env, fs, path::Path};

/// Set, the tests write the files instead of comparing them.
const WRITE: &str = "ONIONSKIN_WRITE_GENERATED";

/// Checks that a file in this package has this content.
pub(crate) fn check(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os(WRITE).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == content,
        "{} is not what the code makes; mend it with:\n\n    {WRITE}=1 cargo test -p {} --lib\n",
        path.display(),
        env!("CARGO_PKG_NAME")
    );
}
