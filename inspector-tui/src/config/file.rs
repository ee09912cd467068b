//! What the file may say.

use super::{
    binder::Binder,
    problem::{Error, Problem, unknown},
    schema,
    values::{Filter, Names, Number, Place},
};
use crate::{keys::Keymap, theme::ThemeName};
use onionskin_web::config::DEFAULT_PORT;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::Range, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

// The comments of the fields are those of the schema and of the printed configuration.
/// What `$ONIONSKIN_CONFIG`, else `onionskin/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`, may say.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Configuration of onionskin")]
pub(super) struct File {
    /// Colours: "auto" (dark or light where COLORFGBG and COLORTERM say which and that there are all colours, else 16), "dark",
    /// "light", "16" (those of the terminal), "none". NO_COLOR means none.
    pub(super) theme: ThemeName,
    /// Draw with ASCII only. So it is too where the locale names another encoding than UTF-8.
    pub(super) ascii: bool,
    /// Have the mouse from the start; false leaves it to the terminal until the command `mouse` takes it.
    pub(super) mouse: bool,
    /// Show health checks and the like from the start; false hides them until the command `noise` shows them.
    pub(super) noise: bool,
    /// The filter that the list of cycles has at first, such as "status:>=500".
    #[schemars(with = "String")]
    pub(super) filter: Filter,
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one; 0: any free one.
    pub(super) port: Number<0, { u16::MAX as u64 }>,
    /// Memory for cycles, in MiB; the oldest make room.
    pub(super) memory: Number<1, { 1 << 20 }>,
    /// Socket where apps connect; they need it as ONIONSKIN_SOCKET, which also beats this. Without it, one in your runtime
    /// directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Place")]
    pub(super) socket: Option<Place>,
    /// Keys of commands: one, a list, or [] for none. They replace the command's own keys, and are taken from commands that
    /// had them. Ctrl-C always quits.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::keys")]
    keys: BTreeMap<Spanned<String>, Spanned<Names>>,
    /// What `keys` makes of the table.
    #[serde(skip)]
    pub(super) keymap: Keymap,
}

impl Default for File {
    fn default() -> Self {
        let ui = super::Ui::default();
        Self {
            theme: ui.theme,
            ascii: ui.ascii,
            mouse: ui.mouse,
            noise: ui.noise,
            filter: Filter::default(),
            port: Number(DEFAULT_PORT.into()),
            memory: Number(256),
            socket: None,
            keys: BTreeMap::new(),
            keymap: ui.keys,
        }
    }
}

impl File {
    /// Reads it.
    pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(bytes).map_err(|problems| Error::Wrong {
            path: path.to_owned(),
            problems,
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let whole = &bytes[..error.valid_up_to()];
            let whole = std::str::from_utf8(whole).unwrap_or_default();
            vec![Problem::at(
                whole,
                &(whole.len()..whole.len()),
                "",
                "this is not UTF-8",
            )]
        })?;
        let mut file: Self = toml::from_str(text).map_err(|error| vec![wrong(text, &error)])?;
        file.keymap = Binder::new(text).bound(&file.keys)?;
        Ok(file)
    }
}

/// What TOML or a type has to say against it.
fn wrong(text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or_default();
    let (table, syntax) = DeTable::parse_recoverable(text);
    let path = path_at(table.get_ref(), span.start).unwrap_or_default();
    let message = error.message();
    let settings = schema::settings();
    let what = match &path[..] {
        _ if !syntax.is_empty() => match text.get(span.clone()).and_then(|at| at.lines().next()) {
            Some(at) if !at.is_empty() => format!("{message}: `{at}`"),
            _ => message.to_owned(),
        },
        [name] if !settings.contains(name) => {
            let settings = settings.iter().map(String::as_str);
            unknown("there is no such setting", name, settings)
        }
        _ => message.to_owned(),
    };
    Problem::at(text, &span, &path.join("."), what)
}

/// The names that lead to what is at a byte.
fn path_at(table: &DeTable<'_>, at: usize) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let name = || key.get_ref().to_string();
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(path) = path_at(inner, at)
        {
            return Some([vec![name()], path].concat());
        }
        // Where something is missing, that is said of the place behind it.
        let here = |span: Range<usize>| (span.start..=span.end).contains(&at);
        (here(key.span()) || here(value.span())).then(|| vec![name()])
    })
}
