//! What can be read of a damaged file.
//!
//! SQLite reads a table from its root down: where a page on the way is damaged, it gives up all below it. Here every page is
//! looked at by itself instead (the [format](https://www.sqlite.org/fileformat2.html), sections 1.6 and 2.1): a leaf of a
//! table says so in its first byte, its rows are told apart by their number of columns, and each row has a checksum. What
//! passes goes into a fresh file, which is opened in place of the damaged one. The damaged one is left as it is.

use super::{
    Reader, RecordingError,
    schema::{self, PAGE, beside, checksum, span_checksum},
};
use onionskin::{
    link::protocol::{Format, Hello},
    text,
    wire::{CycleSummary, WIRE_VERSION},
};
use rusqlite::{Connection, ErrorCode, params_from_iter, types::Value};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

/// First byte of a page that is a leaf of a table.
const LEAF: u8 = 13;

/// Bytes of the file's own head, on its first page.
const HEAD: usize = 100;

/// Heads of the write-ahead log and of each of its pages.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// Whether this is damage, and not, say, a right that is missing.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::SystemIoFailure
                | ErrorCode::Unknown
        ),
        // A column of another type, a table that is gone.
        _ => true,
    }
}

/// Whether a file whose head is not a recording's was one: it has a row of ours.
pub(super) fn may_be_ours(file: &Path) -> bool {
    Pages::read(file).is_ok_and(|pages| !rows(&pages).cycles.is_empty())
}

/// Opens what can be read, and says what was lost.
pub(super) fn open(file: &Path) -> Result<(Reader, Vec<String>), RecordingError> {
    let failed = |source| RecordingError::Open {
        file: file.into(),
        source,
    };
    let pages = Pages::read(file).map_err(failed)?;
    let mut rows = rows(&pages);
    let lost = |why: &str| RecordingError::Lost {
        file: file.into(),
        why: why.into(),
    };
    rows.cycles
        .retain(|position, _| rows.records.contains_key(position));
    if rows.cycles.is_empty() {
        return Err(lost("no cycle in it is whole"));
    }
    rebuild_runs(&mut rows);
    let fresh = tempfile::Builder::new()
        .prefix("onionskin-")
        .suffix(".onionskin")
        .tempfile()
        .map_err(failed)?;
    let write = || {
        let db = schema::fresh(fresh.path())?;
        let known = ["run", "told", "cycle", "record", "span"];
        let tables = [
            &rows.runs,
            &rows.told,
            &rows.cycles,
            &rows.records,
            &rows.spans,
        ];
        for (name, rows) in known.into_iter().zip(tables) {
            put(&db, name, rows)?;
        }
        // Lists count by position: what is left has no gaps.
        let close_gaps = "
            CREATE TEMP TABLE place AS SELECT position AS old, row_number() OVER (ORDER BY position) AS new FROM cycle;
            CREATE UNIQUE INDEX temp.old ON place (old);
            UPDATE cycle SET position = -(SELECT new FROM place WHERE old = position);
            UPDATE record SET position = -(SELECT new FROM place WHERE old = position)
                WHERE position IN (SELECT old FROM place);
            DELETE FROM record WHERE position > 0;
            UPDATE cycle SET position = -position;
            UPDATE record SET position = -position;";
        db.execute_batch(close_gaps)?;
        db.execute_batch("COMMIT")
    };
    write().map_err(schema::at(fresh.path(), "write to"))?;
    let reader = Reader::open(fresh.path())?;
    // It stays for as long as the reader has it, and has no name any more.
    drop(fresh);
    Ok((reader, vec![said(&pages, &rows)]))
}

fn put(db: &Connection, table: &str, rows: &BTreeMap<i64, Vec<Value>>) -> rusqlite::Result<()> {
    for (id, row) in rows {
        let mut values = row.clone();
        // The number of a row stands before it and not in it, in the tables that have it as a column.
        if !matches!(table, "told" | "span") {
            values[0] = Value::Integer(*id);
        }
        let places = vec!["?"; values.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} VALUES ({places})");
        db.prepare_cached(&insert)?
            .execute(params_from_iter(values))?;
    }
    Ok(())
}

/// A run whose row is lost is known by what its cycles say of it.
fn rebuild_runs(rows: &mut Rows) {
    for row in rows.cycles.values() {
        let (Value::Integer(id), Value::Text(line)) = (&row[1], &row[11]) else {
            continue;
        };
        if rows.runs.contains_key(id) {
            continue;
        }
        let Ok(line) = serde_json::from_str::<CycleSummary>(line) else {
            continue;
        };
        let hello = Hello {
            onionskin: "link".into(),
            wire: WIRE_VERSION,
            format: Format::Frames,
            app: line.app,
            run: line.run.clone(),
            pid: 0,
            started_unix_us: line.started_unix_us,
            command: String::new(),
            cwd: None,
        };
        let hello = serde_json::to_string(&hello).expect("the model has only string keys");
        let sum = checksum(&[hello.as_bytes()]);
        let run = vec![
            Value::Null,
            Value::Text(line.run),
            Value::Integer(1),
            Value::Text(hello),
            Value::Integer(0),
            Value::Integer(sum),
        ];
        rows.runs.insert(*id, run);
    }
}

/// What was lost, in words.
fn said(pages: &Pages, rows: &Rows) -> String {
    let first = rows.cycles.keys().next().copied().unwrap_or(0);
    let last = rows.cycles.keys().next_back().copied().unwrap_or(0);
    let kept = rows.cycles.len() as u64;
    let between = i128::from(last) - i128::from(first) + 1 - i128::from(kept);
    let cycles = text::counted(kept, "cycle");
    let mut said = format!("the recording is damaged: {cycles} can be read");
    if between > 0 {
        said += &format!(", {between} between them are lost");
    }
    if pages.cut > 0 {
        said += &format!(
            "; those behind byte {}, where the file ends, are lost",
            pages.len
        );
    } else if let Some(offset) = rows.broken.first() {
        said += &format!("; the first damaged row is on the page at byte {offset}");
    }
    said
}

/// Rows by their numbers.
#[derive(Debug, Default)]
struct Rows {
    runs: BTreeMap<i64, Vec<Value>>,
    told: BTreeMap<i64, Vec<Value>>,
    cycles: BTreeMap<i64, Vec<Value>>,
    records: BTreeMap<i64, Vec<Value>>,
    spans: BTreeMap<i64, Vec<Value>>,
    /// Where pages begin that hold a row that is none.
    broken: Vec<u64>,
}

/// The rows of all pages that pass their checksums.
fn rows(pages: &Pages) -> Rows {
    let mut rows = Rows::default();
    let mut room = pages.room();
    let mut numbers: Vec<_> = pages.by_number.keys().copied().collect();
    numbers.sort_unstable();
    for number in numbers {
        let page = &pages.by_number[&number];
        let head = if number == 1 { HEAD } else { 0 };
        if page.get(head) != Some(&LEAF) {
            continue;
        }
        for cell in cells(page, head) {
            let row = cell.and_then(|at| pages.row(page, at, &mut room));
            let intact = row.is_some_and(|(id, row)| take(&mut rows, id, row));
            if !intact && number != 1 {
                rows.broken.push((u64::from(number) - 1) * PAGE as u64);
            }
        }
    }
    rows
}

/// Puts a row where it belongs; false if it is damaged.
fn take(rows: &mut Rows, id: i64, row: Vec<Value>) -> bool {
    let (table, sum, parts) = match row.as_slice() {
        // `about`, which is written anew.
        [_, _] => return true,
        [
            Value::Null,
            Value::Integer(_),
            Value::Integer(sum),
            Value::Blob(bytes),
        ] => (&mut rows.records, *sum, checksum(&[bytes])),
        [
            Value::Integer(_),
            Value::Text(what),
            Value::Integer(number),
            Value::Text(json),
            Value::Integer(sum),
        ] => {
            let parts = checksum(&[what.as_bytes(), &number.to_le_bytes(), json.as_bytes()]);
            (&mut rows.told, *sum, parts)
        }
        [
            Value::Null,
            Value::Text(_),
            Value::Integer(_),
            Value::Text(hello),
            Value::Integer(_),
            Value::Integer(sum),
        ] => (&mut rows.runs, *sum, checksum(&[hello.as_bytes()])),
        [
            Value::Integer(_),
            Value::Text(trace),
            Value::Text(span),
            _,
            Value::Integer(left_out),
            Value::Text(json),
            Value::Integer(sum),
        ] => {
            let parts = span_checksum(trace, span, *left_out, json);
            (&mut rows.spans, *sum, parts)
        }
        [
            Value::Null,
            ..,
            Value::Text(line),
            Value::Blob(places),
            Value::Integer(sum),
        ] if row.len() == 14 => (&mut rows.cycles, *sum, checksum(&[line.as_bytes(), places])),
        _ => return false,
    };
    // Numbers of rows are in no checksum; all of ours are from 1 on.
    if sum != parts || id < 1 {
        return false;
    }
    table.insert(id, row);
    true
}

/// Where the cells of a page begin.
fn cells(page: &[u8], head: usize) -> impl Iterator<Item = Option<usize>> {
    let count = number(page, head + 3, 2).unwrap_or(0).min(PAGE / 2);
    (0..count).map(move |i| number(page, head + 8 + 2 * i, 2).filter(|at| *at < page.len()))
}

/// The pages of a file, those of its write-ahead log in place of older ones.
#[derive(Debug)]
struct Pages {
    by_number: HashMap<u32, Vec<u8>>,
    /// Bytes of the file.
    len: u64,
    /// Pages that its head says there are, and that there are not.
    cut: u64,
}

impl Pages {
    fn read(file: &Path) -> std::io::Result<Self> {
        let bytes = fs::read(file)?;
        let mut by_number: HashMap<u32, Vec<u8>> = HashMap::new();
        for (number, page) in (1..).zip(bytes.chunks(PAGE)) {
            by_number.insert(number, page.to_vec());
        }
        let log = fs::read(beside(file, "-wal")).unwrap_or_default();
        for frame in log
            .get(LOG_HEAD..)
            .unwrap_or_default()
            .chunks_exact(FRAME_HEAD + PAGE)
        {
            if let Some(page) = number(frame, 0, 4).filter(|page| *page > 0) {
                by_number.insert(page as u32, frame[FRAME_HEAD..].to_vec());
            }
        }
        let said = number(&bytes, 28, 4).unwrap_or(0) as u64;
        let there = bytes.len().div_ceil(PAGE) as u64;
        let cut = if bytes.len() % PAGE != 0 {
            1
        } else {
            said.saturating_sub(there).min(1)
        };
        Ok(Self {
            by_number,
            len: bytes.len() as u64,
            cut,
        })
    }

    /// How many bytes all rows may have: those of the file, and of what it had before where that is still to be found. Pages
    /// that say to go on with themselves would make any number of them.
    fn room(&self) -> usize {
        4 * PAGE * self.by_number.len()
    }

    /// The row of the cell that begins at `at`: its number and its columns. Takes what it has from the room for all rows.
    fn row(&self, page: &[u8], at: usize, room: &mut usize) -> Option<(i64, Vec<Value>)> {
        let mut rest = page.get(at..)?;
        let len = usize::try_from(varint(&mut rest)?).ok()?;
        let id = varint(&mut rest)?;
        // Longer than anything that a link lets in, twice.
        if len > 64 << 20 {
            return None;
        }
        *room = room.checked_sub(len)?;
        let here = local(len);
        let mut payload = rest.get(..here)?.to_vec();
        let mut next = if here < len {
            number(rest, here, 4)? as u32
        } else {
            0
        };
        while payload.len() < len {
            let page = self.by_number.get(&next)?;
            next = number(page, 0, 4)? as u32;
            let more = (len - payload.len()).min(PAGE - 4);
            payload.extend_from_slice(page.get(4..4 + more)?);
        }
        Some((id, columns(&payload)?))
    }
}

/// How much of a row of `len` bytes stands on its leaf (section 1.6).
fn local(len: usize) -> usize {
    let most = PAGE - 35;
    let least = (PAGE - 12) * 32 / 255 - 23;
    let fit = least + (len.saturating_sub(least)) % (PAGE - 4);
    match len {
        len if len <= most => len,
        _ if fit <= most => fit,
        _ => least,
    }
}

/// The columns of a record (section 2.1).
fn columns(payload: &[u8]) -> Option<Vec<Value>> {
    let mut rest = payload;
    let head = usize::try_from(varint(&mut rest)?).ok()?;
    let mut kinds = payload.get(payload.len() - rest.len()..head)?;
    let mut body = payload.get(head..)?;
    let mut columns = Vec::new();
    while !kinds.is_empty() {
        let kind = varint(&mut kinds)?;
        let mut bytes = |len: usize| {
            let (bytes, rest) = body.split_at_checked(len)?;
            body = rest;
            Some(bytes)
        };
        columns.push(match kind {
            0 => Value::Null,
            1..=6 => {
                let len = [1, 2, 3, 4, 6, 8][usize::try_from(kind).ok()? - 1];
                Value::Integer(integer(bytes(len)?))
            }
            7 => Value::Real(f64::from_be_bytes(bytes(8)?.try_into().ok()?)),
            8 | 9 => Value::Integer(kind - 8),
            12.. if kind % 2 == 0 => {
                Value::Blob(bytes(usize::try_from(kind - 12).ok()? / 2)?.to_vec())
            }
            13.. => Value::Text(
                String::from_utf8(bytes(usize::try_from(kind - 13).ok()? / 2)?.to_vec()).ok()?,
            ),
            _ => return None,
        });
    }
    Some(columns)
}

/// A signed number, the highest byte first.
fn integer(bytes: &[u8]) -> i64 {
    let sign = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let start = if sign { -1 } else { 0 };
    bytes.iter().fold(start, |n, b| n << 8 | i64::from(*b))
}

/// A number of so many bytes, the highest first.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + len)?;
    Some(bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// SQLite's numbers of variable length: up to nine bytes, the highest first.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value: u64 = 0;
    for i in 0..9 {
        let byte = *bytes.get(i)?;
        if i == 8 {
            value = value << 8 | u64::from(byte);
        } else {
            value = value << 7 | u64::from(byte & 0x7f);
        }
        if i == 8 || byte & 0x80 == 0 {
            *bytes = &bytes[i + 1..];
            return Some(value.cast_signed());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_goes_on_with_itself_does_not_become_any_number_of_bytes() {
        // One cell: its length (three digits of seven bits), its number; a head of five bytes with a blob of 1,600,000.
        let mut page = vec![0; PAGE];
        page[4..8].copy_from_slice(&[0xe1, 0xd4, 0x05, 1]);
        page[8..13].copy_from_slice(&[5, 0x81, 0xc3, 0xa8, 0x0c]);
        let at = 4;
        // It goes on here again, and so does the page.
        page[at + 4 + local(1_600_005)..][..4].copy_from_slice(&[0, 0, 0, 2]);
        page[..4].copy_from_slice(&[0, 0, 0, 2]);
        let with = |more: u32| Pages {
            by_number: (2..3 + more).map(|number| (number, page.clone())).collect(),
            len: 0,
            cut: 0,
        };
        let read = |pages: &Pages| {
            let mut room = pages.room();
            let rows = (0..1_000).map_while(|_| pages.row(&page, at, &mut room));
            rows.count()
        };
        assert_eq!(read(&with(0)), 0);
        // As long as the row is no longer than four times the file.
        assert_eq!(read(&with(100)), 1);
    }
}
