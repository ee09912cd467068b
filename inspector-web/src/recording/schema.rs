//! The tables of a recording.
//!
//! No two tables have the same number of columns: by it `salvage` knows the rows of a page that nothing else tells of.

use super::RecordingError;
use onionskin::wire::{Outcome, WIRE_VERSION};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    hash::Hasher as _,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};
use twox_hash::XxHash64;

/// Version of these tables. Version 1 has no spans; what is older is read, and raised when somebody adds to it.
pub const VERSION: i64 = 2;

/// `OSKN`: says in the file's head whose it is.
pub(super) const APPLICATION: i64 = 0x4f53_4b4e;

/// Bytes of a page.
pub(super) const PAGE: usize = 4096;

/// How long to wait for another process that has the file for a moment.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE about (name TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE record (
    position INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL
);
CREATE TABLE told (
    run INTEGER NOT NULL,
    what TEXT NOT NULL,
    number INTEGER NOT NULL,
    json TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    UNIQUE (run, what, number)
);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    ordinal INTEGER NOT NULL,
    hello TEXT NOT NULL,
    expired INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE cycle (
    position INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started_unix_us INTEGER NOT NULL,
    duration_ns INTEGER NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    route TEXT,
    status INTEGER,
    outcome TEXT NOT NULL,
    sql INTEGER NOT NULL,
    line TEXT NOT NULL,
    places BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE UNIQUE INDEX cycle_number ON cycle (run, number);
CREATE INDEX cycle_started ON cycle (started_unix_us);
CREATE INDEX cycle_status ON cycle (status);
CREATE INDEX cycle_duration ON cycle (duration_ns);
CREATE INDEX cycle_route ON cycle (route);
CREATE INDEX cycle_outcome ON cycle (outcome);
";

/// What version 2 added.
const SPANS: &str = "
CREATE TABLE span (
    position INTEGER NOT NULL,
    trace TEXT NOT NULL,
    span TEXT NOT NULL,
    service TEXT,
    left_out INTEGER NOT NULL,
    json TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    UNIQUE (trace, span)
);
CREATE INDEX span_position ON span (position);
";

/// The checksum of a row: XXH64 of its parts, each behind its length, as SQLite keeps integers.
pub(super) fn checksum(parts: &[&[u8]]) -> i64 {
    let mut hash = XxHash64::with_seed(0);
    for part in parts {
        hash.write(&(part.len() as u64).to_le_bytes());
        hash.write(part);
    }
    hash.finish().cast_signed()
}

/// The checksum of a row of `span`.
pub(super) fn span_checksum(trace: &str, span: &str, left_out: i64, json: &str) -> i64 {
    let left_out = left_out.to_le_bytes();
    checksum(&[
        trace.as_bytes(),
        span.as_bytes(),
        &left_out,
        json.as_bytes(),
    ])
}

/// The word for how a cycle ended, as it is on the wire.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let json = serde_json::to_value(outcome).expect("the model has only string keys");
    json["kind"].as_str().unwrap_or_default().into()
}

/// Makes a new file or takes an older recording, to write to it.
pub(super) fn to_write(file: &Path) -> Result<Connection, RecordingError> {
    let failed = |operation| at(file, operation);
    let is_new = fs::metadata(file).map_or(true, |meta| meta.len() == 0);
    if !is_new {
        look(file)?;
    }
    let db = Connection::open(file).map_err(failed("open"))?;
    db.busy_timeout(BUSY).map_err(failed("open"))?;
    if is_new {
        make(&db)
            .and_then(|()| db.execute_batch("COMMIT"))
            .map_err(failed("write to"))?;
    } else if version(&db, file)? < VERSION {
        raise(&db).map_err(failed("write to"))?;
    }
    // In WAL mode a process that is killed leaves whole transactions and nothing else.
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;";
    db.execute_batch(settings).map_err(failed("write to"))?;
    Ok(db)
}

/// The checksum of where each table begins and what its columns are. It never changes: tables are made once.
pub(super) fn tables(db: &Connection) -> rusqlite::Result<String> {
    let mut all =
        db.prepare("SELECT name, rootpage, coalesce(sql, '') FROM sqlite_schema ORDER BY name")?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(format!(
            "{} {} {}",
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, String>(2)?
        ))
    };
    let rows: rusqlite::Result<Vec<String>> = all.query_map((), row)?.collect();
    Ok(checksum(&[rows?.join("\n").as_bytes()]).to_string())
}

/// Makes the tables, in a transaction that is still open.
fn make(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "PRAGMA page_size = {PAGE}; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};
         BEGIN; {TABLES} {SPANS}
         INSERT INTO about VALUES ('written by', 'onionskin {}'), ('wire', '{WIRE_VERSION}'), ('missed', 0);",
        env!("CARGO_PKG_VERSION")
    ))?;
    let tables = tables(db)?;
    db.execute("INSERT INTO about VALUES ('tables', ?1)", [tables])
        .map(drop)
}

/// Makes a recording of version 1 one of this version: all of it, or nothing.
fn raise(db: &Connection) -> rusqlite::Result<()> {
    let transaction = db.unchecked_transaction()?;
    transaction.execute_batch(&format!(
        "{SPANS} PRAGMA user_version = {VERSION};
         UPDATE about SET value = 'onionskin {}' WHERE name = 'written by';",
        env!("CARGO_PKG_VERSION")
    ))?;
    let tables = tables(&transaction)?;
    let update = "UPDATE about SET value = ?1 WHERE name = 'tables'";
    transaction.execute(update, [tables])?;
    transaction.commit()
}

/// A new file for what is salvaged, in a transaction that is still open: nobody needs it after a crash.
pub(super) fn fresh(file: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(file)?;
    db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    make(&db)?;
    Ok(db)
}

/// Opens a recording to read it, and tells its version; `recorded`: while somebody writes it.
pub(super) fn to_read(file: &Path, recorded: bool) -> Result<(Connection, i64), RecordingError> {
    look(file)?;
    let open = |flags, name: &Path| Connection::open_with_flags(name, flags);
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let has_log = fs::metadata(beside(file, "-wal")).is_ok_and(|meta| meta.len() > 0);
    // What a killed recorder left in the log is taken in by whoever may write; one who may not reads it where it is.
    let db = match has_log || recorded {
        true => open(
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            file,
        )
        .or_else(|_| open(read_only, file)),
        false => open(read_only | OpenFlags::SQLITE_OPEN_URI, &immutable(file)),
    };
    let db = db.map_err(at(file, "open"))?;
    db.busy_timeout(BUSY).map_err(at(file, "open"))?;
    let version = version(&db, file)?;
    Ok((db, version))
}

/// A name that tells SQLite that nobody writes: then it needs no right to write beside the file.
fn immutable(file: &Path) -> PathBuf {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let mut uri = b"file:".to_vec();
    for b in file.as_os_str().as_bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => uri.push(*b),
            b => uri.extend_from_slice(format!("%{b:02X}").as_bytes()),
        }
    }
    uri.extend_from_slice(b"?immutable=1");
    std::ffi::OsString::from_vec(uri).into()
}

/// Whose file it is, by its head.
pub(super) fn look(file: &Path) -> Result<(), RecordingError> {
    let open = |source| RecordingError::Open {
        file: file.into(),
        source,
    };
    let mut head = Vec::new();
    let mut bytes = fs::File::open(file).map_err(open)?.take(100);
    bytes.read_to_end(&mut head).map_err(open)?;
    let is_ours = head.starts_with(b"SQLite format 3\0")
        && head.get(68..72) == Some(&(APPLICATION as u32).to_be_bytes()[..]);
    match is_ours {
        true => Ok(()),
        false => Err(RecordingError::Foreign { file: file.into() }),
    }
}

/// The version of a recording, if it is one that is known.
fn version(db: &Connection, file: &Path) -> Result<i64, RecordingError> {
    let found: i64 = db
        .query_row("PRAGMA user_version", (), |row| row.get(0))
        .map_err(at(file, "read"))?;
    if (1..=VERSION).contains(&found) {
        return Ok(found);
    }
    let by = db.query_row(
        "SELECT value FROM about WHERE name = 'written by'",
        (),
        |row| row.get(0),
    );
    Err(RecordingError::Version {
        file: file.into(),
        found,
        by: by.unwrap_or_else(|_| "it does not say which".into()),
    })
}

/// Makes an error of what SQLite says.
pub(super) fn at(
    file: &Path,
    operation: &'static str,
) -> impl FnOnce(rusqlite::Error) -> RecordingError {
    let file = file.to_owned();
    move |source| RecordingError::Sqlite {
        operation,
        file,
        source,
    }
}

/// A file that SQLite keeps beside this one.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
