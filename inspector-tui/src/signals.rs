//! The signals that end a program in good order.

use crate::error::Error;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Resolves when this process gets SIGINT, SIGTERM or SIGHUP. They are caught from the call on, not from the first poll.
///
/// # Errors
/// If they can't be caught.
pub fn ended() -> Result<impl Future<Output = ()>, Error> {
    let catch = |kind| signal(kind).map_err(Error::Signals);
    let mut interrupt = catch(SignalKind::interrupt())?;
    let mut terminate = catch(SignalKind::terminate())?;
    let mut hangup = catch(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}
