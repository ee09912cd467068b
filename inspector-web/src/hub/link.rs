//! One app's link: hello, answer, then what the app tells.

use super::{
    reader::{Reader, Stop},
    tables::Known,
};
use crate::store::{Arrival, Intake, Item, Record, Session, Store, decode};
use bytes::Bytes;
use onionskin::{
    link::protocol::{
        AppCounters, Format, Hello, MAX_HELLO, MAX_MESSAGE, Message, Refusal, Welcome, kind,
    },
    wire::WIRE_VERSION,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// Messages handed to the store at once, at most.
const BATCH: usize = 128;

/// Figures above this are nobody's; below it, no sum of them overflows.
const MAX_COUNT: u64 = 1 << 40;

/// The peer spoke no language of ours.
#[derive(Debug)]
pub(super) struct Refused;

/// Serves a link to its end.
pub(super) async fn run(
    mut reader: Reader<impl AsyncRead + AsyncWrite + Unpin>,
    store: &Store,
    patience: Duration,
) -> Result<(), Refused> {
    let Some(line) = first_line(&mut reader, patience).await? else {
        return Ok(());
    };
    let session = match greet(&line).and_then(|hello| Ok((store.connect(&hello)?, hello.format))) {
        Ok(session) => session,
        Err(error) => {
            let refusal = Refusal {
                onionskin: "link".into(),
                wire: WIRE_VERSION,
                error,
            };
            // It is refused either way.
            let _ = answer(&mut reader, &refusal, patience).await;
            return Err(Refused);
        }
    };
    let (session, format) = session;
    let welcome = Welcome {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        next: session.next,
    };
    if answer(&mut reader, &welcome, patience).await.is_err() {
        return Ok(());
    }
    Link::new(session, format).serve(&mut reader).await
}

/// The next line of those that come first; none if the peer only looked whether somebody is here.
pub(super) async fn first_line(
    reader: &mut Reader<impl AsyncRead + Unpin>,
    patience: Duration,
) -> Result<Option<Bytes>, Refused> {
    let read = async {
        loop {
            if let Some(line) = reader.line(MAX_HELLO).map_err(|_| Refused)? {
                return Ok(Some(line));
            }
            match reader.fill().await {
                Err(Stop::Gone) => return Ok(None),
                Err(Stop::Garbage) => return Err(Refused),
                Ok(()) => {}
            }
        }
    };
    timeout(patience, read).await.unwrap_or(Err(Refused))
}

/// Takes a hello, or says for people why not. The version is looked at first: what else a hello of another version says
/// may not be known here.
fn greet(line: &[u8]) -> Result<Hello, String> {
    #[derive(Deserialize)]
    struct Version {
        onionskin: String,
        wire: u32,
    }
    let version: Version = serde_json::from_slice(line)
        .map_err(|_| String::from("this is Onionskin's link; the first line must be a hello"))?;
    if version.onionskin != "link" {
        return Err("this is Onionskin's link; the hello is for somebody else".into());
    }
    if version.wire != WIRE_VERSION {
        return Err(format!(
            "the app speaks wire version {}, this inspector speaks {WIRE_VERSION}; use the same version of onionskin for \
             both",
            version.wire
        ));
    }
    let hello: Hello =
        serde_json::from_slice(line).map_err(|e| format!("the hello is not one: {e}"))?;
    let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if hello.run.len() != 12 || !hello.run.bytes().all(hexadecimal) {
        return Err("the run must be 12 hexadecimal digits in lower case".into());
    }
    let cwd = hello.cwd.as_ref().map_or(0, String::len);
    if hello.app.is_empty() || hello.app.len() > 128 || hello.command.len().max(cwd) > 4096 {
        let limits =
            "the app's name must be 1 to 128 bytes long, its command and directory at most 4096";
        return Err(limits.into());
    }
    Ok(hello)
}

pub(super) async fn answer(
    reader: &mut Reader<impl AsyncRead + AsyncWrite + Unpin>,
    message: &impl Serialize,
    patience: Duration,
) -> Result<(), ()> {
    let mut line = serde_json::to_vec(message).map_err(drop)?;
    line.push(b'\n');
    let write = reader.stream().write_all(&line);
    timeout(patience, write).await.map_err(drop)?.map_err(drop)
}

/// A link after the welcome.
struct Link {
    session: Session,
    format: Format,
    next: u64,
    known: Known,
}

/// Whether the link goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    More,
    End,
}

impl Link {
    fn new(session: Session, format: Format) -> Self {
        Self {
            format,
            next: session.next,
            known: Known::new(&session.tables, session.table_bytes),
            session,
        }
    }

    async fn serve(mut self, reader: &mut Reader<impl AsyncRead + Unpin>) -> Result<(), Refused> {
        loop {
            let mut items = Vec::new();
            let flow = self.take(reader, &mut items);
            let full = items.len() == BATCH;
            // What came before the garbage is good.
            if !self.hand_over(items) || flow? == Flow::End {
                return Ok(());
            }
            if full {
                tokio::task::yield_now().await;
                continue;
            }
            match reader.fill().await {
                Ok(()) => {}
                Err(Stop::Gone) => return Ok(()),
                // An app that is killed leaves half a message; that is no fault of its language.
                Err(Stop::Garbage) => return Ok(()),
            }
        }
    }

    /// Takes the messages that are here.
    fn take(
        &mut self,
        reader: &mut Reader<impl AsyncRead + Unpin>,
        items: &mut Vec<Item>,
    ) -> Result<Flow, Refused> {
        while items.len() < BATCH {
            let flow = match self.format {
                Format::Frames => match reader.frame(MAX_MESSAGE).map_err(|_| Refused)? {
                    None => break,
                    Some((kind::CYCLE, payload)) => self.cycle(Record::Frame(payload), items),
                    Some((kind::JSON, payload)) => self.message(payload, items)?,
                    Some(_) => return Err(Refused),
                },
                Format::Json => match reader.line(MAX_MESSAGE).map_err(|_| Refused)? {
                    None => break,
                    Some(line) if line.is_empty() => Flow::More,
                    Some(line) => self.message(line, items)?,
                },
            };
            if flow == Flow::End {
                return Ok(flow);
            }
        }
        Ok(Flow::More)
    }

    fn message(&mut self, json: Bytes, items: &mut Vec<Item>) -> Result<Flow, Refused> {
        match serde_json::from_slice(&json).map_err(|_| Refused)? {
            Message::Site { site } => self.known.site(site, json.len())?,
            Message::Types { from, names } => self.known.types(from, names, json.len())?,
            Message::Stack { stack } => self.known.stack(stack, json.len())?,
            Message::Resume { next } if next >= self.next && next <= MAX_COUNT => {
                self.next = next;
                items.push(Item::Resume(next));
            }
            Message::Counters { counters } if is_sane(&counters) => {
                items.push(Item::Counters(counters));
            }
            Message::Resume { .. } | Message::Counters { .. } => return Err(Refused),
            Message::Cycle { cycle } => {
                self.next += 1;
                items.push(match self.is_ours(&cycle) {
                    true => {
                        let bytes = json.len() / cycle.sites.len().max(1);
                        for site in &cycle.sites {
                            self.known.site_of_cycle(site, bytes)?;
                        }
                        Item::Cycle(Box::new(Arrival::new(&cycle, Record::Json(json))))
                    }
                    false => Item::Lost("invalid"),
                });
            }
            Message::Bye => return Ok(Flow::End),
        }
        Ok(Flow::More)
    }

    fn cycle(&mut self, record: Record, items: &mut Vec<Item>) -> Flow {
        self.next += 1;
        items.push(match decode(&record, self.known.tables()) {
            Some(cycle) if self.is_ours(&cycle) => {
                Item::Cycle(Box::new(Arrival::new(&cycle, record)))
            }
            Some(_) => Item::Lost("invalid"),
            None => Item::Lost("undecodable"),
        });
        Flow::More
    }

    /// Whether a cycle belongs to this run: a stranger would be found under an id that is not its own.
    fn is_ours(&self, cycle: &onionskin::wire::Cycle) -> bool {
        cycle.wire == WIRE_VERSION
            && cycle.run == self.known.tables().run
            && cycle.app == self.known.tables().app
            && cycle.id == format!("{}-{}", cycle.run, cycle.number)
    }

    /// Gives the store what came; false if another link speaks for the run by now.
    fn hand_over(&mut self, items: Vec<Item>) -> bool {
        let tables = self.known.take_changed();
        if items.is_empty() && tables.is_none() {
            return true;
        }
        self.session.commit(Intake {
            tables,
            stack: self.known.take_stack_changed(),
            items,
        })
    }
}

fn is_sane(counters: &AppCounters) -> bool {
    let c = counters;
    [c.seen, c.open, c.recorded, c.evicted, c.filtered]
        .iter()
        .chain(c.dropped.values())
        .all(|&n| n <= MAX_COUNT)
        && c.dropped.len() <= 64
        && c.dropped.keys().all(|reason| reason.len() <= 64)
}
