//! Where apps connect.

mod link;
mod reader;
mod tables;

use crate::{Limits, store::Store};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    task::JoinSet,
};

/// How long to wait when the system has no descriptor for a new link.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Takes the links of apps, until it is dropped. An error of `accept` or of one link ends no other.
pub(crate) async fn run(listener: UnixListener, store: Store, limits: Limits) {
    let own = onionskin::link::socket::own_uid();
    let places = Arc::new(Semaphore::new(limits.links));
    let mut links = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            Some(_) = links.join_next() => continue,
        };
        let place = places.clone().try_acquire_owned();
        let (Ok(place), true) = (place, is_ours(&stream, own)) else {
            store.count_refused_link();
            continue;
        };
        let (store, head) = (store.clone(), limits.head);
        links.spawn(async move {
            let _place = place;
            if let Err(link::Refused) = link::run(stream, &store, head).await {
                store.count_refused_link();
            }
        });
    }
}

/// Whether the peer runs as the same user: the mode of the socket says so too, this is the second lock.
fn is_ours(stream: &UnixStream, own: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own)
}
