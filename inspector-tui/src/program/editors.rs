//! How editors are told to go to a line.

use super::Arguments;
use std::{ffi::OsString, path::Path};

/// What tells an editor to show a line of a file. Of one that is not known here only the file is asked.
pub(super) fn at(editor: &str, file: &Path, line: u32) -> Arguments {
    let name = Path::new(editor).file_name().unwrap_or_default();
    let name = name.to_str().unwrap_or_default();
    let with_line = || {
        let mut with = OsString::from(file);
        with.push(format!(":{line}"));
        with
    };
    match name {
        "vi" | "vim" | "nvim" | "gvim" | "mvim" | "view" | "nano" | "emacs" | "emacsclient"
        | "kak" | "joe" | "jed" | "mcedit" | "ne" => vec![format!("+{line}").into(), file.into()],
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => {
            vec!["-g".into(), with_line()]
        }
        "hx" | "helix" | "micro" | "subl" | "zed" | "zeditor" => vec![with_line()],
        "idea" | "rustrover" | "clion" | "kate" => {
            vec!["--line".into(), line.to_string().into(), file.into()]
        }
        _ => vec![file.into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_in_its_own_way() {
        let file = Path::new("/src/main.rs");
        for (editor, told) in [
            ("vim", &["+42", "/src/main.rs"][..]),
            ("/usr/bin/nano", &["+42", "/src/main.rs"]),
            ("emacs", &["+42", "/src/main.rs"]),
            ("code", &["-g", "/src/main.rs:42"]),
            ("zed", &["/src/main.rs:42"]),
            ("hx", &["/src/main.rs:42"]),
            ("kate", &["--line", "42", "/src/main.rs"]),
            ("ed", &["/src/main.rs"]),
        ] {
            assert_eq!(at(editor, file, 42), told, "{editor}");
        }
    }
}
