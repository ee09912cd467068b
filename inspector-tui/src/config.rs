//! The configuration: a file in TOML, the environment, the command line; what comes later in this list counts more.
//!
//! - `file`: what the file may say; `values`: numbers, paths, filters and keys in it; `binder`: whose the keys are
//! - `problem`: what is wrong with it, and where
//! - `schema`: the same as a JSON schema, for editors
//! - `print`: all of it as a file, with comments

mod binder;
mod file;
mod print;
mod problem;
mod schema;
mod values;

pub use print::print;
pub use problem::{Error, Problem};
pub use schema::document as schema;

use crate::{
    keys::Keymap,
    theme::{Terminal, ThemeName},
};
use file::File;
use onionskin::{link::socket, text::escape};
use std::{
    env,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Environment variable with the path of the file.
pub const CONFIG_ENV: &str = "ONIONSKIN_CONFIG";

/// All settings, as they count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Those of the UI.
    pub ui: Ui,
    /// The port of the dashboard that is asked for first.
    pub port: u16,
    /// MiB that the cycles may take.
    pub memory: u64,
    /// Where apps and inspector meet.
    pub socket: PathBuf,
}

/// Settings of the UI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// How it looks.
    pub theme: ThemeName,
    /// Whether it is drawn with ASCII only.
    pub ascii: bool,
    /// Whether it has the mouse from the start.
    pub mouse: bool,
    /// Whether it shows health checks and the like from the start.
    pub noise: bool,
    /// The filter that the list has at first.
    pub filter: String,
    /// Which keys do what.
    pub keys: Keymap,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: ThemeName::Auto,
            ascii: false,
            mouse: true,
            noise: true,
            filter: String::new(),
            keys: Keymap::default(),
        }
    }
}

/// Where the file was looked for, and whether it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was read.
    File(PathBuf),
    /// There is none.
    Missing(PathBuf),
    /// There is no home directory to look for it.
    Nowhere,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &Path| escape(&path.to_string_lossy()).into_owned();
        match self {
            Self::File(file) => f.write_str(&path(file)),
            Self::Missing(file) => write!(f, "none; {} is not there", path(file)),
            Self::Nowhere => f.write_str("none; there is no home directory to look for it"),
        }
    }
}

/// Reads the file, and what the environment says.
///
/// # Errors
/// If the file can't be read or is not understood; if it was named, by `named` or by `$ONIONSKIN_CONFIG`, also if it is not
/// there.
pub fn load(named: Option<&Path>) -> Result<(Settings, Source), Error> {
    load_from(named, |name| env::var_os(name))
}

fn load_from(
    named: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(Settings, Source), Error> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let named = named
        .map(Path::to_owned)
        .or(variable(CONFIG_ENV).map(PathBuf::from));
    let is_named = named.is_some();
    let (file, source) = match named.or_else(|| usual(variable)) {
        None => (File::default(), Source::Nowhere),
        Some(path) => match fs::read(&path) {
            Ok(bytes) => (File::read(&path, &bytes)?, Source::File(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => {
                (File::default(), Source::Missing(path))
            }
            Err(source) => return Err(Error::Unreadable { path, source }),
        },
    };
    Ok((Settings::of(file, variable), source))
}

/// Where the file is, unless it is named.
fn usual(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let directory = |name| variable(name).map(PathBuf::from);
    let below = directory("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let below = below.or_else(|| Some(directory("HOME")?.join(".config")))?;
    Some(below.join("onionskin").join("config.toml"))
}

impl Settings {
    /// What the file says, and above it the environment.
    fn of(file: File, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let terminal = Terminal::of(|name| variable(name)?.into_string().ok());
        let socket = match (variable(socket::SOCKET_ENV), file.socket) {
            (Some(path), _) => path.into(),
            (None, Some(socket)) => socket.0,
            (None, None) => socket::default_path(),
        };
        Self {
            ui: Ui {
                theme: match terminal.no_color {
                    true => ThemeName::None,
                    false => file.theme,
                },
                ascii: file.ascii || terminal.foreign,
                mouse: file.mouse,
                noise: file.noise,
                filter: file.filter.into(),
                keys: file.keymap,
            },
            port: file.port.0 as u16,
            memory: file.memory.0,
            socket,
        }
    }
}

#[cfg(test)]
mod tests;
