//! The one table of keys. The terminal UI binds its keys by it and makes help and footer of it; the dashboard gets it from
//! `GET /api/keys`.
//!
//! Keys are written as people read them: `?`, `q`, `Ctrl-C`, `Shift-Tab`, `Space`, `Enter`, `Esc`, `Tab`, `Up`, `PageDown`,
//! `Home`. A letter is the key that gives it: `E` is Shift and `e`. Other modifiers than `Ctrl` do not count where a
//! keyboard needs them for a sign, as Shift for `?`.

use crate::model::{KeyGroup, KeyLine};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Command {
    /// Up in the pane.
    Up,
    /// Down in the pane.
    Down,
    /// A page up in the pane.
    PageUp,
    /// A page down in the pane.
    PageDown,
    /// Open the selected cycle.
    Open,
    /// One level back.
    Back,
    /// The step before.
    StepBack,
    /// The next step.
    StepForward,
    /// The first step, or the oldest cycle.
    First,
    /// The last step, or the newest cycle.
    Last,
    /// Start or stop playing.
    Play,
    /// Play faster.
    Faster,
    /// Play slower.
    Slower,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// Hold the list still, or let it go on.
    Freeze,
    /// Show the dashboard in a browser.
    Browser,
    /// Write a filter.
    Filter,
    /// Switch the filter off, or on again.
    FilterOnOff,
    /// Show or hide health checks and the like.
    Noise,
    /// The next cycle or step that went wrong.
    NextProblem,
    /// The one before.
    PreviousProblem,
    /// Record into a file, or stop.
    Record,
    /// Show or hide what the app prints that was started here.
    Output,
    /// The cycle, or what matches, in another format.
    Export,
    /// Send the cycle, or what matches, to a collector.
    Send,
    /// Compare with another cycle.
    Compare,
    /// Less time in view, seen larger.
    ZoomIn,
    /// More time in view.
    ZoomOut,
    /// All of the cycle's time in view.
    ZoomAll,
    /// Earlier times in view.
    PanLeft,
    /// Later times in view.
    PanRight,
    /// The next step that changed something.
    NextChange,
    /// The one before.
    PreviousChange,
    /// The next step with what is searched for.
    NextMatch,
    /// The one before.
    PreviousMatch,
    /// The list of cycles.
    ViewCycles,
    /// The map of the app.
    ViewStack,
    /// The state of the tool.
    ViewState,
    /// What a reviewer would remark.
    ViewInsights,
    /// What the UI itself has to say.
    ViewLog,
    /// The focused pane alone, or all of them again.
    Maximise,
    /// More room for the focused pane.
    Grow,
    /// Less room for it.
    Shrink,
    /// The body as something else: JSON, text, bytes.
    BodyKind,
    /// The body as it passed, content codings and all.
    BodyEncoded,
    /// Copy the value of the line.
    CopyValue,
    /// Copy the whole step.
    CopyStep,
    /// Copy the request as a command for curl.
    CopyCurl,
    /// Go to what is on the screen, by labels.
    Jump,
    /// Show what the cursor is at in an editor.
    Editor,
    /// Show it in a pager.
    Pager,
    /// Show its place in the source in an editor.
    Source,
    /// Have the mouse, or leave it to the terminal.
    Mouse,
    /// Choose a command by its name.
    Palette,
    /// Show or hide the keys.
    Help,
    /// End.
    Quit,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What the keys do.
    pub command: Command,
    /// The command's name for programs.
    pub name: &'static str,
    /// What it belongs to.
    pub group: &'static str,
    /// Its keys in the terminal; none: the terminal has no such command.
    pub terminal: &'static [&'static str],
    /// Its keys in the browser; none: the browser has no such command, or does it by itself.
    pub web: &'static [&'static str],
    /// What it does, for people.
    pub what: &'static str,
    /// Keys and word for the terminal's footer; a pair of commands has one entry, at the first of them.
    pub footer: Option<(&'static str, &'static str)>,
}

const EVERYWHERE: &str = "Everywhere";
const MOVE: &str = "Move";
const REPLAY: &str = "Replay";
const LIST: &str = "List";
const MESSAGE: &str = "Message";
const PANES: &str = "Panes";

type Keys = &'static [&'static str];

const fn row(
    command: Command,
    name: &'static str,
    group: &'static str,
    terminal: Keys,
    web: Keys,
    what: &'static str,
    footer: Option<(&'static str, &'static str)>,
) -> Binding {
    Binding {
        command,
        name,
        group,
        terminal,
        web,
        what,
        footer,
    }
}

/// All bindings, in the order in which help and footer of the terminal show them.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    row(Command::Help, "help", EVERYWHERE, &["?"], &["?"], "these keys", Some(("?", "help"))),
    row(Command::Quit, "quit", EVERYWHERE, &["q", "Ctrl-C"], &[], "quit", Some(("q", "quit"))),
    row(Command::Up, "up", MOVE, &["Up", "k"], &["Up", "k"], "up: cycle, step or line", Some(("↑↓", "move"))),
    row(Command::Down, "down", MOVE, &["Down", "j"], &["Down", "j"], "down", None),
    row(Command::PageUp, "page-up", MOVE, &["PageUp"], &["PageUp"], "a page up", None),
    row(Command::PageDown, "page-down", MOVE, &["PageDown"], &["PageDown"], "a page down", None),
    row(Command::Open, "open", MOVE, &["Enter"], &["Enter"], "open: cycle; fold: JSON", Some(("Enter", "open"))),
    row(Command::Back, "back", MOVE, &["Esc"], &["Esc"], "back; follow the newest", Some(("Esc", "back"))),
    row(Command::Filter, "filter", LIST, &["/"], &["/"], "write a filter; in a cycle: search", Some(("/", "filter"))),
    row(Command::StepForward, "step-forward", REPLAY, &["Right", "l"], &["Right", "l"], "next step", Some(("←→", "step"))),
    row(Command::StepBack, "step-back", REPLAY, &["Left", "h"], &["Left", "h"], "step before", None),
    row(Command::NextPane, "next-pane", MOVE, &["Tab"], &["p"], "next pane", Some(("Tab", "pane"))),
    row(Command::PreviousPane, "previous-pane", MOVE, &["Shift-Tab"], &["P"], "pane before", None),
    row(Command::First, "first", REPLAY, &["Home"], &["Home"], "first step; oldest cycle", None),
    row(Command::Last, "last", REPLAY, &["End"], &["End"], "last step; newest cycle", None),
    row(Command::Play, "play", REPLAY, &["Space"], &["Space"], "play, pause", Some(("Space", "play"))),
    row(Command::Faster, "faster", REPLAY, &["+", "="], &["+", "="], "play faster", None),
    row(Command::Slower, "slower", REPLAY, &["-"], &["-"], "play slower", None),
    row(Command::Jump, "jump", MOVE, &["g"], &[], "go to what is on the screen, by labels", Some(("g", "go to"))),
    row(Command::Freeze, "freeze", LIST, &["f"], &["f"], "freeze, or go on", Some(("f", "freeze"))),
    row(Command::Browser, "browser", EVERYWHERE, &["o"], &[], "dashboard in a browser", Some(("o", "browser"))),
    row(Command::FilterOnOff, "filter-on-off", LIST, &["\\"], &["\\"], "filter off, or on again", None),
    row(Command::Noise, "noise", LIST, &["."], &["."], "health checks: hide, show", None),
    row(Command::NextProblem, "next-problem", REPLAY, &["e"], &["e"], "next problem", None),
    row(Command::PreviousProblem, "previous-problem", REPLAY, &["E"], &["E"], "problem before", None),
    row(Command::Record, "record", EVERYWHERE, &["R"], &["R"], "record, or stop that", None),
    row(Command::Output, "output", EVERYWHERE, &["O"], &[], "what the app prints (of `run`)", None),
    row(Command::Export, "export", LIST, &["x"], &["x"], "export into a file", None),
    row(Command::Send, "send", LIST, &["s"], &["s"], "send to a collector", None),
    row(Command::ZoomIn, "zoom-in", REPLAY, &[], &["z"], "zoom in on the timeline", None),
    row(Command::ZoomOut, "zoom-out", REPLAY, &[], &["Z"], "zoom out", None),
    row(Command::ZoomAll, "zoom-all", REPLAY, &[], &["0"], "all of the time in view", None),
    row(Command::PanLeft, "pan-left", REPLAY, &[], &["Shift-Left"], "earlier times in view, where not all are", None),
    row(Command::PanRight, "pan-right", REPLAY, &[], &["Shift-Right"], "later times in view", None),
    row(Command::Compare, "compare", LIST, &["c"], &["c"], "compare with another cycle", None),
    row(Command::NextChange, "next-change", REPLAY, &["]"], &["]"], "next step that changed something", None),
    row(Command::PreviousChange, "previous-change", REPLAY, &["["], &["["], "the one before", None),
    row(Command::NextMatch, "next-match", REPLAY, &["n"], &["n"], "next step with what is searched for", None),
    row(Command::PreviousMatch, "previous-match", REPLAY, &["N"], &["N"], "the one before", None),
    row(Command::BodyKind, "body-kind", MESSAGE, &["v"], &["v"], "body as JSON, text, bytes", None),
    row(Command::BodyEncoded, "body-encoded", MESSAGE, &["V"], &["V"], "body as it passed, or decoded", None),
    row(Command::CopyValue, "copy-value", MESSAGE, &["y"], &["y"], "copy the value of the line", Some(("y", "copy"))),
    row(Command::CopyStep, "copy-step", MESSAGE, &["Y"], &["Y"], "copy the whole step", None),
    row(Command::CopyCurl, "copy-curl", MESSAGE, &["C"], &["C"], "copy the request as a curl command", None),
    row(Command::Editor, "editor", MESSAGE, &["i"], &[], "body, value or step in $VISUAL or $EDITOR", None),
    row(Command::Pager, "pager", MESSAGE, &["p"], &[], "the same in $PAGER", None),
    row(Command::Source, "source", MESSAGE, &["d"], &["d"], "its place in the source, in the editor", None),
    row(Command::Maximise, "maximise", PANES, &["m"], &["m"], "one pane alone, or all again", None),
    row(Command::Grow, "grow", PANES, &[">"], &[">"], "more room for the pane", None),
    row(Command::Shrink, "shrink", PANES, &["<"], &["<"], "less room for it", None),
    row(Command::Mouse, "mouse", EVERYWHERE, &["M"], &[], "mouse: ours, or the terminal's", None),
    row(Command::Palette, "palette", EVERYWHERE, &[":"], &[":"], "choose a command by name", Some((":", "commands"))),
    row(Command::ViewCycles, "view-cycles", EVERYWHERE, &["1"], &["1"], "cycles", Some(("1", "cycles"))),
    row(Command::ViewStack, "view-stack", EVERYWHERE, &["2"], &["2"], "map of the app", None),
    row(Command::ViewState, "view-state", EVERYWHERE, &["3"], &["3"], "state of the tool, apps", None),
    row(Command::ViewInsights, "view-insights", EVERYWHERE, &["4"], &["4"], "what a reviewer would remark", None),
    row(Command::ViewLog, "view-log", EVERYWHERE, &["5"], &[], "log of this tool", None),
];

/// What a command does in the browser, where that is something else: its list has the newest cycle on top.
const fn in_the_browser(command: Command) -> Option<&'static str> {
    match command {
        Command::Filter => Some("write a filter; in the panes of a cycle: search"),
        Command::CopyValue => Some("copy the value that has the focus, or is pointed at"),
        Command::Grow => Some("more room for the list, or the cycle"),
        Command::Back => Some("back to the list"),
        Command::First => Some("first step; newest cycle"),
        Command::Last => Some("last step; oldest cycle"),
        _ => None,
    }
}

/// The table for `GET /api/keys`: commands that belong together, in order of the first of them.
pub(crate) fn groups() -> Vec<KeyGroup> {
    let mut groups: Vec<KeyGroup> = Vec::new();
    let texts = |keys: Keys| keys.iter().map(ToString::to_string).collect();
    for binding in KEYS {
        let line = KeyLine {
            command: binding.name.into(),
            what: binding.what.into(),
            web_what: in_the_browser(binding.command).map(Into::into),
            terminal: texts(binding.terminal),
            web: texts(binding.web),
        };
        match groups.iter_mut().find(|group| group.title == binding.group) {
            Some(group) => group.commands.push(line),
            None => groups.push(KeyGroup {
                title: binding.group.into(),
                commands: vec![line],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_and_no_command_is_there_twice() {
        let mut commands = HashSet::new();
        let mut names = HashSet::new();
        let mut keys = [HashSet::new(), HashSet::new()];
        for binding in KEYS {
            assert!(commands.insert(binding.command), "{:?}", binding.command);
            assert!(names.insert(binding.name), "{}", binding.name);
            assert!(!binding.what.is_empty());
            assert!(binding.terminal.len() + binding.web.len() > 0);
            for (keys, bound) in keys.iter_mut().zip([binding.terminal, binding.web]) {
                for key in bound {
                    assert!(keys.insert(*key), "{key}");
                }
            }
        }
        let listed: usize = groups().iter().map(|group| group.commands.len()).sum();
        assert_eq!(listed, KEYS.len());
    }
}
