//! All keys, what the signs mean, and where the dashboard is.

use super::{PageLine, dim, of, plain};
use crate::{
    app::{App, Role, piece},
    keys::{self, Binding},
};
use onionskin::text::escape;

/// ```text
/// Everywhere
///   ?           help               these keys
///   q Ctrl-C    quit               quit
/// ```
pub(super) fn lines(app: &App) -> Vec<PageLine> {
    let mut groups: Vec<(&str, Vec<&Binding>)> = Vec::new();
    for binding in keys::bindings() {
        match groups.iter_mut().find(|(name, _)| *name == binding.group) {
            Some((_, group)) => group.push(binding),
            None => groups.push((binding.group, vec![binding])),
        }
    }
    let mut lines = Vec::new();
    for (name, bindings) in groups {
        lines.push(PageLine::heading(name));
        lines.extend(bindings.into_iter().map(line));
        lines.push(PageLine::default());
    }
    lines.push(PageLine::heading("Signs"));
    lines.extend(LEGEND.iter().map(|legend| plain(format!("  {legend}"))));
    lines.push(PageLine::default());
    lines.push(PageLine::heading("Dashboard"));
    lines.push(plain(format!("  {}", escape(&app.url))));
    lines.push(dim("  its token is behind the #; o opens it in a browser"));
    lines
}

fn line(binding: &Binding) -> PageLine {
    of(vec![
        piece(Role::Key, format!("  {:<12}", keys::shown(binding))),
        piece(Role::Dim, format!("{:<18}", binding.name)),
        piece(Role::Plain, binding.what),
    ])
}

/// What the signs on the screen mean.
const LEGEND: [&str; 8] = [
    "▂█▁▁ time in layers on the way in, in the view, on the way out, sending",
    "█ a layer's own time   ▒ the same, most of it waiting   ─ what is inside of it",
    "• a log   ◆ a statement, call or template   ! an error or a panic",
    "+ came   - went   ~ changed   > moved   ← auth: auth put it there",
    "in the line below a message: who set the value at the cursor, and who before",
    "in the list: ▶ the cycle that is looked at, ◇ the one to compare with",
    "masked values: •••• and a fingerprint that tells same from changed",
    "\\x1b, \\u{202e}: bytes that could steer a terminal, shown and not sent",
];
