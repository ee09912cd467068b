//! Recordings written and read again, damaged and mended. Processes that are killed are in `inspector-tui/tests/files`.

mod foreign;
mod spans;

use super::*;
use crate::{
    export::Wanted,
    filter::Filter,
    fixture::{RUN, cycle, hello, site, stack},
    store::{Intake, Item, Question, Session, Store, TableBytes, arrival},
};
use onionskin::{codec::Tables, wire::Cycle};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const OTHER: &str = "cafecafecafe";

/// A live store with a run, and a place for files.
struct Live {
    dir: TempDir,
    store: Store,
    session: Session,
}

impl Live {
    fn new() -> Self {
        let store = Store::new(1 << 30);
        let session = store.connect(&hello(RUN)).unwrap();
        let mut tables = Tables {
            app: "shop".into(),
            run: RUN.into(),
            types: vec!["a".into(), "b".into()],
            ..Tables::default()
        };
        tables.sites.insert(3, site());
        tables.stack = Some(stack());
        let told = Intake {
            tables: Some((Arc::new(tables), TableBytes::default())),
            ..Intake::default()
        };
        assert!(session.commit(told));
        Self {
            dir: TempDir::new().unwrap(),
            store,
            session,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn come(&self, numbers: std::ops::Range<u64>) {
        let items = numbers.map(|n| Item::Cycle(Box::new(arrival(varied(n)))));
        assert!(self.session.commit(Intake {
            items: items.collect(),
            ..Intake::default()
        }));
    }

    fn record(&self, name: &str, keep: Retention) -> Recorder {
        Recorder::start(&self.store, &self.file(name), keep, true).unwrap()
    }
}

/// Cycles that differ in what filters ask for, and in their lengths: some have a body that needs pages of its own.
fn varied(number: u64) -> Cycle {
    let mut cycle = cycle(RUN, number);
    cycle.status = Some(if number.is_multiple_of(3) { 500 } else { 200 });
    cycle.duration_ns = number * 1_000_000;
    cycle.bodies[0].head.0 = vec![number as u8; (number as usize % 7) * 2_000];
    cycle
}

fn wait(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "it did not happen in a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn page(store: &Store, filter: &str) -> Vec<String> {
    let question = Question {
        limit: 1000,
        filter: Filter::parse(filter).unwrap(),
        ..Question::default()
    };
    let page = store.page(&question, &AtomicBool::new(false));
    assert_eq!(page.matched, page.cycles.len() as u64);
    page.cycles
        .iter()
        .map(|listed| listed.cycle.id.clone())
        .collect()
}

/// All cycles of a file, oldest first.
fn cycles(store: &Store) -> Vec<Cycle> {
    let mut ids = page(store, "");
    ids.reverse();
    ids.iter().filter_map(|id| store.cycle(id)).collect()
}

fn open(file: &Path) -> Store {
    let opened = OpenedFile::open(file).unwrap();
    assert_eq!(opened.notes(), [""; 0]);
    opened.store
}

/// A recording of so many cycles.
fn recorded(count: u64) -> (Live, PathBuf) {
    let live = Live::new();
    live.come(1..count + 1);
    let said = live.record("r", Retention::default()).stop();
    assert_eq!((said.cycles, said.missed, said.running), (count, 0, false));
    let file = live.file("r");
    (live, file)
}

#[test]
fn a_file_answers_as_the_live_store_did() {
    let live = Live::new();
    live.come(1..40);
    let recorder = live.record("r", Retention::default());
    live.come(40..70);
    let said = recorder.stop();
    assert_eq!((said.cycles, said.stopped_because), (69, None));
    let file = open(&live.file("r"));
    assert_eq!(cycles(&file), cycles(&live.store));
    assert_eq!(cycles(&file).len(), 69);
    for filter in [
        "",
        "status:500",
        "time:>50ms",
        "handler:show_book status:200",
        "header:x-odd",
        "/books/7",
    ] {
        assert_eq!(page(&file, filter), page(&live.store, filter), "{filter}");
    }
    assert_eq!(file.stack(RUN), Some(stack()));
    assert_eq!(file.apps()[0].runs[0].counters.stored, 69);
    assert_eq!(file.tables(RUN).unwrap().types, ["a", "b"]);
    assert!(
        !schema::beside(&live.file("r"), "-wal").exists(),
        "one file is left"
    );
}

#[test]
fn what_was_there_before_is_recorded_only_if_it_is_wanted_and_a_recording_goes_on() {
    let live = Live::new();
    live.come(1..10);
    let recorder =
        Recorder::start(&live.store, &live.file("r"), Retention::default(), false).unwrap();
    live.come(10..12);
    assert_eq!(recorder.stop().cycles, 2);
    assert_eq!(
        live.record("r", Retention::default()).stop().cycles,
        9,
        "two are there already"
    );
    assert_eq!(cycles(&open(&live.file("r"))).len(), 11);
}

#[test]
fn the_oldest_make_room_by_size_and_by_age() {
    let live = Live::new();
    let keep = Retention {
        bytes: Some(1 << 20),
        age: None,
    };
    let recorder = live.record("size", keep);
    let mut next = 1;
    wait(|| {
        live.come(next..next + 100);
        next += 100;
        recorder.status().expired > 200
    });
    let said = recorder.stop();
    assert!(said.bytes <= 1 << 20, "{said:?}");
    let file = open(&live.file("size"));
    let kept = cycles(&file);
    assert_eq!(kept.len() as u64, said.cycles - said.expired);
    assert_eq!(kept.last().unwrap().number, next - 1);
    assert_eq!(file.apps()[0].runs[0].counters.evicted, said.expired);
    // The fixture's cycles began in 2023.
    let keep = Retention {
        bytes: None,
        age: Some(Duration::from_secs(3600)),
    };
    let said = live.record("age", keep).stop();
    assert_eq!(said.cycles, said.expired);
}

#[test]
fn a_file_that_is_still_recorded_shows_what_comes() {
    let live = Live::new();
    live.come(1..5);
    let recorder = live.record("r", Retention::default());
    wait(|| recorder.status().cycles == 4);
    let opened = OpenedFile::open(&live.file("r")).unwrap();
    assert_eq!(opened.notes(), ["it is still being recorded"]);
    let changed = opened.store().watch();
    let mut cursor = opened.store().cursor(None);
    assert_eq!(page(opened.store(), "status:500").len(), 1);
    live.come(5..10);
    wait(|| opened.store().counters().stored == 9);
    assert!(changed.has_changed().unwrap());
    let since = opened.store().since(&mut cursor, 100, None);
    let numbers: Vec<_> = since.cycles.iter().map(|(_, e)| e.summary.number).collect();
    assert_eq!(numbers, [5, 6, 7, 8, 9]);
    assert_eq!(page(opened.store(), "status:500").len(), 3);
    assert_eq!(opened.store().cycle(&format!("{RUN}-9")), Some(varied(9)));
    live.come(10..12);
    assert_eq!(recorder.stop().cycles, 11);
    wait(|| opened.store().counters().stored == 11);
}

#[test]
fn a_removed_file_stops_the_recording_and_nothing_else() {
    let live = Live::new();
    let recorder = live.record("r", Retention::default());
    live.come(1..5);
    wait(|| recorder.status().cycles == 4);
    fs::remove_file(live.file("r")).unwrap();
    wait(|| !recorder.status().running);
    let why = recorder.status().stopped_because.unwrap();
    assert!(why.contains("moved or removed"), "{why}");
    live.come(5..9);
    assert_eq!(live.store.counters().stored, 8);
}

#[test]
fn no_room_stops_the_recording_and_what_is_there_can_be_read() {
    let live = Live::new();
    live.come(1..5);
    let file = live.file("r");
    let mut writer = writer::Writer::open(&file).unwrap();
    writer.limit_pages(60);
    let mut error = None;
    for number in 0.. {
        let told = live.store.to_record(number, 1);
        live.come(number + 5..number + 6);
        let run = told.runs.values().next().unwrap();
        let lines: Vec<_> = told
            .entries
            .iter()
            .map(|(_, entry)| writer::Line { entry, run })
            .collect();
        if let Err(e) = writer.add(&lines) {
            error = Some((number, e.to_string()));
            break;
        }
    }
    let (written, error) = error.unwrap();
    assert!(
        error.contains("can't write to") && error.contains("full"),
        "{error}"
    );
    drop(writer);
    let kept = cycles(&open(&file));
    assert_eq!(kept.len() as u64, written);
    assert!(kept.iter().all(|c| *c == varied(c.number)));
}

#[test]
fn others_files_and_other_versions_are_left_alone_and_named() {
    let (live, file) = recorded(3);
    let busy = live.record("r", Retention::default());
    let error = Recorder::start(&live.store, &file, Retention::default(), false).unwrap_err();
    assert!(
        error.to_string().contains("another onionskin records into"),
        "{error}"
    );
    drop(busy);

    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute_batch("PRAGMA user_version = 7; UPDATE about SET value = 'onionskin 9.1.0' WHERE name = 'written by'").unwrap();
    drop(db);
    for error in [
        OpenedFile::open(&file).unwrap_err(),
        Recorder::start(&live.store, &file, Retention::default(), false).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(
            error.contains("version 7")
                && error.contains("knows versions up to 2")
                && error.contains("9.1.0"),
            "{error}"
        );
    }
    let foreign = live.file("foreign");
    let db = rusqlite::Connection::open(&foreign).unwrap();
    db.execute_batch("CREATE TABLE x (y); INSERT INTO x VALUES (1)")
        .unwrap();
    drop(db);
    let text = live.file("text");
    fs::write(&text, "hello").unwrap();
    for file in [&foreign, &text] {
        let before = fs::read(file).unwrap();
        for error in [
            OpenedFile::open(file).unwrap_err(),
            Recorder::start(&live.store, file, Retention::default(), false).unwrap_err(),
        ] {
            assert!(matches!(error, RecordingError::Foreign { .. }), "{error}");
        }
        assert_eq!(fs::read(file).unwrap(), before);
    }
    assert!(matches!(
        OpenedFile::open(&live.file("none")),
        Err(RecordingError::Open { .. })
    ));
}

/// How many places of a file are damaged; more for a long look.
fn cases() -> usize {
    let asked = std::env::var("ONIONSKIN_CASES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(30)
}

/// What can be had of a damaged file: only what was in it, and if something is missing, that is said.
fn check_damaged(file: &Path, all: &[Cycle]) -> usize {
    let opened = match OpenedFile::open(file) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(
                error.to_string().contains(&file.display().to_string()),
                "{error}"
            );
            return 0;
        }
    };
    let kept = cycles(&opened.store);
    for cycle in &kept {
        assert_eq!(cycle, &all[cycle.number as usize - 1]);
    }
    let listed = page(&opened.store, "").len();
    assert!(
        listed == all.len() || !opened.notes().is_empty() || listed == 0,
        "{listed} of {}",
        all.len()
    );
    kept.len()
}

#[test]
fn a_recording_that_is_cut_anywhere_has_what_stands_before_the_cut() {
    let (live, file) = recorded(60);
    let all: Vec<_> = (1..=60).map(varied).collect();
    let bytes = fs::read(&file).unwrap();
    let cut = live.file("cut");
    let mut best = 0;
    for len in (0..bytes.len()).step_by(bytes.len() / cases()) {
        fs::write(&cut, &bytes[..len]).unwrap();
        let kept = check_damaged(&cut, &all);
        // The first fifth may hold the names of the app only.
        assert!(
            kept + 12 >= best,
            "{len}: {kept}, and {best} of a shorter one"
        );
        best = best.max(kept);
        if len > bytes.len() / 4 * 3 {
            assert!(kept > 20, "{kept} of 60 up to {len} of {}", bytes.len());
            let notes = OpenedFile::open(&cut).unwrap().told.notes;
            assert!(
                notes[0].contains(&format!("behind byte {len}")),
                "{notes:?}"
            );
        }
    }
}

#[test]
fn nothing_is_added_to_a_damaged_recording() {
    let (live, file) = recorded(60);
    let mut bytes = fs::read(&file).unwrap();
    let start = || Recorder::start(&live.store, &file, Retention::default(), true);
    bytes.truncate(bytes.len() / 2);
    fs::write(&file, &bytes).unwrap();
    let error = start().unwrap_err();
    assert!(matches!(error, RecordingError::Damaged { .. }), "{error:?}");
    let said = format!("onionskin merge {} -o NEW", file.display());
    assert!(error.to_string().contains(&said), "{error}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_recording_with_flipped_bits_loses_what_they_hit() {
    let (live, file) = recorded(60);
    let all: Vec<_> = (1..=60).map(varied).collect();
    let bytes = fs::read(&file).unwrap();
    let flipped = live.file("flipped");
    let mut whole = 0;
    for at in (13..bytes.len()).step_by((bytes.len() / cases()) | 1) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&flipped, &damaged).unwrap();
        let kept = check_damaged(&flipped, &all);
        assert!(
            kept >= 40 || at < 100,
            "{kept} of 60 with byte {at} flipped"
        );
        whole += usize::from(kept == 60);
    }
    assert!(whole > 0);
}

#[test]
fn a_file_is_opened_where_nobody_may_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let (live, file) = recorded(3);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(live.dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(cycles(&open(&file)).len(), 3);
    fs::set_permissions(live.dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn recordings_are_joined_cut_and_anonymised() {
    let (live, file) = recorded(10);
    let other = Store::of_cycles(
        (11..15)
            .map(|n| {
                let mut cycle = cycle(OTHER, n);
                cycle.bodies[0].head = "to ann@example.org".into();
                cycle
            })
            .collect(),
        "test",
        &mut Vec::new(),
    );
    let second = live.file("second");
    Recorder::start(&other, &second, Retention::default(), true)
        .unwrap()
        .stop();
    let all = Wanted::matching("").unwrap();
    let joined = live.file("joined");
    let copied = edit::copy(
        &[file.clone(), second.clone(), file.clone()],
        &joined,
        &all,
        false,
        |_, _| {},
    )
    .unwrap();
    assert_eq!((copied.cycles, copied.left_out), (14, 10));
    let store = open(&joined);
    assert_eq!(cycles(&store).len(), 14);
    assert_eq!(store.cycle(&format!("{RUN}-4")), Some(varied(4)));
    let errors = Wanted::matching("status:500").unwrap();
    let cut = live.file("cut");
    assert_eq!(
        edit::copy(
            std::slice::from_ref(&joined),
            &cut,
            &errors,
            false,
            |_, _| {}
        )
        .unwrap()
        .cycles,
        3
    );
    let masked = live.file("masked");
    edit::copy(
        std::slice::from_ref(&joined),
        &masked,
        &all,
        true,
        |_, _| {},
    )
    .unwrap();
    let bytes = fs::read(&masked).unwrap();
    assert!(!bytes.windows(15).any(|w| w == b"ann@example.org"));
    assert_eq!(cycles(&open(&masked)).len(), 14);
    assert_eq!(page(&open(&masked), "handler:show_book").len(), 14);
    let error = edit::copy(
        std::slice::from_ref(&joined),
        &masked,
        &all,
        true,
        |_, _| {},
    )
    .unwrap_err();
    assert!(matches!(error, RecordingError::Exists { .. }), "{error}");
}

#[test]
fn text_files_are_opened_too() {
    let live = Live::new();
    let jsonl = live.file("cycles.jsonl");
    let lines: Vec<_> = [cycle(RUN, 1), cycle(OTHER, 1), cycle(RUN, 2)]
        .iter()
        .map(|c| serde_json::to_string(c).unwrap())
        .collect();
    fs::write(&jsonl, lines.join("\n")).unwrap();
    assert_eq!(cycles(&open(&jsonl)).len(), 3);
    let of_another = Cycle {
        app: "another".into(),
        ..cycle(RUN, 3)
    };
    let more = [&of_another, &cycle(RUN, 4), &cycle(RUN, 4), &cycle(RUN, 1)];
    let more = more.map(|c| serde_json::to_string(c).unwrap());
    fs::write(&jsonl, [lines, more.to_vec()].concat().join("\n")).unwrap();
    let opened = OpenedFile::open(&jsonl).unwrap();
    assert_eq!(cycles(&opened.store).len(), 4);
    assert_eq!(
        opened.notes(),
        [
            "2 cycles left out: one with the same id comes before",
            "1 cycle left out: the same run of another app comes before",
        ]
    );
    let har = live.file("x.har");
    let mut exporter = crate::export::Exporter::new(crate::export::Format::Har, false);
    let bytes = [exporter.add(&cycle(RUN, 1)), exporter.end()].concat();
    fs::write(&har, bytes).unwrap();
    let opened = OpenedFile::open(&har).unwrap();
    assert!(opened.notes()[0].contains("nothing of what the layers between did"));
    assert_eq!(page(&opened.store, "status:200").len(), 1);
    fs::write(&har, "{}").unwrap();
    assert!(matches!(
        OpenedFile::open(&har),
        Err(RecordingError::Har { .. })
    ));
}
