//! The UI without its loop: a state, a terminal that nobody sees, and an inspector that is asked between pictures.

use anyhow::{Result, ensure};
use cpu_time::ThreadTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onionskin_tui::{
    answer_of,
    app::App,
    event::{Event, News},
    theme::Theme,
    ui,
};
use onionskin_web::{
    Client,
    client::List,
    model::{ListedCycle, LiveEvent},
};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};
use std::{
    io::{Sink, sink},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// Cycles of a page.
const PAGE: u64 = 1_000;

/// What a picture took.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    /// Of the processor: other work on the machine is not in it.
    pub(crate) work: Duration,
    /// By the clock.
    pub(crate) clock: Duration,
}

pub(crate) struct Ui<'r> {
    runtime: &'r Runtime,
    client: Client,
    app: App,
    terminal: Terminal<CrosstermBackend<Sink>>,
    /// The newest cycles, to be told again as newer ones.
    newest: Vec<ListedCycle>,
    position: u64,
}

impl<'r> Ui<'r> {
    /// One that has heard of all cycles that the inspector has.
    pub(crate) fn new(runtime: &'r Runtime, client: Client, cycles: u64) -> Result<Self> {
        let options = TerminalOptions {
            viewport: Viewport::Fixed(Rect::new(0, 0, 200, 50)),
        };
        let terminal = Terminal::with_options(CrosstermBackend::new(sink()), options)?;
        let mut app = App::new("http://127.0.0.1:7335/#token=none".into(), Vec::new());
        let mut newest = Vec::new();
        for page in 0..cycles / PAGE {
            let list = List {
                limit: Some(PAGE as usize),
                skip: (page * PAGE) as u32,
                ..List::default()
            };
            let answer = runtime.block_on(client.list(&list))?;
            ensure!(answer.cycles.len() as u64 == PAGE, "a page is missing");
            if page == 0 {
                newest.clone_from(&answer.cycles);
            }
            app.update(Event::News(News::Connected {
                filter: String::new(),
                matched: answer.matched,
                missing: None,
                cycles: answer.cycles,
                apps: Vec::new(),
                counters: answer.counters,
                memory: answer.memory,
            }));
        }
        let position = newest.iter().map(|c| c.position).max().unwrap_or(0);
        Ok(Self {
            runtime,
            client,
            app,
            terminal,
            newest,
            position,
        })
    }

    /// Takes a key and so many cycles, and draws. Returns what that took; what it asks is answered afterwards.
    pub(crate) fn picture(&mut self, key: Option<KeyCode>, news: usize) -> Took {
        let mut events: Vec<_> = (0..news).map(|at| self.news(at)).collect();
        events.extend(key.map(pressed));
        let (begun, worked) = (Instant::now(), ThreadTime::now());
        for event in events {
            self.app.update(event);
        }
        let drawn = self
            .terminal
            .draw(|frame| ui::render(frame, &self.app, Theme::new(true)));
        drawn.expect("nothing can fail in a sink");
        let took = Took {
            work: worked.elapsed(),
            clock: begun.elapsed(),
        };
        self.answer();
        took
    }

    pub(crate) fn press(&mut self, key: KeyCode) {
        self.app.update(pressed(key));
        self.answer();
    }

    /// Whether a cycle with its messages was in view at the end, where one was selected.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(self.app.list.len() > 1_000, "cycles are missing");
        if self.app.list.selected().is_some() {
            let view = self.app.view();
            ensure!(view.is_some_and(|v| v.request.lines.is_some()), "no cycle");
        }
        Ok(())
    }

    fn news(&mut self, at: usize) -> Event {
        self.position += 1;
        let mut cycle = self.newest[at % self.newest.len()].clone();
        cycle.position = self.position;
        Event::News(News::Live(LiveEvent::Cycle(Box::new(cycle))))
    }

    /// Has what is in view asked and answered, until nothing more is.
    fn answer(&mut self) {
        loop {
            let questions = self.app.questions(Instant::now());
            if questions.is_empty() {
                return;
            }
            for question in questions {
                let result = self.runtime.block_on(answer_of(&self.client, &question));
                let answered = News::Answered { question, result };
                self.app.update(Event::News(answered));
            }
        }
    }
}

fn pressed(key: KeyCode) -> Event {
    Event::Key(KeyEvent::new(key, KeyModifiers::NONE), Instant::now())
}
