//! Apps and their inspectors: what is sent to them, and the cycles of it, open in the UI.

use crate::{
    app::{App, GALLERY_ONIONSKIN, ONIONSKIN, SIGHT, command},
    eyes::Eyes,
    h2c,
    raw::{Act, converse, request},
    watch::Watch,
};
use bytes::Bytes;
use h2::client::SendRequest;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

/// An app and the inspector that is told of it. It is asked by one test at a time.
pub(crate) struct Scene {
    app: App,
    watch: Watch,
}

type Shared = OnceLock<Mutex<Scene>>;

fn shared(scene: &'static Shared, start: impl FnOnce(&Path) -> App) -> MutexGuard<'static, Scene> {
    let scene = scene.get_or_init(|| {
        let watch = Watch::new();
        let app = start(&watch.socket());
        watch.wait_for_app();
        Mutex::new(Scene { app, watch })
    });
    scene.lock().unwrap_or_else(PoisonError::into_inner)
}

fn started(program: &str, argument: &str, socket: &Path) -> App {
    let mut command = command(program, &[("ONIONSKIN_BODIES", "always")]);
    command.arg(argument).env("ONIONSKIN_SOCKET", socket);
    App::start_command(command)
}

/// The app in which each thing has a route of its own.
pub(crate) fn sight() -> MutexGuard<'static, Scene> {
    static SCENE: Shared = OnceLock::new();
    shared(&SCENE, |socket| {
        started(SIGHT, &a_busy_server().to_string(), socket)
    })
}

/// The notes app.
pub(crate) fn notes() -> MutexGuard<'static, Scene> {
    static SCENE: Shared = OnceLock::new();
    shared(&SCENE, |socket| started(ONIONSKIN, "0", socket))
}

/// The gallery's stack of a `ServiceBuilder`.
pub(crate) fn stack() -> MutexGuard<'static, Scene> {
    static SCENE: Shared = OnceLock::new();
    shared(&SCENE, |socket| started(GALLERY_ONIONSKIN, "stack", socket))
}

/// The same around the router.
pub(crate) fn around() -> MutexGuard<'static, Scene> {
    static SCENE: Shared = OnceLock::new();
    shared(&SCENE, |socket| {
        started(GALLERY_ONIONSKIN, "around", socket)
    })
}

/// A server that has no time for anybody.
fn a_busy_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 1024]);
            let _ = client.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        }
    });
    at
}

impl Scene {
    /// Where the app listens.
    pub(crate) fn at(&self) -> SocketAddr {
        self.app.at
    }

    /// Asks the app, and opens the cycle that comes of it.
    pub(crate) fn cycle_of(&self, head: &str, body: &[u8]) -> Eyes {
        self.cycle_of_acts(&[Act::Send(request(head, body))])
    }

    /// Does what a client does, and opens the one cycle that comes of it.
    pub(crate) fn cycle_of_acts(&self, acts: &[Act]) -> Eyes {
        self.cycles_of(1, || drop(converse(self.at(), acts)))
            .remove(0)
    }

    /// Does what a client of HTTP/2 does on one connection.
    pub(crate) fn over_http2(&self, act: impl AsyncFnOnce(SendRequest<Bytes>)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let stream = tokio::net::TcpStream::connect(self.at()).await.unwrap();
            act(h2c::connect(stream).await).await;
        });
    }

    /// Opens the cycles that come of something, in their order.
    pub(crate) fn cycles_of(&self, n: usize, act: impl FnOnce()) -> Vec<Eyes> {
        let before = self.watch.counters().stored;
        act();
        self.watch.wait_for(before + n as u64);
        let mut listed = self.watch.listed();
        let mut made = listed.split_off(listed.len() - n);
        made.sort_by_key(|listed| listed.cycle.number);
        made.iter()
            .map(|listed| Eyes::open(self.watch.url(), &listed.cycle.id))
            .collect()
    }
}
