//! Bytes of others: whatever stands in a file, it is opened or refused with its name, and nothing panics.

use super::*;
use proptest::prelude::*;

/// A file in every form that is read, with texts that are texts of that form.
fn good() -> Vec<Vec<u8>> {
    let mut exporter = crate::export::Exporter::new(crate::export::Format::Har, false);
    let har = [
        exporter.add(&varied(1)),
        exporter.add(&varied(2)),
        exporter.end(),
    ]
    .concat();
    let line = |n| serde_json::to_string(&varied(n)).unwrap();
    vec![har, [line(1), line(2)].join("\n").into_bytes()]
}

/// Opens what is in a file, and asks of it what a UI asks.
fn look(file: &Path) {
    match OpenedFile::open(file) {
        Ok(opened) => {
            let store = opened.store();
            page(store, "");
            page(store, "status:500 or header:x");
            for cycle in cycles(store) {
                let _ = crate::view::timeline(&cycle);
                for format in crate::export::Format::ALL {
                    let mut exporter = crate::export::Exporter::new(format, true);
                    exporter.add(&cycle);
                    exporter.end();
                }
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(&file.display().to_string()), "{said}");
        }
    }
}

#[test]
fn lines_that_are_no_cycles_are_left_out_and_said() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("some.jsonl");
    let line = |n| serde_json::to_string(&varied(n)).unwrap();
    let other = line(3).replace("\"wire\":1", "\"wire\":99");
    let all = [
        line(1),
        "garbage".into(),
        line(2),
        String::new(),
        other,
        line(4),
    ];
    let cut = &line(5)[..200];
    fs::write(&file, format!("{}\n{cut}", all.join("\n"))).unwrap();
    let opened = OpenedFile::open(&file).unwrap();
    assert_eq!(cycles(opened.store()), [1, 2, 4].map(varied));
    let said = &opened.notes()[0];
    assert!(
        said.ends_with("left out: 3, the first of them line 2"),
        "{said}"
    );
    fs::write(&file, format!("\n{}\n", line(1))).unwrap();
    assert_eq!(OpenedFile::open(&file).unwrap().notes(), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() as u32 * 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic(which in 0..2_usize, changes in proptest::collection::vec((any::<u16>(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut bytes = good().swap_remove(which);
        for (at, byte, how) in changes {
            let at = usize::from(at) % bytes.len();
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                // A figure that is another, larger than any that is right.
                _ => {
                    let digit = bytes[at..].iter().position(u8::is_ascii_digit).map_or(at, |i| at + i);
                    bytes.splice(digit..digit, b"9999999".iter().copied());
                }
            }
        }
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("text");
        fs::write(&file, bytes).unwrap();
        look(&file);
    }
}

#[test]
fn rows_of_any_content_are_left_out_and_said() {
    let (_live, file) = recorded(12);
    let db = rusqlite::Connection::open(&file).unwrap();
    for change in [
        "UPDATE cycle SET line = 7 WHERE number = 2",
        "UPDATE cycle SET places = x'ffffffffffffffffff' WHERE number = 3",
        "UPDATE cycle SET line = '{}' WHERE number = 4",
        "UPDATE record SET bytes = x'00' WHERE position = 5",
        "UPDATE record SET format = 99 WHERE position = 6",
        "UPDATE record SET bytes = 'text', checksum = 'text' WHERE position = 7",
        "UPDATE told SET number = -1 WHERE what = 'type' AND number = 1",
        "UPDATE told SET json = '[' WHERE what = 'stack'",
    ] {
        assert!(db.execute(change, ()).unwrap() > 0, "{change}");
    }
    drop(db);
    let opened = OpenedFile::open(&file).unwrap();
    assert!(!opened.notes().is_empty());
    let kept = cycles(&opened.store);
    assert!(kept.iter().all(|cycle| *cycle == varied(cycle.number)));
    assert!(kept.len() >= 6, "{}", kept.len());
    look(&file);
}

#[test]
fn rows_at_any_place_are_read_where_they_are_ours() {
    for (change, lost) in [
        ("UPDATE cycle SET position = -5 WHERE number = 2", 1),
        ("UPDATE cycle SET position = 0 WHERE number = 2", 1),
        ("UPDATE cycle SET position = 1 << 50 WHERE number = 12", 1),
        ("DELETE FROM cycle WHERE number = 7", 1),
        ("UPDATE cycle SET position = -position", 12),
    ] {
        let (_live, file) = recorded(12);
        let db = rusqlite::Connection::open(&file).unwrap();
        assert!(db.execute(change, ()).unwrap() > 0, "{change}");
        drop(db);
        look(&file);
        let kept = OpenedFile::open(&file).map_or(0, |opened| {
            let said = opened.notes().join("\n");
            assert!(said.contains("damaged"), "{change}: {said}");
            cycles(opened.store()).len()
        });
        assert_eq!(kept, 12 - lost, "{change}");
    }
    let (_live, file) = recorded(12);
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute("UPDATE run SET id = -1", ()).unwrap();
    drop(db);
    look(&file);
}
