//! Cycles from elsewhere, given to an inspector as an app gives them: over the link, as JSON.

use onionskin::{
    link::protocol::{Answer, Format, Hello, MAX_MESSAGE, Message},
    wire::{Cycle, WIRE_VERSION},
};
use std::{collections::BTreeMap, io, path::Path};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

/// What an inspector was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fed {
    /// Cycles.
    pub cycles: usize,
    /// Cycles that it does not take, and why.
    pub refused: Vec<(String, String)>,
}

/// Gives cycles, oldest first, to the inspector on this socket. `from` says where they come from. An inspector that is given
/// the same cycles again keeps them twice: give each once.
///
/// # Errors
/// If it can't be reached or hangs up.
pub async fn feed(socket: &Path, from: &str, mut cycles: Vec<Cycle>) -> io::Result<Fed> {
    cycles.sort_by_key(|cycle| cycle.started_unix_us);
    let mut fed = Fed::default();
    let mut runs: BTreeMap<String, Vec<Cycle>> = BTreeMap::new();
    for cycle in cycles {
        runs.entry(cycle.run.clone()).or_default().push(cycle);
    }
    for (run, cycles) in runs {
        if let Err(why) = run_of(socket, from, &run, &cycles, &mut fed).await? {
            fed.refused.push((format!("run {run}"), why));
        }
    }
    Ok(fed)
}

/// Gives the cycles of one run. Inside: the inspector's refusal.
async fn run_of(
    socket: &Path,
    from: &str,
    run: &str,
    cycles: &[Cycle],
    fed: &mut Fed,
) -> io::Result<Result<(), String>> {
    let Some(first) = cycles.first() else {
        return Ok(Ok(()));
    };
    let mut stream = BufReader::new(UnixStream::connect(socket).await?);
    let hello = Hello {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        format: Format::Json,
        app: first.app.clone(),
        run: run.into(),
        pid: 0,
        started_unix_us: first.started_unix_us,
        command: from.into(),
        cwd: None,
    };
    write(&mut stream, &hello).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    match serde_json::from_str(&answer)? {
        Answer::Welcome(_) => {}
        Answer::Refusal(refusal) => return Ok(Err(refusal.error)),
    }
    for cycle in cycles {
        let message = Message::Cycle {
            cycle: Box::new(cycle.clone()),
        };
        if serde_json::to_vec(&message)?.len() > MAX_MESSAGE {
            let why = "it is larger than a message of the link may be";
            fed.refused.push((cycle.id.clone(), why.into()));
            continue;
        }
        write(&mut stream, &message).await?;
        fed.cycles += 1;
    }
    write(&mut stream, &Message::Bye).await?;
    // It closes when it has taken all of it.
    stream.read_line(&mut answer).await?;
    Ok(Ok(()))
}

async fn write(stream: &mut BufReader<UnixStream>, line: &impl serde::Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
