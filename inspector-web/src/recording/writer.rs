//! Cycles into a file, and the oldest out of it.

use super::{
    RecordingError, opened,
    recorder::Retention,
    schema::{self, PAGE, at, beside, checksum, span_checksum},
};
use crate::{
    otlp::Kept,
    store::{Entry, ToldRun},
};
use onionskin::{codec::Tables, spans::TraceId};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use std::{
    collections::HashMap,
    fs,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file that is written to. Dropping it leaves one file, without a log beside it, if that can be had.
#[derive(Debug)]
pub(crate) struct Writer {
    db: Connection,
    file: PathBuf,
    runs: HashMap<String, Run>,
    next: i64,
    /// Held for as long as the file is written to. It goes last: closing it while SQLite has the file would take SQLite's
    /// own locks away.
    lock: fs::File,
}

/// What takes in the log beside a file, and does without one from then on.
const ONE_FILE: &str = "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;";

/// A run that is in the file.
#[derive(Debug)]
struct Run {
    id: i64,
    /// What of it is in the file.
    tables: Arc<Tables>,
}

/// A cycle to be written.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) run: &'a ToldRun,
}

impl Writer {
    /// Opens a recording to add to it, or makes one.
    pub(crate) fn open(file: &Path) -> Result<Self, RecordingError> {
        if fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() > 0) {
            let damaged = || RecordingError::Damaged { file: file.into() };
            opened::intact(file).map_err(|error| error.unwrap_or_else(damaged))?;
        }
        let open = |source| RecordingError::Open {
            file: file.into(),
            source,
        };
        let lock = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(file);
        let lock = lock.map_err(open)?;
        let is_new = lock.metadata().is_ok_and(|meta| meta.len() == 0);
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(RecordingError::Busy { file: file.into() });
        }
        let db = schema::to_write(file).inspect_err(|_| {
            // What was begun is no recording yet, and nobody's.
            if is_new {
                let _ = fs::remove_file(file);
                let _ = fs::remove_file(beside(file, "-journal"));
            }
        })?;
        let next = db
            .query_row(
                "SELECT coalesce(max(position), 0) + 1 FROM cycle",
                (),
                |row| row.get(0),
            )
            .map_err(at(file, "read"))?;
        Ok(Self {
            db,
            file: file.into(),
            runs: HashMap::new(),
            next,
            lock,
        })
    }

    /// Adds cycles, all of them or none. One that is in the file already is not added again.
    pub(crate) fn add(&mut self, lines: &[Line<'_>]) -> Result<u64, RecordingError> {
        let failed = at(&self.file, "write to");
        let transaction = self.db.unchecked_transaction();
        let (added, runs) = transaction
            .and_then(|transaction| {
                let mut runs = HashMap::new();
                let mut added = 0;
                for line in lines {
                    let known = runs
                        .get(&line.run.hello.run)
                        .or(self.runs.get(&line.run.hello.run));
                    let id = match known {
                        Some(run) if Arc::ptr_eq(&run.tables, &line.run.tables) => run.id,
                        known => {
                            let run = put_run(&transaction, known, line.run)?;
                            let id = run.id;
                            runs.insert(line.run.hello.run.clone(), run);
                            id
                        }
                    };
                    added +=
                        u64::from(put_cycle(&transaction, self.next + added as i64, id, line)?);
                }
                transaction.commit()?;
                Ok((added, runs))
            })
            .map_err(failed)?;
        self.runs.extend(runs);
        self.next += added as i64;
        Ok(added)
    }

    /// Adds spans of other services. They, and those that are there of the traces of cycles just added, stay for as long as
    /// the newest cycle does. One that comes again takes the place of the one before.
    pub(crate) fn add_spans(
        &mut self,
        traces: &[TraceId],
        spans: &[Arc<Kept>],
    ) -> Result<(), RecordingError> {
        let newest = self.next - 1;
        let all = || {
            let transaction = self.db.unchecked_transaction()?;
            for trace in traces {
                let stay = "UPDATE span SET position = ?1 WHERE trace = ?2";
                let mut stay = transaction.prepare_cached(stay)?;
                stay.execute(params![newest, trace.to_string()])?;
            }
            for kept in spans {
                put_span(&transaction, newest, kept)?;
            }
            transaction.commit()
        };
        match traces.is_empty() && spans.is_empty() {
            true => Ok(()),
            false => all().map_err(at(&self.file, "write to")),
        }
    }

    /// Notes cycles of a run that came and are not in the file: the disk was too slow for them.
    pub(crate) fn missed(&self, n: u64) -> Result<(), RecordingError> {
        let sql = "UPDATE about SET value = value + ?1 WHERE name = 'missed'";
        self.db
            .execute(sql, [n.cast_signed()])
            .map(drop)
            .map_err(at(&self.file, "write to"))
    }

    /// Lets the oldest go until the rest is within the bounds; how many went.
    pub(crate) fn retain(&mut self, keep: &Retention, now_us: u64) -> Result<u64, RecordingError> {
        let failed = |source| at(&self.file, "write to")(source);
        let mut gone = 0;
        if let Some(age) = keep.age {
            let before = now_us.saturating_sub(age.as_micros() as u64) as i64;
            let newest = "SELECT max(position) FROM cycle WHERE started_unix_us < ?1";
            let last: Option<i64> = self
                .db
                .query_row(newest, [before], |row| row.get(0))
                .map_err(failed)?;
            if let Some(last) = last {
                gone += self.drop_until(last)?;
            }
        }
        while let Some(cap) = keep.bytes
            && self.used()? > cap
        {
            // A sixteenth at a time, so that it is not done again for every cycle.
            let bounds = "SELECT min(position), max(position) FROM cycle";
            let (first, last): (Option<i64>, Option<i64>) = self
                .db
                .query_row(bounds, (), |row| Ok((row.get(0)?, row.get(1)?)))
                .map_err(failed)?;
            let (Some(first), Some(last)) = (first, last) else {
                break;
            };
            gone += self.drop_until(first + (last - first) / 16)?;
        }
        Ok(gone)
    }

    fn drop_until(&self, position: i64) -> Result<u64, RecordingError> {
        let all = || {
            let transaction = self.db.unchecked_transaction()?;
            let count = "UPDATE run SET expired = expired +
                (SELECT count(*) FROM cycle WHERE cycle.run = run.id AND position <= ?1)";
            transaction.execute(count, [position])?;
            transaction.execute("DELETE FROM record WHERE position <= ?1", [position])?;
            transaction.execute("DELETE FROM span WHERE position <= ?1", [position])?;
            let gone = transaction.execute("DELETE FROM cycle WHERE position <= ?1", [position])?;
            transaction.commit()?;
            Ok(gone as u64)
        };
        all().map_err(at(&self.file, "write to"))
    }

    /// Bytes that are in use in the file.
    pub(crate) fn used(&self) -> Result<u64, RecordingError> {
        let pragma = |name: &str| {
            self.db
                .query_row(&format!("PRAGMA {name}"), (), |row| row.get::<_, i64>(0))
        };
        let used = pragma("page_count").and_then(|all| Ok(all - pragma("freelist_count")?));
        Ok(used.map_err(at(&self.file, "read"))? as u64 * PAGE as u64)
    }

    /// As if the disk had room for no more.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        self.db
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    }

    /// Puts all that is written into the one file.
    pub(crate) fn finish(self) -> Result<(), RecordingError> {
        let one = self.db.execute_batch(ONE_FILE);
        one.map_err(at(&self.file, "write to"))
    }

    /// Whether the file is still the one that has this name: what is written to a removed one is seen by nobody.
    pub(crate) fn is_there(&self) -> Result<(), RecordingError> {
        let same = |a: fs::Metadata, b: fs::Metadata| a.ino() == b.ino() && a.dev() == b.dev();
        let here =
            fs::metadata(&self.file).and_then(|named| Ok(same(named, self.lock.metadata()?)));
        match here {
            Ok(true) => Ok(()),
            _ => Err(RecordingError::Gone {
                file: self.file.clone(),
            }),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // A file without a log can be opened where nobody may write. If it can't be had (no room, a reader), what is in the
        // log is read all the same.
        let _ = self.db.execute_batch(ONE_FILE);
        let _ = fs::remove_file(beside(&self.file, "-shm"));
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model has only string keys")
}

/// Writes a run, or what is new of it.
fn put_run(
    transaction: &Transaction<'_>,
    known: Option<&Run>,
    told: &ToldRun,
) -> rusqlite::Result<Run> {
    let id = match known {
        Some(run) => run.id,
        None => {
            let hello = json(&told.hello);
            let sum = checksum(&[hello.as_bytes()]);
            let insert = "INSERT OR IGNORE INTO run (run, ordinal, hello, expired, checksum) VALUES (?1, ?2, ?3, 0, ?4)";
            transaction.prepare_cached(insert)?.execute(params![
                told.hello.run,
                told.ordinal,
                hello,
                sum
            ])?;
            let find = "SELECT id FROM run WHERE run = ?1";
            transaction
                .prepare_cached(find)?
                .query_row([&told.hello.run], |row| row.get(0))?
        }
    };
    let none = Tables::default();
    let before = known.map_or(&none, |run| &*run.tables);
    let insert = "INSERT OR REPLACE INTO told (run, what, number, json, checksum) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = transaction.prepare_cached(insert)?;
    let mut tell = |what: &str, number: i64, json: String| {
        let sum = checksum(&[what.as_bytes(), &number.to_le_bytes(), json.as_bytes()]);
        insert
            .execute(params![id, what, number, json, sum])
            .map(drop)
    };
    for (number, site) in &told.tables.sites {
        if before.sites.get(number) != Some(site) {
            tell("site", i64::from(*number), json(site))?;
        }
    }
    for (number, name) in told.tables.types.iter().enumerate() {
        if before.types.get(number) != Some(name) {
            tell("type", number as i64, json(name))?;
        }
    }
    if let Some(stack) = told
        .tables
        .stack
        .as_ref()
        .filter(|stack| before.stack.as_ref() != Some(*stack))
    {
        tell("stack", 0, json(stack))?;
    }
    Ok(Run {
        id,
        tables: told.tables.clone(),
    })
}

/// Writes a cycle; false if it is there already, or can't be read where it comes from.
fn put_cycle(
    transaction: &Transaction<'_>,
    position: i64,
    run: i64,
    line: &Line<'_>,
) -> rusqlite::Result<bool> {
    let summary = &line.entry.summary;
    let find = "SELECT 1 FROM cycle WHERE run = ?1 AND number = ?2";
    let number = summary.number.cast_signed();
    if transaction
        .prepare_cached(find)?
        .query_row([run, number], |_| Ok(()))
        .optional()?
        .is_some()
    {
        return Ok(false);
    }
    let Some(record) = line.entry.record.load() else {
        return Ok(false);
    };
    let text = json(summary);
    let places = line.entry.places.as_bytes();
    let sum = checksum(&[text.as_bytes(), places]);
    let insert =
        "INSERT INTO cycle VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    transaction.prepare_cached(insert)?.execute(params![
        position,
        run,
        number,
        summary.started_unix_us.cast_signed(),
        summary.duration_ns.cast_signed(),
        summary.method,
        summary.target,
        summary.route,
        summary.status,
        schema::outcome(&summary.outcome),
        summary.sql.cast_signed(),
        text,
        places,
        sum,
    ])?;
    let (format, bytes) = record.parts();
    let insert = "INSERT INTO record VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(insert)?.execute(params![
        position,
        format,
        checksum(&[bytes]),
        bytes
    ])?;
    Ok(true)
}

fn put_span(transaction: &Transaction<'_>, position: i64, kept: &Kept) -> rusqlite::Result<()> {
    let (trace, span) = (kept.span.trace.to_string(), kept.span.id.to_string());
    let (left_out, json) = (i64::from(kept.left_out), kept.to_json().to_string());
    let sum = span_checksum(&trace, &span, left_out, &json);
    let insert = "INSERT OR REPLACE INTO span VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = transaction.prepare_cached(insert)?;
    let service = kept.service.as_deref();
    insert
        .execute(params![position, trace, span, service, left_out, json, sum])
        .map(drop)
}
