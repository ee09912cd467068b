//! The signals that end a program in good order.

use crate::error::Error;
use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Resolves when this process gets SIGINT, SIGTERM or SIGHUP. They are caught from the call on, not from the first poll.
///
/// # Errors
/// If they can't be caught.
pub fn ended() -> Result<impl Future<Output = ()>, Error> {
    let mut signals = Signals::catch()?;
    Ok(async move { signals.end(false).await })
}

/// How long after the end of a program an interrupt still counts as meant for it. Whether it is heard of before the end or
/// after, the system does not say.
const LATE: Duration = Duration::from_secs(1);

/// The signals, caught.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// When the last program that had the terminal left it.
    left: Option<Instant>,
}

impl Signals {
    pub(crate) fn catch() -> Result<Self, Error> {
        let catch = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hangup: catch(SignalKind::hangup())?,
            left: None,
        })
    }

    /// Resolves when one comes. While another program has the terminal (`lent`), Ctrl-C there is meant for that one.
    pub(crate) async fn end(&mut self, lent: bool) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {
                    let is_late = self.left.is_some_and(|left| left.elapsed() < LATE);
                    if !lent && !is_late {
                        return;
                    }
                }
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => return,
            }
        }
    }

    /// A program has left the terminal.
    pub(crate) fn left(&mut self) {
        self.left = Some(Instant::now());
    }
}
