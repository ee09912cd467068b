//! How the state changes.

use super::{App, Opened, Screen, View, filter::Typed, jump, pages, palette::Chosen};
use crate::{
    ask::{Answer, Known, Question},
    event::{Effect, Event},
};
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
    pub(super) const CHANGED: Self = Self {
        changed: true,
        effect: None,
    };
    pub(super) const NOTHING: Self = Self {
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
        let mut update = match event {
            Event::Redraw => Update::CHANGED,
            Event::Columns(columns) => {
                self.layout.columns = columns;
                Update::CHANGED
            }
            Event::Key(key, now) => self.key(key, now),
            Event::Click(spot) => self.click(spot),
            Event::DoubleClick(now) => self.open(now),
            Event::Wheel(spot, by) => self.wheel(spot, by),
            Event::LayOut(layout) => self.lay_out(layout),
            Event::Targets(spots) => self.label(spots),
            Event::Tick(now) => Update {
                changed: self.view_mut().is_some_and(|v| v.player.tick(now)),
                effect: None,
            },
            Event::News(news) => self.news(news),
            Event::Returned(how) => {
                self.answers.forget_pictures();
                if let Err(why) = how {
                    self.log(&why);
                    self.said = Some(why);
                }
                Update::CHANGED
            }
            Event::Printed(printed) => Update {
                changed: self.output.get_or_insert_default().take(printed),
                effect: None,
            },
        };
        update.changed |= self.settle();
        update
    }

    /// When to send the next [`Event::Tick`]; none: not at all.
    pub fn due(&self) -> Option<Instant> {
        let playing = self.view().and_then(|view| view.player.due());
        [playing, self.answers.due()].into_iter().flatten().min()
    }

    /// What is to be asked now for what is in view.
    pub fn questions(&mut self, now: Instant) -> Vec<Question> {
        let needs = self.needs();
        self.answers.ask(&needs, self.counters.seen, now)
    }

    /// What has to be known to show what is in view, the most urgent first.
    fn needs(&self) -> Vec<Question> {
        let mut needs = Vec::new();
        if let Some(page) = self.pages.last() {
            pages::needs(self, &page.screen, &mut needs);
        }
        if let Some(id) = &self.wanted {
            needs.push(Question::Timeline { id: id.clone() });
        }
        if let Some(view) = self.view().filter(|_| self.wanted.is_none()) {
            view.needs(&mut needs);
            if self.graphics {
                needs.extend(view.pictures(self.layout.room()));
            }
        }
        needs
    }

    /// Takes what is known by now of what was asked for. Returns whether anything is shown that was not.
    fn settle(&mut self) -> bool {
        let mut changed = false;
        if let Some(id) = &self.wanted {
            let opened = match self.answers.get(&Question::Timeline { id: id.clone() }) {
                Known::Here(Answer::Timeline(timeline)) => {
                    Some(Opened::Cycle(Box::new(View::new(timeline.clone()))))
                }
                Known::Failed(why) => Some(Opened::Failed(why.to_owned())),
                _ => None,
            };
            if let Some(opened) = opened {
                changed = true;
                // What failed may come still: it is asked again.
                if matches!(opened, Opened::Cycle(_)) {
                    self.wanted = None;
                }
                self.opened = opened;
            }
        }
        if let Opened::Cycle(view) = &mut self.opened {
            changed |= view.settle(&self.answers, &self.layout);
        }
        changed
    }

    fn key(&mut self, key: crossterm::event::KeyEvent, now: Instant) -> Update {
        self.said = None;
        if self.filter.field.is_some() {
            let typed = self.filter.key(key);
            return self.typed(typed).into();
        }
        if self.search.field.is_some() {
            if self.search.key(key) {
                self.go_to_match(true);
            }
            return Update::CHANGED;
        }
        if let Some(palette) = &mut self.palette {
            let chosen = palette.key(key, &self.keys);
            return match chosen {
                Chosen::Nothing => Update::CHANGED,
                Chosen::GivenUp => {
                    self.palette = None;
                    Update::CHANGED
                }
                Chosen::Command(command) => {
                    self.palette = None;
                    self.command(command, now).into()
                }
                Chosen::Export { id, format } => {
                    self.palette = None;
                    self.said = Some(format!("exporting as {format} …"));
                    Some(Effect::Export { id, format }).into()
                }
            };
        }
        if let Some(mut jump) = self.jump.take() {
            match jump.key(key) {
                jump::Typed::Part => self.jump = Some(jump),
                jump::Typed::To(spot) => return self.click(spot),
                jump::Typed::GivenUp => {}
            }
            return Update::CHANGED;
        }
        match self.keys.command(&key) {
            Some(command) => self.command(command, now).into(),
            None => Update::NOTHING,
        }
    }

    /// What is to be done after the filter changed, or what is written in its field.
    pub(super) fn typed(&mut self, typed: Typed) -> Option<Effect> {
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

    /// What is known of the inspector and the apps may be another by now, although no cycle came.
    pub(super) fn renew_state(&mut self) {
        for question in [Question::Status, Question::Apps] {
            self.answers.renew(&question);
        }
    }

    /// Shows a screen; where it is the one in view, goes back.
    pub(super) fn show(&mut self, screen: Screen) {
        let is_shown = self.pages.last().is_some_and(|page| page.screen == screen);
        self.pages.retain(|page| page.screen != screen);
        if !is_shown {
            if screen == Screen::State {
                self.renew_state();
            }
            self.pages.push(super::Page { screen, cursor: 0 });
        }
    }
}
