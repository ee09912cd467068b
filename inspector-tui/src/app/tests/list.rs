//! What is listed, what is selected, and what is said to be missing.

use super::*;

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
    assert_eq!(app.list.newer(), 6_994, "those that are not listed too");
    assert_eq!(app.list.len(), 5_000, "bounded");
    let left_out = |older, count| Item::LeftOut { older, count };
    live(&mut app, counters(6_999));
    let window = app.list.window(3);
    assert_eq!(window[0], left_out(true, 4));
    assert_eq!(window[2], left_out(false, 1_995));
    // Once another is selected nothing keeps it.
    press(&mut app, KeyCode::End);
    let cycle = samples::short_circuit();
    live(&mut app, LiveEvent::Cycle(Box::new(listed(7_000, &cycle))));
    live(&mut app, counters(7_000));
    press(&mut app, KeyCode::Home);
    let window = app.list.window(4);
    assert_eq!(window[0], left_out(true, 2_000));
    assert!(matches!(window[1], Item::Cycle(c) if c.position == 2_001));
    assert!(matches!(window[2], Item::Cycle(_)));
    press(&mut app, KeyCode::Esc);
    assert_eq!(selected(&app), "");
    assert_eq!(app.list.window(3).len(), 3);
}

#[test]
fn older_cycles_than_the_inspector_sent_at_first_are_counted_in_the_list() {
    let mut app = connected();
    let some = |matched| News::Connected {
        filter: "status:200".into(),
        matched,
        missing: None,
        cycles: vec![listed(900, &samples::completed())],
        apps: vec![],
        counters: Counters::default(),
        memory: app_memory(),
    };
    app.update(Event::News(some(1)));
    assert_eq!(app.list.window(9).len(), 1);
    app.update(Event::News(some(40)));
    let older = Item::LeftOut {
        older: true,
        count: 39,
    };
    assert_eq!(app.list.window(9)[0], older);
}

/// The newest cycles, as they come after events were missed.
fn caught_up(app: &mut App, positions: std::ops::RangeInclusive<u64>, missing: Option<u64>) {
    let cycle = samples::retried();
    app.update(Event::News(News::Connected {
        filter: String::new(),
        matched: *positions.end(),
        missing,
        cycles: positions.map(|position| listed(position, &cycle)).collect(),
        apps: vec![],
        counters: Counters::default(),
        memory: app_memory(),
    }));
}

/// What the list shows: positions of cycles, and how many are left out, as negative numbers.
fn shown(app: &App) -> Vec<i64> {
    let window = app.list.window(99);
    let shown = window.iter().filter_map(|item| match item {
        Item::Cycle(listed) => Some(listed.position as i64),
        Item::LeftOut { count, .. } => Some(-(*count as i64)),
        Item::NewRun { .. } => None,
    });
    shown.collect()
}

#[test]
fn no_hole_is_in_the_list_that_is_not_told() {
    let mut app = busy();
    caught_up(&mut app, 4..=8, None);
    assert_eq!(shown(&app), [1, 2, 3, 4, 5, 6, 7, 8]);
    // Nothing is selected: what is before the hole is among what is not listed.
    caught_up(&mut app, 20..=22, Some(11));
    assert_eq!(shown(&app), [-19, 20, 21, 22]);
    // What is selected stays.
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Up);
    caught_up(&mut app, 40..=41, Some(17));
    assert_eq!(shown(&app), [-20, 21, -18, 40, 41]);
    assert_eq!(app.list.newer(), 20);
    caught_up(&mut app, 50..=50, Some(8));
    assert_eq!(shown(&app), [-20, 21, -28, 50]);
    press(&mut app, KeyCode::Esc);
    caught_up(&mut app, 60..=60, Some(9));
    assert_eq!(shown(&app), [-59, 60]);
}

#[test]
fn nor_after_it_was_frozen() {
    let mut app = busy();
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('f'));
    caught_up(&mut app, 3..=7, None);
    assert_eq!(app.list.waiting(), 2, "the others are here");
    caught_up(&mut app, 18..=19, Some(10));
    assert_eq!((shown(&app), app.list.waiting()), (vec![1, 2, 3, 4, 5], 14));
    press(&mut app, KeyCode::Char('f'));
    assert_eq!(shown(&app), [-4, 5, -12, 18, 19]);

    let mut app = busy();
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('f'));
    let cycle = samples::retried();
    for position in 6..=5_010 {
        let cycle = Box::new(listed(position, &cycle));
        live(&mut app, LiveEvent::Cycle(cycle));
    }
    live(&mut app, counters(5_010));
    assert_eq!(app.list.waiting(), 5_005);
    press(&mut app, KeyCode::Char('f'));
    let window = app.list.window(5_003);
    let left_out = |older, count| Item::LeftOut { older, count };
    assert_eq!(
        (window[0], window[2]),
        (left_out(true, 4), left_out(false, 6))
    );
    assert!(matches!(window[4], Item::Cycle(listed) if listed.position == 12));
}

#[test]
fn a_frozen_list_shows_what_another_filter_finds() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('f'));
    app.update(Event::News(News::Connected {
        filter: "status:401".into(),
        matched: 1,
        missing: None,
        cycles: vec![listed(2, &samples::short_circuit())],
        apps: vec![],
        counters: Counters::default(),
        memory: app_memory(),
    }));
    assert_eq!((shown(&app), app.list.frozen()), (vec![2], true));
    let next = LiveEvent::Cycle(Box::new(listed(9, &samples::short_circuit())));
    live(&mut app, next);
    assert_eq!((shown(&app), app.list.waiting()), (vec![2], 1));
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
    assert_eq!(window.len(), 8, "two more, of the run before");
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
            Item::NewRun { .. } | Item::LeftOut { .. } => 0,
        })
        .collect();
    assert_eq!(positions, [1, 2, 3]);
}
