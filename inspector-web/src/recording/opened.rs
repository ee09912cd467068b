//! A file opened, whatever it holds; or what takes the place of one.

use super::{Reader, RecordingError, salvage, schema};
use crate::{
    export::read_har,
    model::Opened,
    otlp::{Reading, Reason, Spans},
    store::Store,
};
use onionskin::{
    spans::Batch,
    text,
    wire::{Cycle, WIRE_VERSION},
};
use std::{collections::BTreeMap, fs, io::Read as _, path::Path};
use tokio::sync::watch;
use twox_hash::XxHash64;

/// What every recording begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Memory for spans of other services that no file holds, in bytes.
const SPANS: u64 = 512 << 20;

/// A file whose cycles can be asked for: a recording, a HAR file, or cycles as JSON lines.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    pub(crate) store: Store,
    pub(crate) told: Opened,
    /// Spans of other services, where they are not in the store's file.
    pub(crate) beside: Option<Spans>,
}

impl OpenedFile {
    /// Opens a file. Of a damaged recording it has what can be read, and says in its notes what was lost.
    ///
    /// # Errors
    /// If it can't be read, is something else, or comes from a newer onionskin.
    pub fn open(file: &Path) -> Result<Self, RecordingError> {
        let open = |source| RecordingError::Open {
            file: file.into(),
            source,
        };
        let mut opened = fs::File::open(file).map_err(open)?;
        let mut bytes = Vec::new();
        let mut head = opened.by_ref().take(SQLITE.len() as u64);
        head.read_to_end(&mut bytes).map_err(open)?;
        let is_text = bytes
            .iter()
            .find(|b| !b.is_ascii_whitespace())
            .is_some_and(|b| matches!(b, b'{' | 0xef));
        let (store, notes) = match is_text {
            true => {
                // On from where we are: of a pipe nothing can be read twice.
                opened.read_to_end(&mut bytes).map_err(open)?;
                of_text(&bytes, file)?
            }
            false if opened.metadata().map_err(open)?.is_file() => of_recording(file)?,
            false => return Err(RecordingError::Foreign { file: file.into() }),
        };
        let told = Opened {
            file: file.display().to_string(),
            notes,
        };
        Ok(Self {
            store,
            told,
            beside: None,
        })
    }

    /// Cycles that no file holds: of what `source` names, with what is to be said of them, and the spans of their traces.
    pub fn of_cycles<'a>(
        cycles: Vec<Cycle>,
        source: &str,
        mut notes: Vec<String>,
        batches: impl IntoIterator<Item = &'a Batch>,
    ) -> Self {
        let beside = Spans::new(SPANS, watch::Sender::new(()));
        let mut refused: BTreeMap<Reason, u64> = BTreeMap::new();
        for batch in batches {
            for (reason, count) in beside.keep(Reading::of_batch(batch)) {
                *refused.entry(reason).or_default() += count;
            }
        }
        for (reason, count) in refused {
            let spans = text::counted(count, "span");
            notes.push(format!("{spans} left out: {}", reason.as_str()));
        }
        let from = format!("read from {source}");
        Self {
            store: Store::of_cycles(cycles, &from, &mut notes),
            told: Opened {
                file: source.to_owned(),
                notes,
            },
            beside: Some(beside),
        }
    }

    /// Its cycles.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What is not in it, or could not be read: for people.
    pub fn notes(&self) -> &[String] {
        &self.told.notes
    }
}

fn of_recording(file: &Path) -> Result<(Store, Vec<String>), RecordingError> {
    let (reader, mut notes) = match intact(file) {
        Ok(reader) => (reader, Vec::new()),
        Err(Some(error)) => return Err(error),
        Err(None) => salvage::open(file)?,
    };
    let missed = reader.missed();
    if missed > 0 {
        notes.push(format!(
            "{} not in it: the disk was too slow when this was recorded",
            text::counted(missed, "cycle")
        ));
    }
    if reader.is_recorded() {
        notes.push("it is still being recorded".into());
    }
    Ok((Store::of_file(reader)?, notes))
}

/// A recording whose tables can be walked; no error if it is damaged.
pub(super) fn intact(file: &Path) -> Result<Reader, Option<RecordingError>> {
    let looked = schema::look(file);
    if let Err(error) = looked {
        return Err(salvage::may_be_ours(file)
            .then_some(())
            .map_or(Some(error), |()| None));
    }
    let is_damage = |error: &RecordingError| match error {
        RecordingError::Sqlite { source, .. } => salvage::is_damage(source),
        // Of a damaged number of the version nobody says who wrote it.
        RecordingError::Version { by, .. } => by.is_empty(),
        _ => false,
    };
    let walked = Reader::open(file).and_then(|reader| {
        reader.check()?;
        reader.contents()?;
        Ok(reader)
    });
    match walked {
        Ok(reader) if reader.damaged() == 0 => Ok(reader),
        Ok(_) => Err(None),
        Err(error) if is_damage(&error) => Err(None),
        Err(error) => Err(Some(error)),
    }
}

/// A HAR file, or one cycle a line.
fn of_text(bytes: &[u8], file: &Path) -> Result<(Store, Vec<String>), RecordingError> {
    let from = format!("read from {}", file.display());
    if let Some((cycles, mut notes)) = lines(bytes) {
        return Ok((Store::of_cycles(cycles, &from, &mut notes), notes));
    }
    // The same file is the same run, whenever it is opened.
    let run = format!("{:012x}", XxHash64::oneshot(0, bytes) & 0xffff_ffff_ffff);
    let cycles = read_har(bytes, &run).map_err(|source| RecordingError::Har {
        file: file.into(),
        source,
    })?;
    let note = "read from a HAR file: it has what came and what went, and nothing of what the layers between did";
    let mut notes = vec![note.into()];
    Ok((Store::of_cycles(cycles, &from, &mut notes), notes))
}

/// Cycles as `jsonl` writes them; none if the first line is no cycle. A later line that is none is left out, and said.
fn lines(bytes: &[u8]) -> Option<(Vec<Cycle>, Vec<String>)> {
    let (mut cycles, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in (1_usize..).zip(bytes.split(|b| *b == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let cycle = serde_json::from_slice::<Cycle>(line).ok();
        match cycle.filter(|cycle| cycle.wire == WIRE_VERSION) {
            Some(cycle) => cycles.push(cycle),
            None if cycles.is_empty() => return None,
            None => bad.push(number),
        }
    }
    let note = bad.first().map(|first| {
        let count = bad.len();
        format!("lines that are no cycles are left out: {count}, the first of them line {first}")
    });
    (!cycles.is_empty()).then(|| (cycles, note.into_iter().collect()))
}
