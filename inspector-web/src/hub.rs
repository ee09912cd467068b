//! Where apps connect.

mod link;
mod proof;
mod reader;
mod tables;

use crate::{Limits, store::Store};
use onionskin::link::tcp::Key;
use reader::Reader;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::Semaphore,
    task::JoinSet,
};

/// How long to wait when the system has no descriptor for a new link.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Takes the links of apps, until it is dropped. An error of `accept` or of one link ends no other.
pub(crate) async fn run(
    socket: UnixListener,
    tcp: Option<(Vec<TcpListener>, Key)>,
    store: Store,
    limits: Limits,
) {
    let hub = Hub { store, limits };
    let mut doors = JoinSet::new();
    doors.spawn(hub.clone().listen(Door::Socket(socket)));
    let (listeners, key) = tcp.unzip();
    for listener in listeners.into_iter().flatten() {
        let door = Door::Tcp(listener, key.clone().expect("it comes with the listeners"));
        doors.spawn(hub.clone().listen(door));
    }
    doors.join_all().await;
}

/// What listens for apps.
enum Door {
    Socket(UnixListener),
    Tcp(TcpListener, Key),
}

/// Who has come.
enum Guest {
    Local(UnixStream),
    Distant(TcpStream, Key),
}

impl Door {
    async fn accept(&self) -> io::Result<Guest> {
        Ok(match self {
            Self::Socket(listener) => Guest::Local(listener.accept().await?.0),
            Self::Tcp(listener, key) => Guest::Distant(listener.accept().await?.0, key.clone()),
        })
    }
}

#[derive(Clone)]
struct Hub {
    store: Store,
    limits: Limits,
}

impl Hub {
    /// Takes who comes through this door. Each has places of its own: who has no key keeps nobody out of the other.
    async fn listen(self, door: Door) {
        let places = Arc::new(Semaphore::new(self.limits.links));
        let mut links = JoinSet::new();
        loop {
            let guest = tokio::select! {
                accepted = door.accept() => match accepted {
                    Ok(guest) => guest,
                    Err(_) => {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
                Some(_) = links.join_next() => continue,
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                self.store.count_refused_link();
                continue;
            };
            let hub = self.clone();
            links.spawn(async move {
                let _place = place;
                if let Err(link::Refused) = hub.serve(guest).await {
                    hub.store.count_refused_link();
                }
            });
        }
    }

    async fn serve(&self, guest: Guest) -> Result<(), link::Refused> {
        let head = self.limits.head;
        match guest {
            Guest::Local(stream) => {
                is_ours(&stream)?;
                link::run(Reader::new(stream), &self.store, head).await
            }
            Guest::Distant(stream, key) => {
                let mut reader = Reader::new(stream);
                proof::exchange(&mut reader, &key, &self.limits).await?;
                link::run(reader, &self.store, head).await
            }
        }
    }
}

/// Whether the peer runs as the same user: the mode of the socket says so too, this is the second lock.
fn is_ours(stream: &UnixStream) -> Result<(), link::Refused> {
    let own = onionskin::link::socket::own_uid();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == own => Ok(()),
        _ => Err(link::Refused),
    }
}
