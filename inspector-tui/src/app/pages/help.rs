//! All keys, what the signs mean, and where the dashboard is.

use super::{PageLine, dim, of, plain};
use crate::{
    app::{App, Role, piece},
    keys::{Command, Row},
};
use onionskin::text::escape;

/// ```text
/// Everywhere
///   ?           help               these keys
///   q Ctrl-C    quit               quit
/// ```
pub(super) fn lines(app: &App) -> Vec<PageLine> {
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in app.keys.rows() {
        match groups
            .iter_mut()
            .find(|(name, _)| *name == row.binding.group)
        {
            Some((_, group)) => group.push(row),
            None => groups.push((row.binding.group, vec![row])),
        }
    }
    let mut lines = Vec::new();
    for (name, rows) in groups {
        lines.push(PageLine::heading(name));
        lines.extend(rows.into_iter().map(line));
        lines.push(PageLine::default());
    }
    lines.push(PageLine::heading("Signs"));
    lines.extend(LEGEND.iter().map(|legend| plain(format!("  {legend}"))));
    lines.push(PageLine::default());
    lines.push(PageLine::heading("Dashboard"));
    lines.push(plain(format!("  {}", escape(&app.url))));
    lines.push(dim(format!(
        "  its token is behind the #; {} opens it in a browser",
        app.keys.hint(Command::Browser)
    )));
    lines
}

fn line(row: &Row) -> PageLine {
    of(vec![
        piece(Role::Key, format!("  {:<12}", row.shown())),
        piece(Role::Dim, format!("{:<18}", row.binding.name)),
        piece(Role::Plain, row.binding.what),
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
