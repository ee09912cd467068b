//! How events change the state; no terminal is near.

use super::{App, Item, Link, Pane};
use crate::{
    event::{Effect, Event, News},
    testing::{after_restart, busy, connected, cycles, listed, live, load, open, press, samples},
};
use crossterm::event::KeyCode;
use onionskin_web::model::LiveEvent;
use std::time::{Duration, Instant};

fn selected(app: &App) -> &str {
    app.list.selected().map_or("", |c| &c.cycle.id)
}

#[test]
fn a_cycle_is_loaded_when_it_is_selected_and_only_the_last_one_is_shown() {
    let mut app = busy();
    let update = press(&mut app, KeyCode::Up);
    let first = after_restart();
    assert_eq!(update.effect, Some(Effect::Load(first.id.clone())));
    let update = press(&mut app, KeyCode::Up);
    assert_eq!(update.effect, Some(Effect::Load("0badc0ffee00-4".into())));
    load(&mut app, first);
    assert!(
        app.view().is_none(),
        "the one before is not wanted any more"
    );
    load(&mut app, samples::retried());
    assert_eq!(app.view().unwrap().cycle.id, "0badc0ffee00-4");
    let result = Err("evicted".into());
    app.wanted = Some("x".into());
    let id = "x".into();
    app.update(Event::News(News::Loaded { id, result }));
    assert!(app.view().is_none());
}

#[test]
fn the_selection_stays_with_its_cycle_while_others_come() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    let before = selected(&app).to_owned();
    for position in 6..7_000 {
        let cycle = samples::short_circuit();
        live(
            &mut app,
            LiveEvent::Cycle(Box::new(listed(position, &cycle))),
        );
    }
    assert_eq!(selected(&app), before);
    assert!(app.list.newer() > 4_000);
    assert_eq!(app.list.len(), 5_000, "bounded");
    press(&mut app, KeyCode::Esc);
    assert_eq!(selected(&app), "");
    assert_eq!(app.list.window(3).len(), 3);
}

#[test]
fn a_frozen_list_takes_in_later_what_came_meanwhile() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('f'));
    for position in [6, 7] {
        live(
            &mut app,
            LiveEvent::Cycle(Box::new(listed(position, &samples::retried()))),
        );
    }
    assert_eq!(app.list.waiting(), 2);
    assert_eq!(app.list.window(99).len(), 6, "five and the restart");
    press(&mut app, KeyCode::Char('f'));
    assert_eq!(app.list.waiting(), 0);
    let window = app.list.window(99);
    assert_eq!(window.len(), 9, "two more, and the run before is back");
}

#[test]
fn cycles_that_come_twice_or_out_of_order_are_listed_once_and_in_order() {
    let mut app = connected();
    for position in [3, 1, 2, 2, 1, 3] {
        live(
            &mut app,
            LiveEvent::Cycle(Box::new(listed(position, &samples::retried()))),
        );
    }
    let positions: Vec<_> = app
        .list
        .window(9)
        .iter()
        .map(|item| match item {
            Item::Cycle(c) => c.position,
            Item::Restarted { .. } => 0,
        })
        .collect();
    assert_eq!(positions, [1, 2, 3]);
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
fn messages_scroll_and_stop_at_their_end() {
    let mut app = open(samples::completed(), 8);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Down);
    assert_eq!(app.scroll, 1);
    (0..9).for_each(|_| drop(press(&mut app, KeyCode::PageDown)));
    let end = app.scroll;
    assert!(end > 1 && end < 30, "{end}");
}

#[test]
fn the_help_goes_with_any_key() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('?'));
    assert!(app.help);
    press(&mut app, KeyCode::Char('f'));
    assert!(!app.help && !app.list.frozen());
    assert_eq!(
        press(&mut app, KeyCode::Char('q')).effect,
        Some(Effect::Quit)
    );
    assert!(!press(&mut app, KeyCode::F(5)).changed, "not bound");
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
    assert_eq!(app.said.as_deref(), Some(said));
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
    let mut app = busy();
    press(&mut app, KeyCode::Char('E'));
    let panicked = samples::panicked();
    assert_eq!(selected(&app), panicked.id);
    let before = selected(&app).to_owned();
    press(&mut app, KeyCode::Char('E'));
    assert_eq!(selected(&app), before, "there is none before");
    load(&mut app, panicked);
    press(&mut app, KeyCode::Enter);
    press(&mut app, KeyCode::Char('e'));
    let view = app.view().unwrap();
    let step = view.player.step();
    let is_wrong = view.cycle.marks.iter().any(|m| m.after as usize == step)
        || view.step().unwrap().left.is_some();
    assert!(step > 0 && is_wrong, "{step}");
}
