//! All of the configuration as a file, with comments.

use super::{Settings, Source, schema};
use crate::keys::{Key, Row, defaults};
use anyhow::Context;
use serde_json::Value as Json;
use std::fmt::Write as _;
use toml::Value;

/// The settings as a file that says the same, each with what it is and what it is by default.
///
/// # Errors
/// If the path of the socket is not UTF-8: TOML has no word for it.
pub fn print(settings: &Settings, source: &Source) -> anyhow::Result<String> {
    let socket = std::path::absolute(&settings.socket)?;
    let socket = socket
        .to_str()
        .context("the path of the socket must be UTF-8")?;
    let ui = &settings.ui;
    let values: [(&str, Value); 8] = [
        ("theme", Value::try_from(ui.theme)?),
        ("ascii", ui.ascii.into()),
        ("mouse", ui.mouse.into()),
        ("noise", ui.noise.into()),
        ("filter", ui.filter.as_str().into()),
        ("port", i64::from(settings.port).into()),
        ("memory", i64::try_from(settings.memory)?.into()),
        ("socket", socket.into()),
    ];
    let schema = schema::of_file();
    let described = |name: &str| &schema["properties"][name];
    let mut out = format!(
        "# The configuration of onionskin as it counts: command line, then environment, then file, then default.\n\
         # File: {source}\n"
    );
    for (name, value) in values {
        comment(&mut out, described(name))?;
        writeln!(out, "{name} = {value}")?;
    }
    comment(&mut out, described("keys"))?;
    out += "[keys]\n";
    for row in ui.keys.rows() {
        let Row { binding, keys, .. } = row;
        let usual: Vec<_> = defaults(binding).collect();
        write!(out, "{} = {}  # {}", binding.name, list(keys), binding.what)?;
        match *keys == usual {
            true => out += "\n",
            false => writeln!(out, "; default: {}", list(&usual))?,
        }
    }
    Ok(out)
}

/// What a setting is, and what it is by default.
fn comment(out: &mut String, described: &Json) -> anyhow::Result<()> {
    out.push('\n');
    for line in described["description"]
        .as_str()
        .unwrap_or_default()
        .lines()
    {
        writeln!(out, "# {line}")?;
    }
    match &described["default"] {
        Json::Null => {}
        default => writeln!(out, "# Default: {}", Value::try_from(default)?)?,
    }
    Ok(())
}

fn list(keys: &[Key]) -> Value {
    Value::Array(keys.iter().map(|key| key.to_string().into()).collect())
}
