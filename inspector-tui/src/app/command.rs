//! What a key does.

use super::{
    App, Choices, Opened, Palette, Pane, Role, Screen, View, filter::Typed, pages, problems, search,
};
use crate::{
    event::{Effect, Reader},
    keys::Command,
};
use onionskin::{
    text::{escape, escape_bytes},
    wire::Side,
};
use onionskin_web::model::ListedCycle;
use std::time::Instant;

impl App {
    pub(super) fn command(&mut self, command: Command, now: Instant) -> Option<Effect> {
        match command {
            Command::Quit => return Some(Effect::Quit),
            Command::Browser => return Some(Effect::OpenBrowser),
            Command::Mouse => return Some(self.mouse()),
            Command::Jump => return Some(Effect::Targets),
            Command::Editor => return self.read(Reader::Editor),
            Command::Pager => return self.read(Reader::Pager),
            Command::Source => return self.source(),
            Command::Record => return Some(Effect::Record),
            Command::Send => return Some(Effect::Send(self.list.selected()?.cycle.id.clone())),
            Command::Palette => self.palette = Some(Palette::default()),
            Command::Export => match self.looked_at() {
                Some(id) => self.palette = Some(Palette::of(Choices::Formats { id })),
                None => {
                    let [up, down] = [Command::Up, Command::Down].map(|c| self.keys.hint(c));
                    self.said = Some(format!("select a cycle first, with {up} and {down}"));
                }
            },
            Command::Freeze => self.list.toggle_frozen(),
            Command::Help => self.show(Screen::Help),
            Command::ViewCycles => self.pages.clear(),
            Command::ViewStack => self.show(Screen::Stack),
            Command::ViewState => self.show(Screen::State),
            Command::ViewInsights => self.show(Screen::Insights),
            Command::ViewLog => self.show(Screen::Log),
            Command::Output => match &mut self.output {
                Some(output) => output.shown = !output.shown,
                None => {
                    let how = "no app was started here: `onionskin run -- COMMAND` does that";
                    self.said = Some(how.into());
                }
            },
            Command::FilterOnOff => {
                self.filter.off = !self.filter.off;
                return self.typed(Typed::Done);
            }
            Command::Noise => {
                self.filter.quiet = !self.filter.quiet;
                return self.typed(Typed::Done);
            }
            command if !self.pages.is_empty() => return self.page_command(command),
            command => return self.cycles_command(command, now),
        }
        None
    }

    fn mouse(&mut self) -> Effect {
        self.mouse_released = !self.mouse_released;
        self.said = Some(match self.mouse_released {
            true => format!(
                "the mouse selects text now, as the terminal has it; {} takes it back",
                self.keys.hint(Command::Mouse)
            ),
            false => "the mouse is for the panes again".into(),
        });
        Effect::Mouse {
            captured: !self.mouse_released,
        }
    }

    /// A key on one of the screens above the cycles.
    fn page_command(&mut self, command: Command) -> Option<Effect> {
        let page = self.pages.last()?;
        let lines = pages::lines(self, &page.screen);
        let cursor = page.cursor;
        let by = match command {
            Command::Back => {
                self.pages.pop();
                return None;
            }
            Command::Open => {
                let action = lines.get(cursor)?.action.clone()?;
                return self.act(action);
            }
            Command::CopyValue => return Some(self.copy(lines.get(cursor)?.text())),
            Command::Up => -1,
            Command::Down => 1,
            Command::PageUp => -10,
            Command::PageDown => 10,
            Command::First => isize::MIN,
            Command::Last => isize::MAX,
            _ => return None,
        };
        self.page_down(by);
        None
    }

    /// Moves the cursor of the screen above the cycles.
    pub(super) fn page_down(&mut self, by: isize) {
        let lines = self
            .pages
            .last()
            .map(|page| pages::lines(self, &page.screen));
        let last = lines.map_or(0, |lines| lines.len().saturating_sub(1));
        if let Some(page) = self.pages.last_mut() {
            page.cursor = page.cursor.saturating_add_signed(by).min(last);
        }
    }

    fn act(&mut self, action: super::Action) -> Option<Effect> {
        self.pages.clear();
        match action {
            super::Action::Open(id) => {
                self.list.select_id(&id);
                self.wanted = Some(id);
                self.focus(Pane::Timeline);
                None
            }
            super::Action::Filter(filter) => {
                self.filter.text = filter;
                self.filter.off = false;
                self.focus(Pane::List);
                self.typed(Typed::Done)
            }
        }
    }

    /// A key on the screen of the cycles.
    fn cycles_command(&mut self, command: Command, now: Instant) -> Option<Effect> {
        let in_list = self.focus == Pane::List;
        match command {
            Command::Filter if in_list => {
                self.filter.open();
                return self.typed(Typed::Changed);
            }
            Command::Filter => self.search.open(),
            Command::NextMatch => self.go_to_match(true),
            Command::PreviousMatch => self.go_to_match(false),
            Command::NextProblem => self.problem(true),
            Command::PreviousProblem => self.problem(false),
            Command::NextChange => self.change(true),
            Command::PreviousChange => self.change(false),
            Command::NextPane => self.focus(self.focus.turn(1)),
            Command::PreviousPane => self.focus(self.focus.turn(3)),
            Command::Maximise => self.layout.maximised = !self.layout.maximised,
            Command::Grow => self.layout.resize(self.focus, 1),
            Command::Shrink => self.layout.resize(self.focus, -1),
            Command::Compare => self.compare(),
            Command::Back => self.back(),
            Command::Up => self.down(-1),
            Command::Down => self.down(1),
            Command::PageUp => self.down(-10),
            Command::PageDown => self.down(10),
            Command::First if in_list => self.select(isize::MIN),
            Command::Last if in_list => self.select(isize::MAX),
            Command::Open | Command::StepForward if in_list => {
                if self.list.selected().is_none() {
                    self.select(0);
                }
                self.focus(Pane::Timeline);
            }
            Command::Open => self.fold(),
            Command::First => self.go(isize::MIN),
            Command::Last => self.go(isize::MAX),
            Command::StepBack => self.go(-1),
            Command::StepForward => self.go(1),
            Command::Play => self.play(|view| view.player.toggle(now)),
            Command::Faster => self.play(|view| view.player.change_speed(1, now)),
            Command::Slower => self.play(|view| view.player.change_speed(-1, now)),
            Command::BodyKind => self.body(|pane| pane.next_kind()),
            Command::BodyEncoded => self.body(|pane| {
                pane.encoded = !pane.encoded;
                pane.kind = None;
                true
            }),
            Command::CopyValue => return self.copy_value(),
            Command::CopyStep => return self.copy_step(),
            Command::CopyCurl => return self.looked_at().map(Effect::Curl),
            // The dashboard's own: no key of the terminal leads here.
            _ => {}
        }
        None
    }

    fn back(&mut self) {
        if self.layout.maximised {
            self.layout.maximised = false;
        } else if !self.search.text.is_empty() {
            self.search.text.clear();
        } else if self.focus == Pane::List {
            self.list.unselect();
            self.wanted = None;
            self.opened = Opened::Nothing;
        } else {
            self.focus(Pane::List);
        }
    }

    /// Id of the cycle that is looked at.
    fn looked_at(&self) -> Option<String> {
        let selected = self.list.selected().map(|listed| listed.cycle.id.clone());
        let open = self.view().map(|view| view.id().to_owned());
        self.wanted.clone().or(open).or(selected)
    }

    /// Marks a cycle to be compared, or compares the one that is marked with this one.
    fn compare(&mut self) {
        let Some(id) = self.looked_at() else {
            return;
        };
        match self.marked.take() {
            None => {
                let key = self.keys.hint(Command::Compare);
                self.said = Some(format!("{key} on another cycle compares it with this one"));
                self.marked = Some(id);
            }
            Some(marked) if marked == id => self.said = Some("not marked any more".into()),
            Some(marked) => self.show(Screen::Compare { a: marked, b: id }),
        }
    }

    /// Goes to the next thing that went wrong: a cycle, or a step of the one that is open.
    fn problem(&mut self, forward: bool) {
        if self.focus == Pane::List {
            let wrong = |listed: &ListedCycle| listed.problem;
            match self.list.select_where(forward, wrong) {
                true => self.load(),
                false => self.said = Some("no further problem in this list".into()),
            }
            return;
        }
        let found = |view: &View| problems::step(&view.timeline, view.player.step(), forward);
        self.go_where(found, "no further problem in this cycle");
    }

    fn change(&mut self, forward: bool) {
        let found = |view: &View| {
            let here = view.player.step();
            let changed = |at: &usize| !view.timeline.steps[*at].edits.is_empty();
            match forward {
                true => (here + 1..view.player.len()).find(changed),
                false => (0..here).rev().find(changed),
            }
        };
        self.go_where(found, "no further change in this cycle");
    }

    pub(super) fn go_to_match(&mut self, forward: bool) {
        let text = self.search.text.clone();
        if text.is_empty() {
            let key = self.keys.hint(Command::Filter);
            self.said = Some(format!("nothing is searched for: {key} in a cycle does"));
            return;
        }
        let here = |view: &View| search::step(&view.timeline, view.player.step(), &text, forward);
        self.go_where(here, "no step changes, logs or runs that");
    }

    fn go_where(&mut self, found: impl Fn(&View) -> Option<usize>, otherwise: &str) {
        let Some(view) = self.view_mut() else {
            return;
        };
        match found(view) {
            Some(step) => view.player.go(step),
            None => self.said = Some(otherwise.into()),
        }
    }

    pub(super) fn focus(&mut self, pane: Pane) {
        self.focus = pane;
    }

    pub(super) fn play(&mut self, f: impl FnOnce(&mut View)) {
        if let Some(view) = self.view_mut() {
            f(view);
        }
    }

    pub(super) fn go(&mut self, by: isize) {
        self.play(|view| {
            let step = view.player.step().saturating_add_signed(by);
            view.player.go(step);
        });
    }

    fn down(&mut self, by: isize) {
        match self.focus {
            Pane::List => self.select(by),
            Pane::Timeline => self.go(by),
            Pane::Request => self.play(|view| view.request.down(by)),
            Pane::Response => self.play(|view| view.response.down(by)),
        }
    }

    pub(super) fn select(&mut self, by: isize) {
        if self.list.select(by) {
            self.load();
        }
    }

    /// Asks for the selected cycle.
    pub(super) fn load(&mut self) {
        self.wanted = self.list.selected().map(|listed| listed.cycle.id.clone());
    }

    /// Folds the JSON at the cursor; in the timeline, goes on to the message that the step is about.
    fn fold(&mut self) {
        match self.focus.side() {
            None => {
                let is_response = self.view().and_then(View::step).is_some_and(|step| {
                    onionskin::replay::side(step.stage, step.edge) == Side::Response
                });
                self.focus(if is_response {
                    Pane::Response
                } else {
                    Pane::Request
                });
            }
            Some(side) => self.play(|view| {
                if view.pane_mut(side).fold() {
                    view.make(side);
                }
            }),
        }
    }

    /// Shows a body in another way: of the focused message, or of the response.
    fn body(&mut self, change: impl FnOnce(&mut super::MessagePane) -> bool) {
        let side = self.focus.side().unwrap_or(Side::Response);
        self.play(|view| {
            if change(view.pane_mut(side)) {
                view.unsettle();
            }
        });
    }

    fn copy(&mut self, text: String) -> Effect {
        let lines = text.lines().count();
        self.said = Some(match lines {
            0 | 1 => "the line is in the clipboard".into(),
            lines => format!("{lines} lines are in the clipboard"),
        });
        Effect::Copy(text)
    }

    /// What the cursor is at: a value of a message, the step, the target of a cycle. As it is shown: what could steer a
    /// terminal is escaped.
    fn copy_value(&mut self) -> Option<Effect> {
        let text = match self.focus.side() {
            Some(side) => {
                let line = self.view()?.pane(side).line()?;
                match &line.value {
                    Some(value) => escape_bytes(value).into_owned(),
                    None => line.text(),
                }
            }
            None if self.focus == Pane::Timeline => {
                escape(&self.view()?.current_row()?.name).into_owned()
            }
            None => escape(&self.list.selected()?.cycle.target).into_owned(),
        };
        Some(self.copy(text))
    }

    /// Both messages at the step, as they are shown.
    fn copy_step(&mut self) -> Option<Effect> {
        let Some(text) = self.step_text() else {
            self.say_no_step();
            return None;
        };
        Some(self.copy(text))
    }
}

/// A status is a word of its own: text of a page copies without its colours.
impl super::PageLine {
    pub(crate) fn text(&self) -> String {
        let mut text: String = self.pieces.iter().map(|piece| &*piece.text).collect();
        if !self.right.is_empty() {
            text += "  ";
            text.extend(self.right.iter().map(|piece| &*piece.text));
        }
        text.trim().to_owned()
    }
}

impl super::PageLine {
    /// A line that only divides.
    pub(super) fn heading(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![super::piece(Role::Strong, text)],
            ..Self::default()
        }
    }
}
