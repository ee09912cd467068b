//! How the state changes.

use super::{App, Link, Opened, Pane, View, filter::Typed, problems};
use crate::{
    event::{Effect, Event, News},
    keys::{self, Command},
};
use onionskin_web::model::{ListedCycle, LiveEvent};
use std::time::Instant;

/// What an event led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Whether the screen shows something else now.
    pub changed: bool,
    /// What is to be done.
    pub effect: Option<Effect>,
}

impl Update {
    const CHANGED: Self = Self {
        changed: true,
        effect: None,
    };
    const NOTHING: Self = Self {
        changed: false,
        effect: None,
    };
}

impl From<Option<Effect>> for Update {
    fn from(effect: Option<Effect>) -> Self {
        Self {
            changed: true,
            effect,
        }
    }
}

impl App {
    /// Takes an event.
    pub fn update(&mut self, event: Event) -> Update {
        match event {
            Event::Redraw => Update::CHANGED,
            Event::Key(key, _) if self.filter.field.is_some() => {
                let typed = self.filter.key(key);
                self.typed(typed).into()
            }
            Event::Key(key, now) => match keys::command(&key) {
                Some(command) => self.command(command, now).into(),
                None => Update::NOTHING,
            },
            Event::Tick(now) => Update {
                changed: self.view_mut().is_some_and(|v| v.player.tick(now)),
                effect: None,
            },
            Event::News(news) => self.news(news),
            Event::Printed(printed) => Update {
                changed: self.output.get_or_insert_default().take(printed),
                effect: None,
            },
        }
    }

    /// When to send the next [`Event::Tick`]; none: not at all.
    pub fn due(&self) -> Option<Instant> {
        self.view()?.player.due()
    }

    fn command(&mut self, command: Command, now: Instant) -> Option<Effect> {
        if self.help && !matches!(command, Command::Quit | Command::Browser) {
            self.help = false;
            return None;
        }
        let in_list = self.focus == Pane::List;
        match command {
            Command::Help => self.help = true,
            Command::Quit => return Some(Effect::Quit),
            Command::Browser => return Some(Effect::OpenBrowser),
            Command::Record => return Some(Effect::Record),
            Command::Send => return Some(Effect::Send(self.list.selected()?.cycle.id.clone())),
            Command::Freeze => self.list.toggle_frozen(),
            Command::Output => {
                if let Some(output) = &mut self.output {
                    output.shown = !output.shown;
                }
            }
            Command::Filter => {
                self.filter.open();
                return self.typed(Typed::Changed);
            }
            Command::FilterOnOff => {
                self.filter.off = !self.filter.off;
                return self.typed(Typed::Done);
            }
            Command::Noise => {
                self.filter.quiet = !self.filter.quiet;
                return self.typed(Typed::Done);
            }
            Command::NextProblem => return self.problem(true),
            Command::PreviousProblem => return self.problem(false),
            Command::NextPane => self.focus(self.focus.turn(1)),
            Command::PreviousPane => self.focus(self.focus.turn(3)),
            Command::Back if in_list => {
                self.list.unselect();
                self.wanted = None;
                self.opened = Opened::Nothing;
            }
            Command::Back => self.focus(Pane::List),
            Command::Up => return self.down(-1),
            Command::Down => return self.down(1),
            Command::PageUp => return self.down(-10),
            Command::PageDown => return self.down(10),
            Command::First if in_list => return self.select(isize::MIN),
            Command::Last if in_list => return self.select(isize::MAX),
            Command::Open | Command::StepForward if in_list => {
                let effect = match self.list.selected() {
                    None => self.select(0),
                    Some(_) => None,
                };
                self.focus(Pane::Timeline);
                return effect;
            }
            Command::Open => self.focus(Pane::Timeline),
            Command::First => self.go(isize::MIN),
            Command::Last => self.go(isize::MAX),
            Command::StepBack => self.go(-1),
            Command::StepForward => self.go(1),
            Command::Play => self.play(|view| view.player.toggle(now)),
            Command::Faster => self.play(|view| view.player.change_speed(1, now)),
            Command::Slower => self.play(|view| view.player.change_speed(-1, now)),
            // The dashboard's own: no key of the terminal leads here.
            _ => {}
        }
        None
    }

    /// What is to be done after the filter changed, or what is written in its field.
    fn typed(&mut self, typed: Typed) -> Option<Effect> {
        match typed {
            Typed::Nothing => None,
            Typed::Changed => {
                let field = self.filter.field.as_ref()?;
                Some(Effect::Complete {
                    text: field.line.value().to_owned(),
                    cursor: field.cursor_utf16(),
                })
            }
            Typed::Done => Some(Effect::Filter(self.filter.active())),
        }
    }

    /// Goes to the next thing that went wrong: a cycle, or a step of the one that is open.
    fn problem(&mut self, forward: bool) -> Option<Effect> {
        if self.focus == Pane::List {
            let wrong = |listed: &ListedCycle| listed.problem;
            return match self.list.select_where(forward, wrong) {
                true => self.load(),
                false => None,
            };
        }
        let view = self.view_mut()?;
        let step = problems::step(&view.cycle, view.player.step(), forward)?;
        view.player.go(step);
        None
    }

    fn focus(&mut self, pane: Pane) {
        self.focus = pane;
        self.scroll = 0;
    }

    fn play(&mut self, f: impl FnOnce(&mut View)) {
        if let Some(view) = self.view_mut() {
            f(view);
        }
    }

    fn go(&mut self, by: isize) {
        self.play(|view| {
            let step = view.player.step().saturating_add_signed(by);
            view.player.go(step);
        });
    }

    fn down(&mut self, by: isize) -> Option<Effect> {
        match self.focus {
            Pane::List => return self.select(by),
            Pane::Timeline => self.go(by),
            Pane::Request | Pane::Response => {
                self.scroll = self.scroll.saturating_add_signed(by).min(self.last_line());
            }
        }
        None
    }

    /// How far the focused message can be scrolled: until its last line is the first.
    fn last_line(&self) -> usize {
        let side = match self.focus {
            Pane::Request => onionskin::wire::Side::Request,
            _ => onionskin::wire::Side::Response,
        };
        let lines = self.view().and_then(|v| super::message_lines(v, side));
        lines.map_or(0, |l| l.len().saturating_sub(1))
    }

    fn select(&mut self, by: isize) -> Option<Effect> {
        match self.list.select(by) {
            true => self.load(),
            false => None,
        }
    }

    /// Asks for the selected cycle.
    fn load(&mut self) -> Option<Effect> {
        let id = self.list.selected()?.cycle.id.clone();
        self.wanted = Some(id.clone());
        Some(Effect::Load(id))
    }

    fn news(&mut self, news: News) -> Update {
        match news {
            News::Connected {
                filter,
                matched,
                cycles,
                apps,
                counters,
                memory,
            } => {
                self.link = Link::Live;
                self.filter.refused = None;
                self.filter.matched = (!filter.is_empty()).then_some(matched);
                if self.listed != filter {
                    self.list.clear();
                    self.listed = filter;
                }
                self.counters = counters;
                self.memory = memory;
                self.list.runs(&apps);
                cycles.into_iter().for_each(|c| self.list.push(c));
            }
            News::Refused(why) => self.filter.refused = Some(why),
            News::Help { text, help } => self.filter.help(&text, help),
            News::Lost(why) => self.link = Link::Lost(why),
            News::Live(LiveEvent::Spans(_)) => return self.ask_spans(),
            News::Live(event) => self.live(event),
            News::Said(said) => self.said = Some(said),
            News::Loaded { id, result } => {
                // One that is not wanted any more is not shown.
                if self.wanted.as_ref() != Some(&id) {
                    return Update::NOTHING;
                }
                self.wanted = None;
                self.scroll = 0;
                self.opened = match result {
                    Ok(cycle) => Opened::Cycle(Box::new(View::new(*cycle))),
                    Err(why) => Opened::Failed(why),
                };
                return self.ask_spans();
            }
            News::Spans { id, spans } => match self.view_mut() {
                Some(view) if view.cycle.id == id && view.spans != *spans => view.spans = *spans,
                _ => return Update::NOTHING,
            },
        }
        Update::CHANGED
    }

    /// Asks what other services did in the trace of the cycle that is open.
    fn ask_spans(&self) -> Update {
        self.view()
            .map(|view| Effect::Spans(view.cycle.id.clone()))
            .into()
    }

    fn live(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Cycle(cycle) => self.list.push(*cycle),
            LiveEvent::Run(run) => self.list.run(&run),
            LiveEvent::Counters {
                counters,
                memory,
                matched,
            } => {
                self.filter.matched = matched;
                self.counters = counters;
                self.memory = memory;
            }
            // The newest cycles are asked for again: see [`crate::source`].
            LiveEvent::Lagged { .. } | LiveEvent::Spans(_) => {}
        }
    }
}
