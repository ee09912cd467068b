//! `--link`: where apps connect that can't reach the socket.

use super::{
    Misuse,
    addresses::{Addresses, reaches},
};
use anyhow::{Context as _, bail};
use onionskin::link::tcp::{Address, Key, LINK_ENV};
use onionskin_web::{Client, Running, TcpLink};
use std::net::SocketAddr;

/// Environment variable with the key, in place of the one that is kept beside the socket.
const KEY_ENV: &str = "ONIONSKIN_LINK_KEY";

/// What the inspector is to do. Without addresses it takes the usual port of this machine.
///
/// # Errors
/// If the key in the environment is none.
pub(super) fn config(asked: Option<&Option<Addresses>>) -> anyhow::Result<Option<TcpLink>> {
    let Some(addresses) = asked else {
        return Ok(None);
    };
    let key = std::env::var(KEY_ENV).ok().filter(|key| !key.is_empty());
    let key = key.map(|key| key.parse::<Key>()).transpose();
    let key = key.map_err(|why| Misuse(format!("{KEY_ENV}: {why}")))?;
    let usual = TcpLink::default();
    let addresses = addresses.as_ref().map(|Addresses(them)| them.clone());
    Ok(Some(TcpLink {
        addresses: addresses.unwrap_or(usual.addresses),
        key,
    }))
}

/// Makes sure that apps can connect by TCP to an inspector that runs already wherever that is asked for: it can't be told to.
///
/// # Errors
/// If they can't.
pub(super) async fn check(
    asked: Option<&Option<Addresses>>,
    running: &Running,
) -> anyhow::Result<()> {
    let Some(wanted) = config(asked)? else {
        return Ok(());
    };
    let status = Client::new(&running.url)?.status().await;
    let status = status.context("can't ask the inspector that runs where apps connect")?;
    let links = status.links.iter().filter_map(|link| link.parse().ok());
    let links: Vec<Address> = links.collect();
    let there: Vec<_> = links.iter().map(|link| link.host.clone()).collect();
    if let Some(missing) = wanted.addresses.iter().find(|a| !reaches(&there, **a)) {
        bail!(
            "apps can't connect to the inspector that runs already (pid {}) on {missing}; that is said when it starts\n\n  \
             go on without it           leave out --link\n  \
             have it listen there       end it, and start it with --link\n  \
             start another one          --socket PATH, with a port that is free: --link=PORT",
            running.pid
        );
    }
    tell(&links);
    Ok(())
}

/// Says on standard error what apps are to be told.
pub(super) fn tell(links: &[Address]) {
    for link in links {
        eprintln!("onionskin: apps connect with {LINK_ENV}={link}");
        let address: Option<SocketAddr> = link.host.parse().ok();
        if address.is_some_and(|address| address.ip().is_unspecified()) {
            eprintln!(
                "onionskin: with an address of this machine in place of {}",
                link.host
            );
        }
        if !address.is_some_and(|address| address.ip().is_loopback()) {
            eprintln!("onionskin: what they send there is not encrypted");
        }
    }
}
