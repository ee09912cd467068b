//! Programs of who sits here that have the terminal for a while: their editor, their pager.
//!
//! What they show is a file that only this user can read, in a directory of its own, so that what a program writes beside
//! it (swap files, backups) is private too. It is a copy: what is changed in it changes nothing. The directories go when the
//! UI ends, not when the program does: one that hands the file to a window returns at once.

mod editors;

use crate::{
    app::Place,
    event::{Document, Reader},
    screen::Screen,
};
use onionskin::text::{escape, escape_bytes};
use std::{
    ffi::OsString,
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long a program may take to end in good order when the UI has to.
const PATIENCE: Duration = Duration::from_secs(2);

/// The program that has the terminal, if one has, and what was written for all of them.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    running: Option<(String, Child)>,
    directories: Vec<TempDir>,
}

/// What a program is to show.
#[derive(Debug)]
pub(crate) enum Errand {
    /// A file, written for it.
    Read(Reader, Document),
    /// A place in the source of an app.
    Source(Place),
}

impl Programs {
    /// Whether one has the terminal.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Leaves the terminal to a program. One that does not start leaves it here.
    pub(crate) fn start(
        &mut self,
        screen: &mut Screen,
        errand: Errand,
        mouse: bool,
    ) -> Result<(), String> {
        if self.is_running() {
            return Err("another program has the terminal".into());
        }
        let reader = match &errand {
            Errand::Read(reader, _) => *reader,
            Errand::Source(_) => Reader::Editor,
        };
        let mut words = words(reader, |name| std::env::var(name).ok())?;
        let name = words.remove(0);
        let arguments = match errand {
            Errand::Read(_, document) => vec![self.write(reader, document)?.into()],
            Errand::Source(place) => editors::at(&name, &found(&place)?, place.source.line),
        };
        let failed = |error: io::Error| {
            let (variables, _) = variables(reader);
            let variables = variables.join(" and ");
            format!(
                "can't start {}: {error}; {variables} say what to start",
                escape(&name)
            )
        };
        let mut command = Command::new(&name);
        command.args(words).args(arguments);
        let [input, output, errors] = screen.lend().map_err(failed)?;
        command.stdin(input).stdout(output).stderr(errors);
        match command.spawn() {
            Ok(child) => {
                self.running = Some((name, child));
                Ok(())
            }
            Err(error) => {
                let _ = screen.take_back(mouse);
                Err(failed(error))
            }
        }
    }

    /// Resolves when the program has ended: how, if not well. Where none runs, never.
    pub(crate) async fn ended(&mut self) -> Result<(), String> {
        let Some((name, child)) = &mut self.running else {
            return std::future::pending().await;
        };
        let how = child.wait().await;
        let how = said(name, how);
        self.running = None;
        how
    }

    /// Has the program end, where one runs: the UI does.
    pub(crate) async fn end(&mut self) {
        let Some((_, mut child)) = self.running.take() else {
            return;
        };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            // It may have ended by now.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = tokio::time::timeout(PATIENCE, child.wait()).await;
        }
    }

    /// Writes a file for a program.
    fn write(&mut self, reader: Reader, document: Document) -> Result<PathBuf, String> {
        let Document { bytes, ending } = document;
        let (bytes, ending) = match reader {
            Reader::Editor => (bytes, ending),
            // What it shows goes to the terminal.
            Reader::Pager => (plain(&bytes).into_bytes(), "txt"),
        };
        let (directory, path) = private(&bytes, ending)
            .map_err(|error| format!("no file can be written for the program: {error}"))?;
        self.directories.push(directory);
        Ok(path)
    }
}

/// A file that only this user can read, in a directory that only this user can look into.
fn private(bytes: &[u8], ending: &str) -> io::Result<(TempDir, PathBuf)> {
    let directory = tempfile::Builder::new()
        .prefix("onionskin-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let path = directory.path().join(format!("onionskin.{ending}"));
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(bytes)?;
    Ok((directory, path))
}

/// Text as the screen shows it: its lines, and all else that could steer a terminal escaped.
fn plain(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let shown = lines.map(|line| match line.strip_suffix(b"\n") {
        Some(line) => format!("{}\n", escape_bytes(line)),
        None => escape_bytes(line).into_owned(),
    });
    shown.collect()
}

/// The variables that say which program, and which it is where none does.
fn variables(reader: Reader) -> (&'static [&'static str], &'static str) {
    match reader {
        Reader::Editor => (&["VISUAL", "EDITOR"], "vi"),
        Reader::Pager => (&["PAGER"], "less"),
    }
}

/// The program and its arguments.
fn words(reader: Reader, variable: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let (names, otherwise) = variables(reader);
    let said = names.iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.trim().is_empty())?;
        Some((*name, value))
    });
    let Some((name, value)) = said else {
        return Ok(vec![otherwise.into()]);
    };
    match shell_words::split(&value) {
        Ok(words) if words.first().is_some_and(|first| !first.is_empty()) => Ok(words),
        _ => Err(format!("{name} is no command: {}", escape(&value))),
    }
}

/// Where a place of an app's source is here. The compiler's path is relative to the workspace: that is the directory in which
/// the app was started, or one above it.
fn found(place: &Place) -> Result<PathBuf, String> {
    let file = Path::new(&place.source.file);
    let here = std::env::current_dir().unwrap_or_default();
    let directory = place.directory.as_ref().map_or(here, PathBuf::from);
    let tried = directory.ancestors().map(|above| above.join(file));
    // Absolute also where the app's word is not: no path is an option.
    let there = tried.filter_map(|path| std::path::absolute(path).ok());
    let found = { there }.find(|path| path.is_file());
    found.ok_or_else(|| {
        let (file, directory) = (escape(&place.source.file), directory.display().to_string());
        format!("{file} is not in {} or above", escape(&directory))
    })
}

fn said(name: &str, how: io::Result<ExitStatus>) -> Result<(), String> {
    match how {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended, {status}", escape(name))),
        Err(error) => Err(format!("{} is lost: {error}", escape(name))),
    }
}

/// Arguments of a program.
type Arguments = Vec<OsString>;

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_web::model::Source;

    fn editor(visual: Option<&str>, editor: Option<&str>) -> Result<Vec<String>, String> {
        let (visual, editor) = (visual.map(str::to_owned), editor.map(str::to_owned));
        words(Reader::Editor, |name| match name {
            "VISUAL" => visual.clone(),
            "EDITOR" => editor.clone(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn the_first_variable_that_says_something_is_a_command_with_arguments() {
        let words = |words: &[&str]| Ok(words.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(editor(None, None), words(&["vi"]));
        assert_eq!(editor(Some(" "), Some("nano")), words(&["nano"]));
        assert_eq!(
            editor(Some("code --wait"), Some("nano")),
            words(&["code", "--wait"])
        );
        assert_eq!(
            editor(None, Some("'/opt/my editor/ed' -c \"set x\"")),
            words(&["/opt/my editor/ed", "-c", "set x"])
        );
        let wrong = editor(None, Some("'vi")).unwrap_err();
        assert!(wrong.contains("EDITOR is no command"), "{wrong}");
        assert!(editor(Some("''"), None).is_err());
    }

    #[test]
    fn what_is_written_is_private_and_raw_for_an_editor_and_escaped_for_a_pager() {
        let bytes = b"a\x1b[2Jb\n\xff\xe2\x80\xae\tc";
        let mut programs = Programs::default();
        let mut write = |reader| {
            let document = Document {
                bytes: bytes.to_vec(),
                ending: "json",
            };
            programs.write(reader, document).unwrap()
        };
        let (raw, shown) = (write(Reader::Editor), write(Reader::Pager));
        assert_eq!(fs::read(&raw).unwrap(), bytes);
        assert!(raw.extension().unwrap() == "json" && shown.extension().unwrap() == "txt");
        let text = fs::read_to_string(&shown).unwrap();
        assert_eq!(text, "a\\x1b[2Jb\n\\xff\\u{202e}\\tc");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&raw), mode(raw.parent().unwrap())), (0o600, 0o700));
        drop(programs);
        assert!(!raw.parent().unwrap().exists(), "it went with the UI");
    }

    #[test]
    fn a_place_is_looked_for_where_the_app_was_started_and_above() {
        let workspace = tempfile::tempdir().unwrap();
        let shop = workspace.path().join("shop/src");
        fs::create_dir_all(&shop).unwrap();
        fs::write(shop.join("main.rs"), "").unwrap();
        let place = |file: &str, directory: &Path| Place {
            source: Source {
                file: file.into(),
                line: 7,
            },
            directory: Some(directory.to_str().unwrap().into()),
        };
        let root = workspace.path();
        for (file, directory) in [
            ("shop/src/main.rs", root.to_owned()),
            ("shop/src/main.rs", root.join("shop")),
            ("src/main.rs", root.join("shop")),
            (shop.join("main.rs").to_str().unwrap(), "/nowhere".into()),
        ] {
            let found = found(&place(file, &directory)).unwrap();
            assert_eq!(found, shop.join("main.rs"));
        }
        let gone = found(&place("src/other\u{1b}.rs", root)).unwrap_err();
        assert!(gone.starts_with("src/other\\x1b.rs is not in /"), "{gone}");
        assert!(
            found(&place("shop", root)).is_err(),
            "a directory is no source"
        );
    }
}
