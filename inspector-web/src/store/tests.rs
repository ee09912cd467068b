use super::*;
use crate::{
    filter::Filter,
    fixture::{RUN, cycle, hello, stack},
    model::CyclePage,
};
use bytes::Bytes;
use onionskin::link::protocol::{AppCounters, Message};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

const OTHER: &str = "cafecafecafe";

fn item(run: &str, number: u64) -> Item {
    let cycle = Box::new(cycle(run, number));
    let arrival = Arrival::new(&cycle, Record::Json(Bytes::new()));
    let json = serde_json::to_vec(&Message::Cycle { cycle }).unwrap();
    let record = Record::Json(json.into());
    Item::Cycle(Box::new(Arrival {
        record: Kept::Here(record),
        ..arrival
    }))
}

fn page(store: &Store, limit: usize, before: Option<u64>, filter: &str) -> CyclePage {
    let question = Question {
        limit,
        before,
        filter: Filter::parse(filter).unwrap(),
        ..Question::default()
    };
    store.page(&question, &AtomicBool::new(false))
}

fn commit(session: &Session, items: impl IntoIterator<Item = Item>) {
    assert!(session.commit(Intake {
        items: items.into_iter().collect(),
        ..Intake::default()
    }));
}

/// Bytes that one cycle of the fixture takes.
fn cost() -> u64 {
    let store = Store::new(1 << 30);
    commit(&store.connect(&hello(RUN)).unwrap(), [item(RUN, 10)]);
    store.memory().bytes
}

/// `seen open stored evicted filtered`, and what was dropped; checks that the sum is right.
fn figures(c: &Counters) -> ([u64; 5], Vec<(&str, u64)>) {
    assert_eq!(
        c.seen,
        c.open + c.stored + c.evicted + c.dropped_total() + c.filtered
    );
    let dropped = c.dropped.iter().map(|(reason, n)| (&**reason, *n));
    (
        [c.seen, c.open, c.stored, c.evicted, c.filtered],
        dropped.collect(),
    )
}

fn app(open: u64, recorded: u64, filtered: u64, dropped: u64) -> Item {
    Item::Counters(AppCounters {
        seen: open + recorded + filtered + dropped,
        open,
        recorded,
        filtered,
        dropped: BTreeMap::from([("busy".into(), dropped)]),
        ..AppCounters::default()
    })
}

#[test]
fn the_oldest_make_room_by_bytes_and_the_counters_stay_exact() {
    let room = 5 * cost();
    let store = Store::new(room);
    let one = store.connect(&hello(RUN)).unwrap();
    let other = store.connect(&hello(OTHER)).unwrap();
    for number in 10..30 {
        commit(&one, [item(RUN, number)]);
        commit(&other, [item(OTHER, number)]);
        assert!(store.memory().bytes <= room);
        let all = store.counters();
        assert_eq!(figures(&all).0[2], (2 * (number - 9)).min(5));
    }
    assert_eq!(
        figures(&store.run_counters(RUN).unwrap()).0,
        [20, 0, 2, 18, 0]
    );
    assert_eq!(
        figures(&store.run_counters(OTHER).unwrap()).0,
        [20, 0, 3, 17, 0]
    );
    assert!(store.cycle(&format!("{RUN}-27")).is_none());
    let kept = store.cycle(&format!("{RUN}-28")).unwrap();
    assert_eq!(kept, cycle(RUN, 28));
}

#[test]
fn a_cycle_that_can_never_fit_evicts_nothing() {
    let store = Store::new(cost() + 50);
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, [item(RUN, 10)]);
    let mut huge = cycle(RUN, 11);
    huge.target = "/".repeat(1000);
    let record = Record::Json(vec![0; 10_000].into());
    commit(
        &session,
        [Item::Cycle(Box::new(Arrival::new(&huge, record)))],
    );
    let (counts, dropped) = (store.counters(), [("too_large", 1)]);
    assert_eq!(figures(&counts), ([2, 0, 1, 0, 0], dropped.into()));
}

#[test]
fn every_cycle_is_counted_once_whatever_comes_first() {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    let now = || store.run_counters(RUN).unwrap();
    // The figures first: two cycles are on their way, one is not at its end.
    commit(&session, [app(1, 2, 4, 3)]);
    assert_eq!(figures(&now()), ([10, 3, 0, 0, 4], vec![("busy", 3)]));
    // Then the cycles, one of them after the figures were written.
    commit(&session, [item(RUN, 1), item(RUN, 2), item(RUN, 3)]);
    assert_eq!(figures(&now()), ([10, 0, 3, 0, 4], vec![("busy", 3)]));
    // And one that began after them too.
    commit(&session, [item(RUN, 4)]);
    assert_eq!(figures(&now()), ([11, 0, 4, 0, 4], vec![("busy", 3)]));
    commit(&session, [app(0, 4, 4, 3)]);
    assert_eq!(figures(&now()), ([11, 0, 4, 0, 4], vec![("busy", 3)]));
    // Cycles that the ring let go, and bytes that are no cycle.
    commit(
        &session,
        [Item::Resume(7), Item::Lost("undecodable"), app(0, 8, 4, 0)],
    );
    let lost = vec![("busy", 0), ("undecodable", 1), ("unsent", 3)];
    assert_eq!(figures(&now()), ([12, 0, 4, 0, 4], lost));
    assert_eq!(store.connect(&hello(RUN)).unwrap().next, 8);
}

#[test]
fn what_is_open_when_an_app_goes_is_lost_until_it_is_back() {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, [item(RUN, 1), app(2, 3, 0, 0)]);
    let counts = || store.run_counters(RUN).unwrap();
    assert_eq!(figures(&counts()).0, [5, 4, 1, 0, 0]);
    drop(session);
    assert_eq!(
        figures(&counts()),
        ([5, 0, 1, 0, 0], vec![("app_gone", 4), ("busy", 0)])
    );
    let session = store.connect(&hello(RUN)).unwrap();
    assert_eq!((session.next, store.connected()), (1, 1));
    assert_eq!(figures(&counts()).0, [5, 4, 1, 0, 0]);
}

#[test]
fn the_newest_link_speaks_for_a_run() {
    let store = Store::new(1 << 20);
    let old = store.connect(&hello(RUN)).unwrap();
    let new = store.connect(&hello(RUN)).unwrap();
    assert!(!old.commit(Intake::default()));
    drop(old);
    assert_eq!(store.connected(), 1);
    commit(&new, [item(RUN, 1)]);

    let mut stranger = hello(RUN);
    stranger.app = "other".into();
    let error = store.connect(&stranger).unwrap_err();
    assert!(error.contains("\"shop\""), "{error}");
    assert_eq!(store.connected(), 1);
}

#[test]
fn runs_that_left_nothing_are_forgotten_and_their_figures_are_not() {
    let store = Store::new(1 << 20);
    for run in 0..1000 {
        let id = format!("{run:012x}");
        let session = store.connect(&hello(&id)).unwrap();
        commit(&session, [app(0, 0, 1, 0)]);
    }
    assert_eq!(figures(&store.counters()).0, [1000, 0, 0, 0, 1000]);
    let apps = store.apps();
    assert!(apps[0].runs.len() <= 257, "{}", apps[0].runs.len());
    assert_eq!(apps[0].runs.last().unwrap().ordinal, 1000);
}

#[test]
fn tables_are_within_the_budget_too() {
    let store = Store::new(2 * cost() + 100);
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, [item(RUN, 10), item(RUN, 11)]);
    let mut tables = onionskin::codec::Tables::clone(&session.tables);
    tables.stack = Some(stack());
    let bytes = TableBytes {
        names: 0,
        stack: cost(),
    };
    let intake = Intake {
        tables: Some((Arc::new(tables), bytes)),
        stack: true,
        items: vec![item(RUN, 12)],
    };
    assert!(session.commit(intake));
    assert!(store.memory().bytes <= store.memory().cap);
    assert_eq!(store.stack(RUN), Some(stack()));
    assert_eq!(figures(&store.counters()).0, [3, 0, 1, 2, 0]);
}

#[test]
fn pages_go_back_to_the_oldest() {
    let store = Store::new(1 << 20);
    let one = store.connect(&hello(RUN)).unwrap();
    let other = store.connect(&hello(OTHER)).unwrap();
    for number in 1..=5 {
        commit(&one, [item(RUN, number)]);
        commit(&other, [item(OTHER, number)]);
    }
    let list = |limit, before, run: Option<&str>| {
        let text = run.map(|run| format!("run:{run}")).unwrap_or_default();
        let page = page(&store, limit, before, &text);
        let positions = page.cycles.iter().map(|c| c.position);
        (positions.collect::<Vec<_>>(), page.next)
    };
    assert_eq!(list(4, None, None), (vec![10, 9, 8, 7], Some(7)));
    assert_eq!(list(4, Some(7), None), (vec![6, 5, 4, 3], Some(3)));
    assert_eq!(list(4, Some(3), None), (vec![2, 1], None));
    assert_eq!(list(2, None, Some(RUN)), (vec![9, 7], Some(7)));
    assert_eq!(list(3, Some(7), Some(RUN)), (vec![5, 3, 1], None));
    assert_eq!(list(9, None, Some("unknown")), (vec![], None));
    assert_eq!(list(9, Some(0), None), (vec![], None));
}

#[test]
fn a_cursor_that_is_too_far_behind_skips_and_says_so() {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    let mut cursor = store.cursor(None);
    commit(&session, (1..=10).map(|n| item(RUN, n)));
    let take = |cursor: &mut Cursor, backlog| {
        let since = store.since(cursor, backlog, None);
        let positions = since.cycles.iter().map(|(p, _)| *p);
        (since.missed, positions.collect::<Vec<_>>())
    };
    assert_eq!(take(&mut cursor.clone(), 10).1.len(), 10);
    assert_eq!(take(&mut cursor, 3), (7, vec![8, 9, 10]));
    assert_eq!(take(&mut cursor, 3), (0, vec![]));
    assert_eq!(take(&mut store.cursor(Some(8)), 9), (0, vec![9, 10]));
    // An id of an inspector that was here before: all is new.
    assert_eq!(take(&mut store.cursor(Some(99)), 99).1.len(), 10);
    assert_eq!(take(&mut store.cursor(Some(u64::MAX)), 99).1.len(), 10);
}

#[test]
fn one_answer_to_a_live_client_is_bounded_in_bytes() {
    let store = Store::new(1 << 24);
    let session = store.connect(&hello(RUN)).unwrap();
    let long = |number| {
        let mut cycle = cycle(RUN, number);
        cycle.target = "/".repeat(150 << 10);
        Item::Cycle(Box::new(Arrival::new(&cycle, Record::Json(Bytes::new()))))
    };
    let mut cursor = store.cursor(None);
    commit(&session, (1..=3).map(long));
    let since = store.since(&mut cursor, 99, None);
    assert_eq!((since.cycles.len(), since.more), (2, true));
    let since = store.since(&mut cursor, 99, None);
    assert_eq!((since.cycles.len(), since.more), (1, false));
}

/// The positions on a page, how many match, and the cursor of the next.
fn positions(page: &CyclePage) -> (Vec<u64>, u64, Option<u64>) {
    let positions = page.cycles.iter().map(|c| c.position);
    (positions.collect(), page.matched, page.next)
}

#[test]
fn a_filtered_list_is_a_list_of_its_own() {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, (1..=100).map(|n| item(RUN, n)));
    let ask = |limit, before, until, skip| {
        let question = Question {
            limit,
            before,
            until,
            skip,
            filter: Filter::parse("path:*5 or number:<4").unwrap(),
        };
        store.page(&question, &AtomicBool::new(false))
    };
    let first = ask(4, None, None, 0);
    assert_eq!(positions(&first), (vec![95, 85, 75, 65], 13, Some(65)));
    assert_eq!(first.until, 100);
    let rest = ask(99, first.next, None, 0);
    assert_eq!(positions(&rest).0, [55, 45, 35, 25, 15, 5, 3, 2, 1]);
    assert_eq!(rest.next, None);
    assert_eq!(positions(&ask(2, None, None, 11)), (vec![2, 1], 13, None));
    assert_eq!(positions(&ask(2, None, None, 13)), (vec![], 13, None));
    commit(&session, (101..=200).map(|n| item(RUN, n)));
    // Held still, whatever comes.
    assert_eq!(ask(4, None, Some(first.until), 0).cycles, first.cycles);
    assert_eq!(ask(4, None, Some(first.until), 0).matched, 13);
    assert_eq!(
        positions(&ask(1, None, None, 0)),
        (vec![195], 23, Some(195))
    );
    // A view of cycles that are not there yet is one of what there is.
    assert_eq!(ask(1, None, Some(u64::MAX), 0).until, 200);
}

#[test]
fn matches_that_are_evicted_are_no_matches_any_more() {
    let store = Store::new(10 * cost());
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, (10..20).map(|n| item(RUN, n)));
    assert_eq!(page(&store, 99, None, "GET").matched, 10);
    commit(&session, (20..25).map(|n| item(RUN, n)));
    let all = page(&store, 99, None, "GET");
    assert_eq!((all.matched, all.cycles.len()), (10, 10));
    assert_eq!(positions(&all).0, (6..=15).rev().collect::<Vec<_>>());
}

#[test]
fn every_cycle_is_asked_once_while_its_filter_is_in_use() {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    commit(&session, (1..=10).map(|n| item(RUN, n)));
    let filter = |text: &str| Filter::parse(text).unwrap();
    let matches = store.matches(&filter("path:*5"));
    let stopped = AtomicBool::new(true);
    matches.advance(&store, &stopped);
    assert_eq!(matches.count(), 0, "nobody waits for it");
    stopped.store(false, Ordering::Relaxed);
    matches.advance(&store, &stopped);
    assert_eq!(matches.count(), 1);
    // Written in another way it is the same; so many others push it out.
    assert_eq!(store.matches(&filter(" path=*5 ")).count(), 1);
    for n in 0..6 {
        store.matches(&filter(&format!("number:{n}")));
    }
    assert_eq!(store.matches(&filter("path:*5")).count(), 0);
}

#[test]
fn the_newest_run_is_another_when_one_comes() {
    let store = Store::new(1 << 20);
    let one = store.connect(&hello(RUN)).unwrap();
    commit(&one, [item(RUN, 1)]);
    let last = || positions(&page(&store, 9, None, "run:last")).0;
    assert_eq!(last(), [1]);
    let other = store.connect(&hello(OTHER)).unwrap();
    assert_eq!(last(), [] as [u64; 0]);
    commit(&other, [item(OTHER, 1)]);
    assert_eq!(last(), [2]);
    assert_eq!(positions(&page(&store, 9, None, "run:1")).0, [1]);
}

#[test]
fn a_filtered_client_gets_what_matches_and_goes_on_behind_what_does_not() {
    let store = Store::new(100 * cost());
    let session = store.connect(&hello(RUN)).unwrap();
    let matches = store.matches(&Filter::parse("path:*5").unwrap());
    let mut cursor = store.cursor(None);
    let take = |cursor: &mut Cursor, backlog| {
        matches.advance(&store, &AtomicBool::new(false));
        let since = store.since(cursor, backlog, Some(&matches));
        let positions = since.cycles.iter().map(|(p, _)| *p);
        (since.missed, positions.collect::<Vec<_>>())
    };
    commit(&session, (10..=49).map(|n| item(RUN, n)));
    assert_eq!(take(&mut cursor, 9), (0, vec![6, 16, 26, 36]));
    assert_eq!(cursor.after, 40);
    assert_eq!(take(&mut store.cursor(Some(6)), 2), (1, vec![26, 36]));
    commit(&session, (50..=54).map(|n| item(RUN, n)));
    assert_eq!(take(&mut cursor, 9), (0, vec![]));
    assert_eq!(cursor.after, 45);
    // Evicted before it could be told: nobody knows whether it matched.
    commit(&session, (55..=199).map(|n| item(RUN, n)));
    let (missed, told) = take(&mut cursor, 99);
    assert_eq!((missed, told.len()), (store.lock().log.first() - 46, 10));
}

/// An app as it really is: it knows what became of each of its cycles, and its link comes and goes.
#[derive(Default)]
struct App {
    told: AppCounters,
    /// Of the recorded cycles, the ring still has those from here on.
    ring_from: u64,
    session: Option<Session>,
    sent: u64,
}

impl App {
    fn act(&mut self, store: &Store, dice: u64) {
        match dice % 16 {
            0..4 => {
                self.told.seen += 1;
                self.told.open += 1;
            }
            4 if self.told.open > 0 => {
                self.told.open -= 1;
                self.told.filtered += 1;
            }
            5 if self.told.open > 0 => {
                self.told.open -= 1;
                *self.told.dropped.entry("full".into()).or_default() += 1;
            }
            6..9 if self.told.open > 0 => {
                self.told.open -= 1;
                self.told.recorded += 1;
            }
            9 => self.ring_from = self.ring_from.max(self.told.recorded.saturating_sub(3)),
            10 => self.session = None,
            11..15 => self.send(store, 1),
            15 => self.tell(),
            _ => {}
        }
    }

    fn send(&mut self, store: &Store, most: u64) {
        if self.session.is_none() {
            let session = store.connect(&hello(RUN)).unwrap();
            self.sent = session.next;
            self.session = Some(session);
        }
        let session = self.session.as_ref().unwrap();
        if self.sent < self.ring_from {
            commit(session, [Item::Resume(self.ring_from)]);
            self.sent = self.ring_from;
        }
        let to = self.told.recorded.min(self.sent.saturating_add(most));
        let lost_or_kept = |n| match n % 7 {
            0 => Item::Lost("undecodable"),
            _ => item(RUN, n),
        };
        commit(session, (self.sent..to).map(lost_or_kept));
        self.sent = to;
    }

    fn tell(&self) {
        if let Some(session) = &self.session {
            commit(session, [Item::Counters(self.told.clone())]);
        }
    }
}

#[test]
fn accounting_is_exact_whatever_happens() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..40 {
        let store = Store::new(8 * cost());
        let mut app = App::default();
        for _ in 0..300 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            app.act(&store, random);
            // At any time each cycle is in one place; only what the app has not told yet may be missing.
            let counts = store.counters();
            figures(&counts);
            assert!(counts.seen <= app.told.seen, "{counts:?} {:?}", app.told);
        }
        app.send(&store, u64::MAX);
        app.tell();
        let counts = store.counters();
        let lost = |reason| counts.dropped.get(reason).copied().unwrap_or(0);
        let here = counts.stored + counts.evicted + lost("unsent") + lost("undecodable");
        assert_eq!(counts.seen, app.told.seen);
        assert_eq!(counts.open, app.told.open);
        assert_eq!(counts.filtered, app.told.filtered);
        assert_eq!(
            lost("full"),
            app.told.dropped.get("full").copied().unwrap_or(0)
        );
        assert_eq!(here, app.told.recorded);
        assert_eq!(
            page(&store, 999, None, "").cycles.len() as u64,
            counts.stored
        );
    }
}
