//! Spans of other services in recordings; and recordings of version 1, which had none.

use super::*;
use crate::otlp::{Kept, Reading, Spans};
use onionskin::{
    spans::{Attribute, Event, Kind, Span, SpanId, Status, TraceId, Value, key},
    wire::{Header, HeaderEdit},
};
use std::io::Read as _;

fn trace(number: u64) -> TraceId {
    TraceId([number as u8; 16])
}

/// A cycle in a trace that its caller began.
fn joined(number: u64) -> Cycle {
    let mut cycle = varied(number);
    let header = Header {
        name: "traceparent".into(),
        value: format!("00-{}-00f067aa0ba902b7-01", trace(number))
            .as_bytes()
            .into(),
        redacted: false,
    };
    let first = cycle.steps[0].delta.as_mut().unwrap();
    first.headers.push(HeaderEdit::Add { at: 0, header });
    cycle
}

/// A span of which everything is said.
fn span(of: u64, id: u8) -> Span {
    let attributes = vec![
        Attribute::new("client.address", "203.0.113.7"),
        Attribute::new("n", -3_i64),
        Attribute {
            key: "ratio".into(),
            value: Value::Double(f64::INFINITY),
        },
    ];
    Span {
        trace: trace(of),
        id: SpanId([id; 8]),
        parent: Some(SpanId([9; 8])),
        name: "charge ann@example.org".into(),
        kind: Kind::Client,
        start: u64::MAX - 1,
        end: u64::MAX,
        events: vec![Event {
            time: 7,
            name: "no\u{0}thing".into(),
            attributes: attributes.clone(),
        }],
        attributes,
        status: Status::Error {
            message: "refused 203.0.113.7".into(),
        },
        ..Span::default()
    }
}

fn come(spans: &Spans, service: &str, all: impl IntoIterator<Item = Span>) {
    let mut reading = Reading::default();
    for span in all {
        reading.take(span, 4);
    }
    reading.name(0, &[Attribute::new("service.name", service)]);
    assert!(spans.keep(reading).is_empty());
}

struct Received {
    live: Live,
    spans: Spans,
}

impl Received {
    fn new() -> Self {
        let live = Live::new();
        let spans = Spans::new(1 << 20, live.store.bell());
        Self { live, spans }
    }

    fn cycles(&self, numbers: std::ops::Range<u64>) {
        let items = numbers.map(|n| Item::Cycle(Box::new(arrival(joined(n)))));
        assert!(self.live.session.commit(Intake {
            items: items.collect(),
            ..Intake::default()
        }));
    }

    fn record(&self, keep: Retention) -> Recorder {
        let (spans, file) = (Some(self.spans.clone()), self.live.file("r"));
        Recorder::start_with(&self.live.store, spans, &file, keep, true).unwrap()
    }
}

fn sorted(mut spans: Vec<Arc<Kept>>) -> Vec<Arc<Kept>> {
    spans.sort_by_key(|kept| kept.span.id);
    spans
}

/// A recording of cycles 1 to 3 and two spans of each.
fn recorded_with_spans() -> (Received, PathBuf) {
    let received = Received::new();
    for n in 1..4 {
        come(&received.spans, "bank", [span(n, 1), span(n, 2)]);
    }
    received.cycles(1..4);
    assert_eq!(received.record(Retention::default()).stop().cycles, 3);
    let file = received.live.file("r");
    (received, file)
}

#[test]
fn those_of_the_traces_of_its_cycles_are_in_it_whichever_came_first() {
    let received = Received::new();
    come(&received.spans, "bank", [span(1, 1), span(7, 1)]);
    let recorder = received.record(Retention::default());
    received.cycles(1..3);
    wait(|| recorder.status().cycles == 2);
    // Later than its cycle; again, in other words; what only carries a part of a record.
    come(&received.spans, "post", [span(2, 2), span(1, 3)]);
    let name = "again".into();
    come(&received.spans, "bank", [Span { name, ..span(1, 1) }]);
    let carrier = Span {
        attributes: vec![Attribute::new(key::CYCLE, "0123456789ab-1")],
        ..span(1, 4)
    };
    come(&received.spans, "shop", [carrier]);
    recorder.stop();

    let file = open(&received.live.file("r"));
    let mut wanted = received.spans.of(trace(1));
    wanted.retain(|kept| kept.span.id != SpanId([4; 8]));
    assert_eq!(wanted.len(), 2);
    assert_eq!(
        sorted(file.filed_spans(trace(1)).spans),
        wanted,
        "to the last bit"
    );
    assert_eq!(
        file.filed_spans(trace(2)).spans,
        received.spans.of(trace(2))
    );
    assert_eq!(
        file.filed_spans(trace(7)).spans,
        [],
        "no cycle is of that trace"
    );
}

#[test]
fn they_are_written_while_it_is_recorded_and_who_has_it_open_hears_of_it() {
    let received = Received::new();
    received.cycles(1..2);
    let recorder = received.record(Retention::default());
    wait(|| recorder.status().cycles == 1);
    let opened = OpenedFile::open(&received.live.file("r")).unwrap().store;
    let mut bell = opened.watch();
    come(&received.spans, "bank", [span(1, 1)]);
    wait(|| opened.filed_spans(trace(1)).spans.len() == 1);
    wait(|| bell.has_changed().unwrap());
    bell.mark_unchanged();
    drop(recorder);
}

#[test]
fn they_go_with_the_last_cycle_of_their_trace() {
    let received = Received::new();
    let recorder = received.record(Retention {
        bytes: Some(300 << 10),
        ..Retention::default()
    });
    for n in 1..200 {
        come(&received.spans, "bank", [span(n, 1)]);
        received.cycles(n..n + 1);
        // Spans stay as long as the newest cycle that was written with them.
        if n % 10 == 9 {
            wait(|| recorder.status().cycles == n);
        }
    }
    let said = recorder.stop();
    assert!(said.expired > 10, "{said:?}");
    let file = open(&received.live.file("r"));
    let there = |n: u64| {
        (
            file.cycle(&format!("{RUN}-{n}")),
            file.filed_spans(trace(n)).spans,
        )
    };
    let mut gone = 0;
    for n in 1..200 {
        let (cycle, spans) = there(n);
        assert!(cycle.is_none() || spans.len() == 1, "{n} has its span");
        gone += usize::from(spans.is_empty());
    }
    assert!(gone > 0, "room was made");
}

#[test]
fn they_are_joined_cut_and_anonymised_with_their_cycles() {
    let (received, file) = recorded_with_spans();
    let copy = |filter: &str, redact, to: &str| {
        let (to, wanted) = (received.live.file(to), Wanted::matching(filter).unwrap());
        edit::copy(std::slice::from_ref(&file), &to, &wanted, redact, |_, _| {}).unwrap();
        open(&to)
    };
    let all = copy("", false, "all");
    for n in 1..4 {
        assert_eq!(
            sorted(all.filed_spans(trace(n)).spans),
            received.spans.of(trace(n))
        );
    }
    let cut = copy("status:500", false, "cut");
    let counts: Vec<_> = (1..4)
        .map(|n| cut.filed_spans(trace(n)).spans.len())
        .collect();
    assert_eq!(counts, [0, 0, 2], "the third cycle failed");
    let masked = copy("", true, "masked");
    let bytes = fs::read(received.live.file("masked")).unwrap();
    for address in ["203.0.113.7", "ann@example.org"] {
        let stays = bytes
            .windows(address.len())
            .any(|w| w == address.as_bytes());
        assert!(!stays, "{address}");
    }
    let spans = masked.filed_spans(trace(1)).spans;
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].service.as_deref(), Some("bank"));
    assert!(spans[0].span.name.starts_with("charge [e-mail #"));
    assert_eq!(spans[0].left_out, 4);
}

#[test]
fn a_damaged_recording_has_those_that_are_whole() {
    let (received, file) = recorded_with_spans();
    let db = rusqlite::Connection::open(&file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'cycle_number'";
    let page: i64 = db.query_row(sql, (), |row| row.get(0)).unwrap();
    db.execute_batch("UPDATE span SET json = '{}' WHERE trace LIKE '0202%' AND span LIKE '01%'")
        .unwrap();
    drop(db);
    // By its checksum, one by one.
    let read = open(&file);
    let counts: Vec<_> = (1..4)
        .map(|n| read.filed_spans(trace(n)).spans.len())
        .collect();
    assert_eq!(counts, [2, 1, 2]);
    assert_eq!(
        [1, 2, 3].map(|n| read.filed_spans(trace(n)).damaged),
        [0, 1, 0]
    );
    let copied = edit::copy(
        std::slice::from_ref(&file),
        &received.live.file("copy"),
        &Wanted::matching("").unwrap(),
        false,
        |_, _| {},
    );
    assert_eq!(copied.unwrap().spans_left_out, 1);
    // And page by page, where nothing leads to them any more.
    let mut bytes = fs::read(&file).unwrap();
    bytes[(page as usize - 1) * schema::PAGE..][..schema::PAGE].fill(0xee);
    fs::write(&file, &bytes).unwrap();
    let salvaged = OpenedFile::open(&file).unwrap();
    assert!(!salvaged.notes().is_empty());
    let counts = (1..4).map(|n| salvaged.store.filed_spans(trace(n)).spans.len());
    assert_eq!(counts.collect::<Vec<_>>(), [2, 1, 2]);
    drop(received);
}

/// A recording that the onionskin of that version made, of two requests to the bookshop.
fn of_version_1(live: &Live) -> PathBuf {
    let packed = include_bytes!("version-1.onionskin.gz");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_end(&mut bytes)
        .unwrap();
    let file = live.file("old");
    fs::write(&file, bytes).unwrap();
    file
}

fn version(file: &Path) -> i64 {
    let db = rusqlite::Connection::open(file).unwrap();
    db.query_row("PRAGMA user_version", (), |row| row.get(0))
        .unwrap()
}

#[test]
fn a_recording_of_version_1_is_read_as_it_is_and_raised_when_it_is_added_to() {
    let received = Received::new();
    let file = of_version_1(&received.live);
    let before = fs::read(&file).unwrap();
    let old = cycles(&open(&file));
    let targets: Vec<_> = old.iter().map(|cycle| &*cycle.target).collect();
    assert_eq!(targets, ["/api/books", "/account"]);
    assert!(!open(&file).has_filed_spans());
    assert_eq!(open(&file).filed_spans(trace(1)).spans, []);
    assert_eq!(fs::read(&file).unwrap(), before, "reading changes nothing");

    fs::rename(&file, received.live.file("r")).unwrap();
    let file = received.live.file("r");
    come(&received.spans, "bank", [span(1, 1)]);
    received.cycles(1..2);
    assert_eq!(received.record(Retention::default()).stop().cycles, 1);
    assert_eq!(version(&file), VERSION);
    let raised = open(&file);
    let now = cycles(&raised);
    assert_eq!((now.len(), &now[..2]), (3, &old[..]));
    assert_eq!(raised.filed_spans(trace(1)).spans.len(), 1);
}

#[test]
fn a_version_that_is_none_is_refused() {
    let live = Live::new();
    let file = of_version_1(&live);
    for version in [0, -1, VERSION + 1] {
        let db = rusqlite::Connection::open(&file).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        drop(db);
        let error = OpenedFile::open(&file).unwrap_err();
        assert!(matches!(error, RecordingError::Version { .. }), "{error}");
    }
}
