//! `onionskin export`.

use super::{Asked, Misuse, NOTHING, progress::Bar};
use crate::config::Settings;
use anyhow::Context;
use clap::{Args, builder::PossibleValue};
use futures_util::StreamExt as _;
use onionskin::text;
use onionskin_web::{
    Client,
    export::{Exported, Exporter, Format, Progress, Wanted, notes},
    recording::{OpenedFile, plain},
};
use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Write cycles in another format, from a recording or from the inspector that runs
///
/// Ends with 0 if cycles were written, with 1 if that failed, with 2 if the command is not understood, with 3 if no cycle
/// matches.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// A recording, a HAR file or cycles as JSON lines [default: the inspector that runs]
    #[arg(conflicts_with = "socket")]
    file: Option<PathBuf>,
    /// The format [default: that of the output's ending]
    #[arg(long, short, value_name = "FORMAT", value_parser = Format::ALL.map(described))]
    format: Option<String>,
    /// The cycle with this id, or with these; `last` is the newest
    #[arg(long, value_name = "ID", conflicts_with = "filter")]
    id: Vec<String>,
    /// Only the cycles that match this filter
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// Where to write it [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Mask e-mail and IP addresses too
    #[arg(long)]
    redact: bool,
    #[command(flatten)]
    asked: Asked,
}

fn described(format: Format) -> PossibleValue {
    PossibleValue::new(format.name()).help(format.what())
}

const EXAMPLES: &str = "\
Examples:
  onionskin export -f curl --id last                     the newest request, to be sent again
  onionskin export -o failed.har --filter 'status:>=500'
  onionskin export shop.onionskin -f markdown --id 0123456789ab-7 --redact | xclip
  onionskin export shop.onionskin -o cycle.html --id last   a page that replays it";

pub(super) async fn run(args: Export, settings: Settings) -> anyhow::Result<ExitCode> {
    let format = format(&args)?;
    if !format.holds_many() && args.id.len() != 1 {
        let which = format!("{format} holds one cycle: say which with --id ID, or --id last");
        return Err(Misuse(which).into());
    }
    let out = Output::new(args.output.as_deref())?;
    let (out, exported) = match args.file.clone() {
        Some(file) => {
            let read = move || of_file(&args, &file, format, out);
            tokio::task::spawn_blocking(read).await??
        }
        None => of_inspector(&args, settings, format, out).await?,
    };
    for note in &exported.notes {
        eprintln!("onionskin: {note}");
    }
    if exported.missing > 0 {
        eprintln!(
            "onionskin: {} could not be had: not there (any more), or damaged",
            text::counted(exported.missing, "cycle")
        );
    }
    if exported.cycles == 0 {
        eprintln!("onionskin: no cycle matches; nothing was written");
        return Ok(ExitCode::from(NOTHING));
    }
    out.end()?;
    Ok(ExitCode::SUCCESS)
}

fn format(args: &Export) -> anyhow::Result<Format> {
    if let Some(name) = &args.format {
        return Ok(name.parse()?);
    }
    let name = args
        .output
        .as_ref()
        .and_then(|path| path.file_name()?.to_str());
    let say = || Misuse("say which format: --format har, curl, markdown, …".into());
    let name = name.ok_or_else(say)?;
    // The longest ending that fits: `.trace.json` before others.
    let fits = Format::ALL
        .into_iter()
        .filter(|f| name.ends_with(&format!(".{}", f.ending())));
    fits.max_by_key(|f| f.ending().len()).ok_or_else(|| {
        Misuse(format!(
            "no format has the ending of {name}; say which with --format"
        ))
        .into()
    })
}

fn of_file(
    args: &Export,
    file: &Path,
    format: Format,
    mut out: Output,
) -> anyhow::Result<(Output, Exported)> {
    let opened = OpenedFile::open(file)?;
    for note in opened.notes() {
        eprintln!("onionskin: {}", text::escape(note));
    }
    let wanted = match args.id.as_slice() {
        [] => Wanted::matching(&args.filter).context("the filter is not understood")?,
        ids => {
            let newest = opened.store().newest_id();
            Wanted::ids(
                ids.iter()
                    .map(|id| last_or(id, newest.as_deref()))
                    .collect(),
            )
        }
    };
    let mut bar = Bar::of_cycles();
    let mut failed = None;
    let exporter = Exporter::new(format, args.redact);
    let exported = opened
        .store()
        .export(&wanted, exporter, |bytes, Progress { done, all }| {
            bar.at(done, all);
            // Without a cycle there is a file's frame, and nothing in it.
            if all > 0 {
                failed = out.write(&bytes).err();
            }
            failed.is_none()
        });
    bar.end();
    match failed {
        Some(error) => Err(error),
        None => Ok((out, exported)),
    }
}

fn last_or(id: &str, newest: Option<&str>) -> String {
    match id {
        "last" => newest.unwrap_or_default().into(),
        id => id.into(),
    }
}

async fn of_inspector(
    args: &Export,
    settings: Settings,
    format: Format,
    mut out: Output,
) -> anyhow::Result<(Output, Exported)> {
    let url = args.asked.url(&settings)?;
    let client = Client::new(&url)?;
    if !args.id.is_empty() {
        return of_ids(args, format, out, &client).await;
    }
    // Asked here, so that the error can point at the part that is wrong.
    Wanted::matching(&args.filter).context("the filter is not understood")?;
    let mut bar = Bar::of_bytes();
    let mut exported = Exported::default();
    if client.count(&args.filter).await? == 0 {
        return Ok((out, exported));
    }
    let mut pieces = client.export(format, &args.filter, args.redact).await?;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        bar.more(piece.len() as u64);
        out.write(&piece)?;
        exported.cycles += 1;
    }
    bar.end();
    Ok((out, exported))
}

async fn of_ids(
    args: &Export,
    format: Format,
    mut out: Output,
    client: &Client,
) -> anyhow::Result<(Output, Exported)> {
    let mut exported = Exported::default();
    let mut exporter = Exporter::new(format, args.redact);
    let newest = client
        .cycles(1, None, None)
        .await?
        .cycles
        .pop()
        .map(|listed| listed.cycle.id);
    for id in &args.id {
        let id = last_or(id, newest.as_deref());
        let Some(cycle) = crate::headless::whole(client, &id).await? else {
            exported.missing += 1;
            continue;
        };
        exported.notes.extend(notes(format, &cycle));
        out.write(&exporter.add(&cycle))?;
    }
    exported.cycles = exporter.written();
    if exported.cycles > 0 {
        out.write(&exporter.end())?;
    }
    Ok((out, exported))
}

/// Where an export goes.
enum Output {
    /// A file that appears when it is whole.
    File {
        file: tempfile::NamedTempFile,
        path: PathBuf,
        /// The path without links, so that these stay.
        place: PathBuf,
    },
    /// What is there and no file, and takes bytes as they come: a pipe, a device.
    Other(fs::File, PathBuf),
    Standard(io::Stdout),
}

impl Output {
    fn new(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Standard(io::stdout()));
        };
        let failed = || format!("can't write to {}", path.display());
        if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            let open = fs::OpenOptions::new().write(true).open(path);
            return Ok(Self::Other(open.with_context(failed)?, path.into()));
        }
        let place = match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => fs::canonicalize(path).with_context(failed)?,
            _ => path.into(),
        };
        let dir = place
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = tempfile::Builder::new()
            .prefix(".onionskin-")
            .tempfile_in(dir);
        let file = file
            .map_err(plain)
            .with_context(|| format!("can't write to {}", dir.display()))?;
        Ok(Self::File {
            file,
            path: path.into(),
            place,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::File { file, path, .. } => {
                let written = file.as_file_mut().write_all(bytes);
                written.with_context(|| format!("can't write to {}", path.display()))
            }
            Self::Other(file, path) => {
                let written = file.write_all(bytes);
                written.with_context(|| format!("can't write to {}", path.display()))
            }
            Self::Standard(out) => {
                // Bytes from anywhere may steer a terminal; they are for a file or a program.
                if out.is_terminal() && onionskin::text::escape_bytes(bytes).contains("\\x") {
                    let shown: Vec<_> = bytes
                        .split(|b| *b == b'\n')
                        .map(text::escape_bytes)
                        .collect();
                    return out
                        .write_all(shown.join("\n").as_bytes())
                        .context("can't write to standard output");
                }
                out.write_all(bytes)
                    .context("can't write to standard output")
            }
        }
    }

    /// Puts the file in its place.
    fn end(self) -> anyhow::Result<()> {
        match self {
            Self::File { file, path, place } => {
                let failed = || format!("can't write {}", path.display());
                fs::File::sync_all(file.as_file()).with_context(failed)?;
                file.persist(&place).map(drop).with_context(failed)
            }
            Self::Other(..) => Ok(()),
            Self::Standard(mut out) => out.flush().context("can't write to standard output"),
        }
    }
}
