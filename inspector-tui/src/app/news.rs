//! What the inspector says.

use super::{App, Link, Opened, Update};
use crate::{
    ask::Answers,
    event::{Effect, News},
};
use onionskin::text::escape;
use onionskin_web::model::LiveEvent;
use std::time::Instant;

impl App {
    pub(super) fn news(&mut self, news: News) -> Update {
        match news {
            News::Connected {
                filter,
                matched,
                missing,
                cycles,
                apps,
                counters,
                memory,
            } => {
                if self.link != Link::Live {
                    self.log("the inspector answers");
                }
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
                self.list.begin(matched, missing, cycles);
            }
            News::Refused(why) => {
                self.log(&format!("filter not understood: {}", escape(&why)));
                self.filter.refused = Some(why);
            }
            News::Help { text, help } => self.filter.help(&text, help),
            News::Lost(why) => self.lost(why),
            News::Live(event) => self.live(event),
            News::Said(said) => {
                self.log(&escape(&said));
                self.done = Some(said);
            }
            News::Exported(said) => {
                let said = escape(&said).into_owned();
                self.log(&said);
                self.said = Some(said);
            }
            News::Answered { question, result } => {
                if let Err(failure) = &result {
                    let why = format!("no answer: {}", escape(&failure.why));
                    self.log(&why);
                }
                self.answers.take(question, result, Instant::now());
            }
            News::Body(reader, Ok(document)) => {
                return Some(Effect::Read(reader, document)).into();
            }
            News::Body(_, Err(why)) => {
                let why = format!("the body can't be read: {}", escape(&why));
                self.log(&why);
                self.said = Some(why);
            }
            News::Curl(Ok(text)) => {
                self.said = Some("the request is in the clipboard, as a command for curl".into());
                return Some(Effect::Copy(text)).into();
            }
            News::Curl(Err(why)) => {
                let why = format!("no command for curl: {}", escape(&why));
                self.log(&why);
                self.said = Some(why);
            }
        }
        Update::CHANGED
    }

    /// Another inspector has taken the place of the one that is gone. Apps tell it what they have still, and it counts anew.
    pub(crate) fn moved(&mut self, url: String) {
        self.log("another inspector runs by now");
        self.url = url;
        self.answers = Answers::default();
        self.list.restart();
        if let Opened::Cycle(view) = &mut self.opened {
            view.unsettle();
        }
    }

    fn lost(&mut self, why: String) {
        // It is asked again and again; once is enough to be told.
        if self.link != Link::Lost(why.clone()) {
            self.log(&format!("the inspector is lost: {}", escape(&why)));
            self.link = Link::Lost(why);
        }
    }

    fn live(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Cycle(cycle) => self.list.push(*cycle),
            LiveEvent::Run(run) => {
                self.list.run(&run);
                self.renew_state();
            }
            LiveEvent::Counters {
                counters,
                memory,
                matched,
            } => {
                self.filter.matched = matched;
                self.list.total(matched.unwrap_or(counters.stored));
                self.counters = counters;
                self.memory = memory;
            }
            LiveEvent::Spans(_) => {
                if let Some(of_others) = self.view().map(super::View::of_others) {
                    self.answers.renew(&of_others);
                }
            }
            // What is missing is asked for: see [`crate::source`].
            LiveEvent::Lagged { .. } => {}
        }
    }
}
