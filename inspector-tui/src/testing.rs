//! What the tests of this crate share: hand-made cycles, and a state that has seen them.

pub(crate) mod pages;

use crate::{
    app::App,
    ask::{Answer, Failure, Question},
    event::{Event, News},
    picture::tests::blocks,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onionskin::wire::{self, Counters, Cycle};
use onionskin_web::{
    model::{Content, ListedCycle, LiveEvent, Memory, Run},
    view::{self, BodyOptions},
};
use ratatui::layout::Size;
use std::{sync::Arc, time::Instant};

#[path = "../../core/src/text/samples.rs"]
pub(crate) mod samples;

pub(crate) const URL: &str =
    "http://127.0.0.1:7335/#token=0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

pub(crate) fn cycles() -> [Cycle; 4] {
    [
        samples::completed(),
        samples::short_circuit(),
        samples::panicked(),
        samples::retried(),
    ]
}

pub(crate) fn listed(position: u64, cycle: &Cycle) -> ListedCycle {
    ListedCycle::new(position, cycle.summary())
}

/// Connected, nothing there yet.
pub(crate) fn connected() -> App {
    let mut app = App::new(URL.into(), vec!["shop http://127.0.0.1:3000".into()]);
    app.update(Event::News(News::Connected {
        filter: String::new(),
        matched: 0,
        missing: None,
        cycles: vec![],
        apps: vec![],
        counters: Counters::default(),
        memory: Memory {
            bytes: 0,
            cap: 256 << 20,
        },
    }));
    app
}

/// The four cycles and, after a restart, the first of them again.
pub(crate) fn busy() -> App {
    let mut app = connected();
    for (i, cycle) in cycles().iter().enumerate() {
        live(
            &mut app,
            LiveEvent::Cycle(Box::new(listed(i as u64 + 1, cycle))),
        );
    }
    live(&mut app, LiveEvent::Run(Box::new(run(2))));
    live(
        &mut app,
        LiveEvent::Cycle(Box::new(listed(5, &after_restart()))),
    );
    let mut counters = Counters {
        seen: 1_207,
        stored: 1_204,
        ..Counters::default()
    };
    counters.dropped.insert("ring_full".into(), 3);
    live(
        &mut app,
        LiveEvent::Counters {
            counters,
            memory: Memory {
                bytes: 12_900_000,
                cap: 256 << 20,
            },
            matched: None,
        },
    );
    app
}

pub(crate) fn after_restart() -> Cycle {
    let mut cycle = samples::completed();
    cycle.run = "feedfacefeed".into();
    cycle.id = "feedfacefeed-1".into();
    cycle.started_unix_us += 60_000_000;
    cycle
}

pub(crate) fn run(ordinal: u32) -> Run {
    Run {
        run: "feedfacefeed".into(),
        ordinal,
        pid: 7,
        command: "shop".into(),
        cwd: None,
        started_unix_us: 0,
        connected: true,
        counters: Counters::default(),
        has_stack: false,
    }
}

pub(crate) fn live(app: &mut App, event: LiveEvent) {
    app.update(Event::News(News::Live(event)));
}

pub(crate) fn press(app: &mut App, code: KeyCode) -> crate::app::Update {
    app.update(Event::Key(
        KeyEvent::new(code, KeyModifiers::NONE),
        Instant::now(),
    ))
}

/// Answers all that the state asks, as the inspector would that has these cycles, until it asks nothing more.
pub(crate) fn answer(app: &mut App, cycles: &[Cycle]) {
    loop {
        let questions = app.questions(Instant::now());
        if questions.is_empty() {
            return;
        }
        for question in questions {
            let result = answer_to(&question, cycles).ok_or_else(|| Failure {
                why: "evicted".into(),
                passing: false,
            });
            app.update(Event::News(News::Answered { question, result }));
        }
    }
}

pub(crate) fn answer_to(question: &Question, cycles: &[Cycle]) -> Option<Answer> {
    let find = |id: &String| cycles.iter().find(|cycle| cycle.id == *id);
    Some(match question {
        Question::Timeline { id } => Answer::Timeline(Arc::new(view::timeline(find(id)?))),
        Question::Step { id, step } => Answer::Step(Arc::new(view::step(find(id)?, *step).ok()??)),
        Question::Body {
            id,
            number,
            options,
        } => Answer::Body(Arc::new(view::body(find(id)?, *number, *options)?)),
        Question::Picture {
            id,
            number,
            encoded,
            room,
        } => {
            let options = BodyOptions {
                encoded: *encoded,
                ..BodyOptions::default()
            };
            let Content::Image { base64, .. } = view::body(find(id)?, *number, options)?.content
            else {
                return None;
            };
            let bytes = BASE64.decode(base64).ok()?;
            let room = Size::new(room.0, room.1);
            Answer::Picture(Arc::new(blocks().picture(&bytes, room).ok()?))
        }
        Question::Spans { .. } => Answer::Spans(Arc::default()),
        Question::Insights { id } => Answer::Insights(Arc::new(view::insights(find(id)?))),
        Question::Compare { a, b } => {
            Answer::Compare(Arc::new(view::compare(find(a)?, find(b)?).ok()?))
        }
        Question::Map { .. } => Answer::Map(Arc::new(pages::map())),
        Question::RunInsights { .. } => Answer::RunInsights(Arc::new(pages::remarks())),
        Question::Status => Answer::Status(Arc::new(pages::status())),
        Question::Apps => Answer::Apps(Arc::new(pages::apps())),
    })
}

/// All cycles that tests look at.
pub(crate) fn every() -> Vec<Cycle> {
    let mut all = cycles().to_vec();
    all.extend([
        after_restart(),
        samples::worked(),
        samples::rejected(),
        samples::half_head(),
    ]);
    all
}

/// The state with a cycle open at a step, its timeline focused.
pub(crate) fn open(cycle: Cycle, step: usize) -> App {
    let mut app = busy();
    for _ in 0..(6 - cycle.number) {
        press(&mut app, KeyCode::Up);
    }
    app.wanted = Some(cycle.id.clone());
    let cycles = [cycle];
    answer(&mut app, &cycles);
    press(&mut app, KeyCode::Enter);
    for _ in 0..step {
        press(&mut app, KeyCode::Right);
    }
    answer(&mut app, &cycles);
    app
}
