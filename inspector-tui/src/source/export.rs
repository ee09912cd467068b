//! A cycle in another format, as a file in the directory where the UI was started.

use onionskin_web::{
    Client,
    client::ClientError,
    export::{Exporter, Format, notes},
    recording::plain,
};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Files of one name that are tried.
const TRIES: u32 = 10_000;

/// Exports a cycle. Says, for people, where it is and what it lacks, or why there is none.
pub(super) async fn run(client: &Client, id: String, format: Format) -> String {
    match exported(client, &id, format).await {
        Ok(said) => said,
        Err(error) => format!("can't export {id}: {error}"),
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("it made room for newer ones")]
    Gone,
    #[error(transparent)]
    Ended(#[from] tokio::task::JoinError),
    #[error("no file can be written into {}: {source}", directory.display())]
    File {
        directory: PathBuf,
        source: io::Error,
    },
}

async fn exported(client: &Client, id: &str, format: Format) -> Result<String, Error> {
    let cycle = crate::headless::whole(client, id).await?;
    let cycle = cycle.ok_or(Error::Gone)?;
    let id = id.to_owned();
    let write = move || {
        let mut exporter = Exporter::new(format, false);
        let mut bytes = exporter.add(&cycle);
        bytes.extend(exporter.end());
        // Where it is nobody can say: then it is here.
        let directory = std::env::current_dir().unwrap_or_else(|_| ".".into());
        match file(&directory, &id, format, &bytes) {
            Ok(name) => {
                let mut said = format!("{name} is in {}", directory.display());
                for note in notes(format, &cycle) {
                    said += &format!("; {note}");
                }
                Ok(said)
            }
            Err(source) => Err(Error::File { directory, source }),
        }
    };
    tokio::task::spawn_blocking(write).await?
}

/// Writes a file that appears when it is whole, and never in the place of another. Returns its name.
fn file(directory: &Path, id: &str, format: Format, bytes: &[u8]) -> io::Result<String> {
    let mut file = tempfile::Builder::new()
        .prefix(".onionskin-")
        .tempfile_in(directory)
        .map_err(plain)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    for number in 1..=TRIES {
        let name = name(id, number, format);
        match file.persist_noclobber(directory.join(&name)) {
            Ok(_) => return Ok(name),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `onionskin-0badc0ffee00-7.har`, then `onionskin-0badc0ffee00-7-2.har`. An id comes from an app: nothing in it leads
/// elsewhere.
fn name(id: &str, number: u32, format: Format) -> String {
    let id = id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
    let number = match number {
        1 => String::new(),
        n => format!("-{n}"),
    };
    format!("onionskin-{id}{number}.{}", format.ending())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_overwritten_and_a_number_tells_them_apart() {
        let directory = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8]| file(directory.path(), "0bad-7", Format::Curl, bytes).unwrap();
        assert_eq!(write(b"first"), "onionskin-0bad-7.curl.sh");
        assert_eq!(write(b"second"), "onionskin-0bad-7-2.curl.sh");
        assert_eq!(write(b"third"), "onionskin-0bad-7-3.curl.sh");
        let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
        assert_eq!(read("onionskin-0bad-7.curl.sh"), b"first");
        assert_eq!(read("onionskin-0bad-7-2.curl.sh"), b"second");
        let all = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(all, 3, "nothing else is left there");
    }

    #[test]
    fn an_id_does_not_lead_out_of_the_directory() {
        let name = name("../../etc/x\u{202e}\0", 1, Format::Har);
        assert_eq!(name, "onionskin-______etc_x__.har");
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let gone = directory.path().join("gone");
        assert!(file(&gone, "0bad-7", Format::Har, b"").is_err());
    }
}
