//! How events change the state; no terminal is near.

mod list;

use super::{App, Item, Link, Opened, Pane, Screen};
use crate::{
    ask::{Answer, Failure, Question},
    event::{Effect, Event, News},
    testing::{
        after_restart, answer, busy, connected, cycles, every, listed, live, open, press, run,
        samples,
    },
};
use crossterm::event::KeyCode;
use onionskin::wire::Counters;
use onionskin_web::{
    export::Format,
    model::{LiveEvent, Memory, Run},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

fn app_memory() -> Memory {
    Memory {
        bytes: 0,
        cap: 256 << 20,
    }
}

fn counters(stored: u64) -> LiveEvent {
    LiveEvent::Counters {
        counters: Counters {
            stored,
            ..Counters::default()
        },
        memory: app_memory(),
        matched: None,
    }
}

fn selected(app: &App) -> &str {
    app.list.selected().map_or("", |c| &c.cycle.id)
}

#[test]
fn a_cycle_is_loaded_when_it_is_selected_and_only_the_last_one_is_shown() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    let first = after_restart();
    let asked = app.questions(Instant::now());
    let id = first.id.clone();
    assert_eq!(asked, [Question::Timeline { id }]);
    press(&mut app, KeyCode::Up);
    let late = onionskin_web::view::timeline(&first);
    app.update(Event::News(News::Answered {
        question: asked[0].clone(),
        result: Ok(Answer::Timeline(Arc::new(late))),
    }));
    assert!(
        app.view().is_none(),
        "the one before is not wanted any more"
    );
    answer(&mut app, &every());
    assert_eq!(app.view().unwrap().id(), "0badc0ffee00-4");
    app.wanted = Some("x".into());
    answer(&mut app, &every());
    assert!(app.view().is_none(), "evicted");
}

#[test]
fn a_step_that_is_loading_shows_the_one_before_and_says_so() {
    let mut app = open(samples::completed(), 0);
    press(&mut app, KeyCode::End);
    let view = app.view().unwrap();
    assert_eq!(
        (view.player.step(), view.shown.as_ref().unwrap().step),
        (15, 0)
    );
    answer(&mut app, &every());
    assert_eq!(app.view().unwrap().shown.as_ref().unwrap().step, 15);
}

#[test]
fn a_question_that_fails_is_asked_again_and_its_answer_is_shown() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    let question = app.questions(Instant::now()).remove(0);
    let result = Err(Failure {
        why: "connection refused".into(),
        passing: true,
    });
    app.update(Event::News(News::Answered { question, result }));
    assert!(matches!(&app.opened, Opened::Failed(why) if why == "connection refused"));
    let due = app.due().or_else(|| {
        app.questions(Instant::now());
        app.due()
    });
    assert_eq!(app.questions(due.unwrap()).len(), 1);
    let timeline = onionskin_web::view::timeline(&after_restart());
    let question = Question::Timeline {
        id: after_restart().id,
    };
    let result = Ok(Answer::Timeline(Arc::new(timeline)));
    app.update(Event::News(News::Answered { question, result }));
    assert!(app.view().is_some());
}

#[test]
fn the_state_of_the_tool_is_asked_for_again_when_it_is_shown_and_when_a_run_comes_or_goes() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('3'));
    answer(&mut app, &every());
    let later = Instant::now() + Duration::from_secs(60);
    assert_eq!(app.questions(later), []);
    press(&mut app, KeyCode::Char('3'));
    press(&mut app, KeyCode::Char('3'));
    let state = [Question::Status, Question::Apps];
    assert_eq!(app.questions(later), state);

    let mut app = busy();
    press(&mut app, KeyCode::Char('3'));
    answer(&mut app, &every());
    live(&mut app, LiveEvent::Run(Box::new(run(3))));
    assert_eq!(app.questions(later), state);
}

#[test]
fn the_map_is_that_of_the_newest_run_where_no_cycle_says_which() {
    let mut app = connected();
    press(&mut app, KeyCode::Char('2'));
    assert_eq!(app.questions(Instant::now()), []);
    for (name, started_unix_us, has_stack) in
        [("old", 1, true), ("new", 2, true), ("bare", 3, false)]
    {
        let run = Run {
            run: name.into(),
            started_unix_us,
            has_stack,
            ..run(1)
        };
        live(&mut app, LiveEvent::Run(Box::new(run)));
    }
    let map = Question::Map {
        run: "new".into(),
        filter: String::new(),
    };
    assert_eq!(app.questions(Instant::now()), [map]);
}

#[test]
fn arrows_step_and_home_and_end_go_to_the_ends() {
    let mut app = open(samples::completed(), 3);
    let step = |app: &App| app.view().unwrap().player.step();
    assert_eq!(step(&app), 3);
    press(&mut app, KeyCode::Char('h'));
    assert_eq!(step(&app), 2);
    press(&mut app, KeyCode::End);
    assert_eq!(step(&app), 15);
    press(&mut app, KeyCode::Right);
    assert_eq!(step(&app), 15);
    press(&mut app, KeyCode::Home);
    press(&mut app, KeyCode::Left);
    assert_eq!(step(&app), 0);
}

#[test]
fn playing_goes_to_the_last_step_and_stops() {
    let mut app = open(samples::short_circuit(), 0);
    let mut now = Instant::now();
    press(&mut app, KeyCode::Char(' '));
    let mut ticks = 0;
    while let Some(due) = app.due() {
        assert!(
            !app.update(Event::Tick(due - Duration::from_millis(1)))
                .changed
        );
        assert!(due > now);
        now = due;
        assert!(app.update(Event::Tick(due)).changed);
        ticks += 1;
    }
    assert_eq!(ticks, app.view().unwrap().player.len() - 1);
    press(&mut app, KeyCode::Char(' '));
    assert_eq!(app.view().unwrap().player.step(), 0, "from the start again");
    press(&mut app, KeyCode::Char('+'));
    assert_eq!(app.view().unwrap().player.speed(), "2x");
    press(&mut app, KeyCode::Right);
    assert_eq!(app.due(), None, "a step by hand stops it");
}

#[test]
fn tab_goes_round_and_escape_goes_back() {
    let mut app = open(samples::completed(), 0);
    for pane in [Pane::Request, Pane::Response, Pane::List, Pane::Timeline] {
        press(&mut app, KeyCode::Tab);
        assert_eq!(app.focus, pane);
    }
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.focus, Pane::List);
    press(&mut app, KeyCode::Esc);
    assert!(app.view().is_none());
}

#[test]
fn the_cursor_of_a_message_stops_at_its_end() {
    let mut app = open(samples::completed(), 8);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Down);
    let cursor = |app: &App| app.view().unwrap().request.cursor;
    assert_eq!(cursor(&app), 1);
    (0..9).for_each(|_| drop(press(&mut app, KeyCode::PageDown)));
    let last = app.view().unwrap().request.lines.as_ref().unwrap().len() - 1;
    assert_eq!(cursor(&app), last);
    assert!(last > 1, "{last}");
}

#[test]
fn screens_are_a_stack_and_escape_goes_back() {
    let mut app = open(samples::completed(), 3);
    let shown = |app: &App| app.pages.last().map(|page| page.screen.clone());
    for (key, screen) in [
        ('?', Screen::Help),
        ('2', Screen::Stack),
        ('3', Screen::State),
        ('4', Screen::Insights),
        ('5', Screen::Log),
    ] {
        press(&mut app, KeyCode::Char(key));
        assert_eq!(shown(&app), Some(screen));
    }
    press(&mut app, KeyCode::Esc);
    assert_eq!(shown(&app), Some(Screen::Insights));
    press(&mut app, KeyCode::Char('4'));
    assert_eq!(shown(&app), Some(Screen::State), "its key again goes back");
    press(&mut app, KeyCode::Char('1'));
    assert_eq!(shown(&app), None);
    assert_eq!(app.view().unwrap().player.step(), 3, "all is as it was");
    let update = press(&mut app, KeyCode::Char('q'));
    assert_eq!(update.effect, Some(Effect::Quit));
    assert!(!press(&mut app, KeyCode::F(5)).changed, "not bound");
}

#[test]
fn a_line_of_a_screen_leads_to_its_cycles() {
    for (down, filter) in [(4, "handler:1120"), (2, "layer:session")] {
        let mut app = busy();
        press(&mut app, KeyCode::Char('2'));
        answer(&mut app, &every());
        for _ in 0..down {
            press(&mut app, KeyCode::Down);
        }
        let update = press(&mut app, KeyCode::Enter);
        assert_eq!(update.effect, Some(Effect::Filter(filter.to_owned())));
        assert!(app.pages.is_empty());
    }
}

#[test]
fn two_cycles_are_marked_and_compared() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('c'));
    let a = app.marked.clone().unwrap();
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('c'));
    let b = "0badc0ffee00-4".to_owned();
    assert_eq!(a, "feedfacefeed-1");
    assert_eq!(app.pages[0].screen, Screen::Compare { a, b });
    assert_eq!(app.marked, None);
}

#[test]
fn a_search_goes_from_step_to_step_and_hides_nothing() {
    let mut app = open(samples::completed(), 0);
    press(&mut app, KeyCode::Char('/'));
    for c in "X-User".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    press(&mut app, KeyCode::Enter);
    let first = app.view().unwrap().player.step();
    assert!(first > 0);
    press(&mut app, KeyCode::Char('n'));
    press(&mut app, KeyCode::Char('N'));
    assert_eq!(app.view().unwrap().player.step(), first);
    assert_eq!(app.list.len(), 5);
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.search.text, "");
    press(&mut app, KeyCode::Char('n'));
    assert!(app.said.is_some(), "there is nothing to go to");
}

#[test]
fn changes_are_jumped_to() {
    let mut app = open(samples::completed(), 0);
    press(&mut app, KeyCode::Char(']'));
    let view = app.view().unwrap();
    let step = view.player.step();
    assert!(step > 0 && !view.step().unwrap().edits.is_empty());
    assert!(
        view.timeline.steps[1..step]
            .iter()
            .all(|s| s.edits.is_empty())
    );
}

#[test]
fn the_palette_finds_a_command_and_does_it() {
    let mut app = busy();
    press(&mut app, KeyCode::Char(':'));
    for c in "frze".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    press(&mut app, KeyCode::Enter);
    assert!(app.palette.is_none() && app.list.frozen());
    press(&mut app, KeyCode::Char(':'));
    press(&mut app, KeyCode::Char('q'));
    press(&mut app, KeyCode::Esc);
    assert!(app.palette.is_none(), "given up, and nothing quit");
}

#[test]
fn a_cycle_is_exported_in_the_format_that_is_chosen_and_what_became_of_it_is_said() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('x'));
    assert!(app.palette.is_none(), "no cycle is selected");
    assert!(app.said.take().is_some());
    press(&mut app, KeyCode::Up);
    let id = selected(&app).to_owned();
    press(&mut app, KeyCode::Char('x'));
    let names: Vec<_> = app.palette.as_ref().unwrap().found(&app.keys);
    let names: Vec<_> = names.iter().map(|choice| choice.name).collect();
    assert_eq!(names, Format::ALL.map(Format::name));
    for c in "mark".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    let update = press(&mut app, KeyCode::Enter);
    let format = Format::Markdown;
    assert_eq!(update.effect, Some(Effect::Export { id, format }));
    assert!(app.palette.is_none());
    app.update(Event::News(News::Exported("a.md is in /x\u{9b}2J".into())));
    let said = "a.md is in /x\\u{9b}2J";
    assert_eq!(app.said.as_deref(), Some(said));
    assert!(app.log.back().unwrap().ends_with(said));
}

#[test]
fn the_mouse_is_released_and_taken_back() {
    let mut app = busy();
    for captured in [false, true] {
        let update = press(&mut app, KeyCode::Char('M'));
        assert_eq!(update.effect, Some(Effect::Mouse { captured }));
        assert!(app.said.is_some() && app.mouse_released != captured);
    }
}

#[test]
fn what_is_copied_is_what_is_shown() {
    let mut app = open(samples::panicked(), 0);
    press(&mut app, KeyCode::Tab);
    let copied = |update: crate::app::Update| match update.effect {
        Some(Effect::Copy(text)) => text,
        other => panic!("{other:?}"),
    };
    let line = copied(press(&mut app, KeyCode::Char('y')));
    assert!(line.contains("GET /panic?\\u{9b}2J"), "{line}");
    let step = copied(press(&mut app, KeyCode::Char('Y')));
    assert!(
        step.contains("step 1") && step.contains("\nrequest\n"),
        "{step}"
    );
    assert!(step.chars().all(|c| c == '\n' || !c.is_control()), "{step}");
    let update = press(&mut app, KeyCode::Char('C'));
    assert_eq!(update.effect, Some(Effect::Curl(samples::panicked().id)));
}

#[test]
fn a_lost_inspector_is_said_and_what_is_known_stays() {
    let mut app = busy();
    app.update(Event::News(News::Lost("connection refused".into())));
    assert_eq!(app.link, Link::Lost("connection refused".into()));
    assert_eq!(app.list.len(), 5);
    assert_eq!(cycles().len(), 4);
}

#[test]
fn a_recording_is_asked_for_and_what_became_of_it_is_kept() {
    let mut app = busy();
    let update = press(&mut app, KeyCode::Char('R'));
    assert_eq!(update.effect, Some(Effect::Record));
    let said = "recording into /x.onionskin";
    app.update(Event::News(News::Said(said.into())));
    assert_eq!(app.done.as_deref(), Some(said));
}

#[test]
fn the_selected_cycle_is_sent_and_nothing_if_there_is_none() {
    let mut app = busy();
    assert_eq!(press(&mut app, KeyCode::Char('s')).effect, None);
    press(&mut app, KeyCode::Up);
    let id = app.list.selected().unwrap().cycle.id.clone();
    let update = press(&mut app, KeyCode::Char('s'));
    assert_eq!(update.effect, Some(Effect::Send(id)));
}

#[test]
fn a_filter_is_asked_for_and_another_list_takes_the_place_of_this() {
    let mut app = busy();
    let update = press(&mut app, KeyCode::Char('/'));
    let asked = Effect::Complete {
        text: String::new(),
        cursor: 0,
    };
    assert_eq!(update.effect, Some(asked));
    for c in "q:1".chars() {
        let update = press(&mut app, KeyCode::Char(c));
        assert!(
            matches!(update.effect, Some(Effect::Complete { .. })),
            "{c} quits nothing"
        );
    }
    let update = press(&mut app, KeyCode::Enter);
    assert_eq!(update.effect, Some(Effect::Filter("q:1".into())));
    assert_eq!(app.list.len(), 5, "until the answer is here");
    let cycle = samples::panicked();
    app.update(Event::News(News::Connected {
        filter: "q:1".into(),
        matched: 1,
        missing: None,
        cycles: vec![listed(3, &cycle)],
        apps: vec![],
        counters: app.counters.clone(),
        memory: app.memory,
    }));
    assert_eq!(app.list.len(), 1);
    let update = press(&mut app, KeyCode::Char('\\'));
    assert_eq!(update.effect, Some(Effect::Filter(String::new())));
    let update = press(&mut app, KeyCode::Char('.'));
    assert_eq!(update.effect, Some(Effect::Filter("!health".into())));
}

#[test]
fn problems_are_jumped_to_in_the_list_and_in_a_cycle() {
    let panicked = samples::panicked();
    let newest = |key| {
        let mut app = busy();
        press(&mut app, KeyCode::Char(key));
        assert_eq!(selected(&app), panicked.id);
        app
    };
    newest('e');
    let mut app = newest('E');
    let before = selected(&app).to_owned();
    press(&mut app, KeyCode::Char('E'));
    assert_eq!(selected(&app), before, "there is none before");
    answer(&mut app, &every());
    press(&mut app, KeyCode::Enter);
    press(&mut app, KeyCode::Char('e'));
    let view = app.view().unwrap();
    let step = view.player.step();
    let is_wrong = view.timeline.marks.iter().any(|m| m.after as usize == step)
        || view.step().unwrap().left.is_some();
    assert_eq!(view.id(), panicked.id);
    assert!(step > 0 && is_wrong, "{step}");
}

#[test]
fn the_step_that_decided_how_a_cycle_ended_is_gone_to() {
    for (cycle, wanted) in [
        (samples::short_circuit(), ("auth", Some(401))),
        (samples::rejected(), ("create", Some(400))),
        (samples::panicked(), ("panics", None)),
        (samples::half_head(), ("parse", None)),
    ] {
        let mut app = open(cycle, 0);
        press(&mut app, KeyCode::Char('e'));
        let view = app.view().unwrap();
        let status = view.step().unwrap().edits.first();
        let status = status.and_then(|edit| edit.to.as_ref()?.to_text().parse().ok());
        let name = &*view.current_row().unwrap().name;
        assert_eq!((name, status), wanted);
        assert!(view.player.step() > 0 && app.said.is_none());
    }
    let mut app = open(samples::completed(), 0);
    press(&mut app, KeyCode::Char('e'));
    assert_eq!(app.view().unwrap().player.step(), 0);
    let said = "no further problem in this cycle";
    assert_eq!(app.said.as_deref(), Some(said));
}
