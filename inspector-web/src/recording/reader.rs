//! Cycles out of a file, a few at a time.

use super::{
    RecordingError,
    schema::{self, at, checksum, span_checksum},
};
use crate::{
    otlp::Kept,
    store::{Places, Record, ToldRun},
};
use onionskin::{codec::Tables, link::protocol::Hello, spans::TraceId, wire::CycleSummary};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A recording that is read.
#[derive(Debug)]
pub(crate) struct Reader {
    db: Mutex<Connection>,
    file: PathBuf,
    bytes: u64,
    version: i64,
    /// Rows that could not be read.
    damaged: AtomicU64,
    /// Where a recorder is at work: the file once more, to ask for its lock. It goes last, as the writer's does.
    recorded: Option<fs::File>,
}

/// What there is in a file at one moment.
#[derive(Debug)]
pub(crate) struct Contents {
    /// Position of the oldest cycle; 1 if there is none.
    pub(crate) first: u64,
    /// Position of the newest cycle; 0 if there is none.
    pub(crate) newest: u64,
    /// All runs, oldest first.
    pub(crate) runs: Vec<FiledRun>,
}

/// The line of a cycle.
#[derive(Debug)]
pub(crate) struct FiledLine {
    pub(crate) position: u64,
    pub(crate) run: u64,
    pub(crate) summary: CycleSummary,
    pub(crate) places: Places,
}

/// A run of which the file knows.
#[derive(Debug)]
pub(crate) struct FiledRun {
    pub(crate) id: u64,
    pub(crate) told: ToldRun,
    /// Cycles of it that are in the file.
    pub(crate) stored: u64,
    /// Cycles of it that made room for newer ones.
    pub(crate) expired: u64,
}

const LINE: &str = "SELECT position, run, line, places, checksum FROM cycle";

impl Reader {
    /// Opens a recording.
    pub(crate) fn open(file: &Path) -> Result<Self, RecordingError> {
        let probe = fs::File::open(file).map_err(|source| RecordingError::Open {
            file: file.into(),
            source,
        })?;
        // Without a recorder it is closed before SQLite has the file.
        let recorded = Some(probe).filter(is_locked);
        let (db, version) = schema::to_read(file, recorded.is_some())?;
        let bytes = fs::metadata(file).map_or(0, |meta| meta.len());
        Ok(Self {
            db: Mutex::new(db),
            file: file.into(),
            bytes,
            version,
            damaged: AtomicU64::new(0),
            recorded,
        })
    }

    /// Whether a recorder is at work on the file since it was opened.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorded.as_ref().is_some_and(is_locked)
    }

    /// Bytes of the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many rows could not be read so far.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Whether all pages are there that the file says it has, the tables are where they were made, and positions have no gaps,
    /// as they were given out: what SQLite looks at only when it comes there, or never. Lines are read through and compared with their checksums; records, which are
    /// longer, when they are asked for.
    pub(crate) fn check(&self) -> Result<(), RecordingError> {
        let log = schema::beside(&self.file, "-wal");
        let has_log = fs::metadata(log).is_ok_and(|meta| meta.len() > 0);
        let db = self.db();
        let sound = || {
            // In one transaction, so that nothing comes between the questions.
            let _moment = db.unchecked_transaction()?;
            let pages: i64 = db.query_row("PRAGMA page_count", (), |row| row.get(0))?;
            let told = "SELECT value FROM about WHERE name = 'tables'";
            let told: String = db.query_row(told, (), |row| row.get(0))?;
            let indexed = "SELECT count(*) FROM cycle INDEXED BY cycle_number";
            let indexed: i64 = db.query_row(indexed, (), |row| row.get(0))?;
            let whole = has_log
                || self.recorded.is_some()
                || self.bytes == pages as u64 * schema::PAGE as u64;
            let (first, newest) = bounds(&db)?;
            let counted = i128::from(newest) - i128::from(first) + 1 == i128::from(indexed);
            let numbered = counted && first > 0 && i64::try_from(newest).is_ok();
            Ok(whole && numbered && told == schema::tables(&db)? && Some(indexed) == lines(&db)?)
        };
        match sound().map_err(at(&self.file, "read"))? {
            true => Ok(()),
            false => {
                let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
                let damage = rusqlite::Error::SqliteFailure(damage, None);
                Err(at(&self.file, "read")(damage))
            }
        }
    }

    /// Cycles that came while this was recorded and are not in the file.
    pub(crate) fn missed(&self) -> u64 {
        let missed = "SELECT value FROM about WHERE name = 'missed'";
        let text: rusqlite::Result<String> = self.db().query_row(missed, (), |row| row.get(0));
        text.ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Positions of the oldest and the newest cycle, of all that are there now.
    pub(crate) fn bounds(&self) -> Result<(u64, u64), RecordingError> {
        bounds(&self.db()).map_err(at(&self.file, "read"))
    }

    /// What there is now.
    pub(crate) fn contents(&self) -> Result<Contents, RecordingError> {
        let db = self.db();
        let all = || {
            let _moment = db.unchecked_transaction()?;
            let (first, newest) = bounds(&db)?;
            let mut runs = BTreeMap::new();
            let mut rows =
                db.prepare("SELECT id, ordinal, hello, expired, checksum FROM run ORDER BY id")?;
            let mut rows = rows.query(())?;
            while let Some(row) = rows.next()? {
                if let Some(run) = self.intact(run(row)?) {
                    runs.insert(run.id, run);
                }
            }
            let mut counts = db.prepare("SELECT run, count(*) FROM cycle GROUP BY run")?;
            let mut counts = counts.query(())?;
            while let Some(row) = counts.next()? {
                if let Some(run) = runs.get_mut(&(row.get::<_, i64>(0)? as u64)) {
                    run.stored = row.get::<_, i64>(1)? as u64;
                }
            }
            let mut told = db.prepare(
                "SELECT run, what, number, json, checksum FROM told ORDER BY run, what, number",
            )?;
            let mut told = told.query(())?;
            while let Some(row) = told.next()? {
                if let Some(run) = runs.get_mut(&(row.get::<_, i64>(0)? as u64)) {
                    let tables = Arc::make_mut(&mut run.told.tables);
                    self.intact(tell(row, tables)?);
                }
            }
            Ok(Contents {
                first,
                newest,
                runs: runs.into_values().collect(),
            })
        };
        all().map_err(at(&self.file, "read"))
    }

    /// The lines of the cycles at positions in `from..to`, oldest first. What is damaged is left out, and counted.
    pub(crate) fn lines(&self, from: u64, to: u64) -> Vec<FiledLine> {
        let db = self.db();
        let mut lines = Vec::new();
        let mut next = from;
        let read = |next: &mut u64, lines: &mut Vec<FiledLine>| {
            let sql = format!("{LINE} WHERE position >= ?1 AND position < ?2 ORDER BY position");
            let mut rows = db.prepare_cached(&sql)?;
            let mut rows = rows.query([*next as i64, to as i64])?;
            while let Some(row) = rows.next()? {
                *next = row.get::<_, i64>(0)? as u64 + 1;
                lines.extend(self.intact(line(row)?));
            }
            Ok::<_, rusqlite::Error>(())
        };
        if read(&mut next, &mut lines).is_ok() {
            return lines;
        }
        // A page is damaged. What stands on others is found one by one.
        let sql = format!("{LINE} WHERE position = ?1");
        for position in next..to {
            let one = db
                .prepare_cached(&sql)
                .and_then(|mut row| row.query_row([position as i64], line).optional());
            match one {
                Ok(None) => {}
                Ok(Some(read)) => lines.extend(self.intact(read)),
                Err(_) => _ = self.intact::<()>(None),
            }
        }
        lines
    }

    /// The record of the cycle at a position; none if it is damaged.
    pub(crate) fn record(&self, position: u64) -> Option<Record> {
        let db = self.db();
        let record = |row: &Row<'_>| {
            let bytes: Vec<u8> = row.get(1)?;
            let intact = checksum(&[&bytes]) == row.get::<_, i64>(2)?;
            Ok(Record::of_parts(row.get(0)?, bytes).filter(|_| intact))
        };
        let sql = "SELECT format, bytes, checksum FROM record WHERE position = ?1";
        let read = db
            .prepare_cached(sql)
            .and_then(|mut row| row.query_row([position as i64], record));
        self.intact(read.ok().flatten())
    }

    /// The position of a cycle, by the number of its run.
    pub(crate) fn position(&self, run: u64, number: u64) -> Option<u64> {
        let db = self.db();
        let sql = "SELECT position FROM cycle WHERE run = ?1 AND number = ?2";
        let row = |row: &Row<'_>| row.get::<_, i64>(0);
        let position = db
            .prepare_cached(sql)
            .and_then(|mut find| find.query_row(params![run as i64, number as i64], row));
        position.ok().map(|position| position as u64)
    }

    /// The number of the newest span of other services; 0 if there is none.
    pub(crate) fn newest_span(&self) -> u64 {
        if self.version < 2 {
            return 0;
        }
        let sql = "SELECT coalesce(max(rowid), 0) FROM span";
        let newest = self.db().query_row(sql, (), |row| row.get::<_, i64>(0));
        newest.map_or(0, |newest| newest as u64)
    }

    /// The spans of a trace that came from other services.
    pub(crate) fn spans(&self, trace: TraceId) -> FiledSpans {
        if self.version < 2 {
            return FiledSpans::default();
        }
        let db = self.db();
        let all = || {
            let sql = "SELECT trace, span, left_out, json, checksum FROM span WHERE trace = ?1";
            let mut rows = db.prepare_cached(sql)?;
            let rows = rows.query_map([trace.to_string()], span)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        // Where a page is damaged nobody knows how many were on it.
        let Ok(read) = all() else {
            return FiledSpans {
                damaged: 1,
                ..FiledSpans::default()
            };
        };
        let damaged = read.iter().filter(|span| span.is_none()).count() as u64;
        let spans = read.into_iter().flatten().map(Arc::new).collect();
        FiledSpans { spans, damaged }
    }

    /// Counts what is damaged.
    fn intact<T>(&self, row: Option<T>) -> Option<T> {
        if row.is_none() {
            self.damaged.fetch_add(1, Ordering::Relaxed);
        }
        row
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The spans of a trace, of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FiledSpans {
    pub(crate) spans: Vec<Arc<Kept>>,
    /// How many more there are, at least, which are damaged.
    pub(crate) damaged: u64,
}

/// Whether somebody records into a file.
fn is_locked(file: &fs::File) -> bool {
    let free = flock(file, FlockOperation::NonBlockingLockShared).is_ok();
    if free {
        // It was had, so it can be given back.
        let _ = flock(file, FlockOperation::Unlock);
    }
    !free
}

/// Positions of the oldest and the newest cycle; 1 and 0 if there is none.
fn bounds(db: &Connection) -> rusqlite::Result<(u64, u64)> {
    let bounds = "SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM cycle";
    let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64));
    db.query_row(bounds, (), row)
}

/// How many lines the table of cycles has, if all of them are as they were written.
fn lines(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut all = db.prepare("SELECT line, places, checksum FROM cycle NOT INDEXED")?;
    let mut all = all.query(())?;
    let mut count = 0;
    while let Some(row) = all.next()? {
        let (line, places) = (row.get_ref(0)?.as_bytes()?, row.get_ref(1)?.as_bytes()?);
        if checksum(&[line, places]) != row.get::<_, i64>(2)? {
            return Ok(None);
        }
        count += 1;
    }
    Ok(Some(count))
}

fn run(row: &Row<'_>) -> rusqlite::Result<Option<FiledRun>> {
    let hello: String = row.get(2)?;
    let intact = checksum(&[hello.as_bytes()]) == row.get::<_, i64>(4)?;
    let Some(hello) = json::<Hello>(&hello).filter(|_| intact) else {
        return Ok(None);
    };
    let tables = Tables {
        app: hello.app.clone(),
        run: hello.run.clone(),
        ..Tables::default()
    };
    Ok(Some(FiledRun {
        id: row.get::<_, i64>(0)? as u64,
        told: ToldRun {
            ordinal: row.get(1)?,
            tables: Arc::new(tables),
            hello,
        },
        stored: 0,
        expired: row.get::<_, i64>(3)? as u64,
    }))
}

/// Puts a row of `told` into the tables of its run.
fn tell(row: &Row<'_>, tables: &mut Tables) -> rusqlite::Result<Option<()>> {
    let (what, number, text): (String, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let sum = checksum(&[what.as_bytes(), &number.to_le_bytes(), text.as_bytes()]);
    if sum != row.get::<_, i64>(4)? {
        return Ok(None);
    }
    Ok(match what.as_str() {
        "site" => json(&text).map(|site| drop(tables.sites.insert(number as u32, site))),
        // A gap, left by a damaged row, keeps the numbers of those behind it.
        "type" => json(&text).map(|name| {
            let number = number as usize;
            if number < 1 << 20 {
                tables
                    .types
                    .resize(tables.types.len().max(number), String::new());
                tables.types.truncate(number);
                tables.types.push(name);
            }
        }),
        "stack" => json(&text).map(|stack| tables.stack = Some(stack)),
        _ => None,
    })
}

fn line(row: &Row<'_>) -> rusqlite::Result<Option<FiledLine>> {
    let (text, places): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
    if checksum(&[text.as_bytes(), &places]) != row.get::<_, i64>(4)? {
        return Ok(None);
    }
    let (position, run) = (row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64);
    Ok(json(&text).map(|summary| FiledLine {
        position,
        run,
        summary,
        places: Places::of_bytes(places),
    }))
}

fn span(row: &Row<'_>) -> rusqlite::Result<Option<Kept>> {
    let (trace, id, json): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let left_out: i64 = row.get(2)?;
    if span_checksum(&trace, &id, left_out, &json) != row.get::<_, i64>(4)? {
        return Ok(None);
    }
    let json = self::json(&json);
    Ok(json.and_then(|json| Kept::of_json(&json, left_out.try_into().unwrap_or(u32::MAX))))
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
