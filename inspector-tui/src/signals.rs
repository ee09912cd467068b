//! The signals that end a program in good order.

use crate::error::Error;
use futures_util::FutureExt;
use std::future::Future;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Resolves when this process gets SIGINT, SIGTERM or SIGHUP. They are caught from the call on, not from the first poll.
///
/// # Errors
/// If they can't be caught.
pub fn ended() -> Result<impl Future<Output = ()>, Error> {
    let mut signals = Signals::catch()?;
    Ok(async move { signals.end(false).await })
}

/// The signals, caught.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    pub(crate) fn catch() -> Result<Self, Error> {
        let catch = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hangup: catch(SignalKind::hangup())?,
        })
    }

    /// Resolves when one comes. While another program has the terminal (`lent`), Ctrl-C there is meant for that one.
    pub(crate) async fn end(&mut self, lent: bool) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => if !lent { return },
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => return,
            }
        }
    }

    /// Forgets an interrupt that came while another program had the terminal.
    pub(crate) fn forget_interrupt(&mut self) {
        let _ = self.interrupt.recv().now_or_never();
    }
}
