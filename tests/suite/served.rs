//! An app on a real socket in this process, and the cycles of its requests.

use onionskin::{
    Router,
    extract::Request,
    response::Response,
    testing::{Recorded, Tap},
};
use std::{convert::Infallible, sync::LazyLock, time::Duration};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::Mutex,
};
use tower_service::Service;

/// One test at a time: the tap is the process's.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// An app on a real socket, and the cycles of requests below `/conn`, or of none. (On HTTP/2 a target is the whole URI.)
pub(crate) struct Served {
    tap: Tap,
    pub(crate) client: TcpStream,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl Served {
    pub(crate) async fn start(app: Router) -> Self {
        Self::start_service(app).await
    }

    /// A service: layers around a router.
    pub(crate) async fn start_service<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        let make = onionskin::ServiceExt::<Request>::into_make_service(service);
        Self::listening(|listener| async { onionskin::serve(listener, make).await }).await
    }

    /// A service on axum's own `serve`: of an app of ours only the probes see what happens, of axum's nothing does.
    pub(crate) async fn start_on_axum<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        let make = onionskin::ServiceExt::<Request>::into_make_service(service);
        Self::listening(|listener| async { axum::serve(listener, make).await }).await
    }

    async fn listening<F>(serve: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let turn = TURN.lock().await;
        let tap = Tap::of_process();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        tokio::spawn(serve(listener));
        Self {
            tap,
            client,
            _turn: turn,
        }
    }

    /// One more connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.client.peer_addr().unwrap())
            .await
            .unwrap()
    }

    /// The connection, for a client that wants it for itself.
    pub(crate) async fn take_client(&mut self) -> TcpStream {
        let other = self.connect().await;
        std::mem::replace(&mut self.client, other)
    }

    /// The client goes away; another one takes its place.
    pub(crate) async fn leave(&mut self) {
        self.client = self.connect().await;
    }

    /// Waits until so many cycles have ended; they come in the order of their numbers.
    pub(crate) async fn cycles(&self, n: usize) -> Vec<Recorded> {
        let mut cycles = Vec::new();
        for _ in 0..2000 {
            let ended = self.tap.take().into_iter();
            cycles.extend(ended.filter(|c| c.target.contains("/conn") || c.method.is_empty()));
            if cycles.len() >= n {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(cycles.len(), n);
        cycles.sort_by_key(|c| c.number);
        cycles
    }

    /// The next cycle.
    pub(crate) async fn cycle(&self) -> Recorded {
        self.cycles(1).await.remove(0)
    }
}

/// Reads until these bytes have come.
pub(crate) async fn read_until(client: &mut TcpStream, end: &[u8]) {
    let (mut got, mut byte) = (Vec::new(), [0]);
    while !got.ends_with(end) {
        assert_eq!(
            client.read(&mut byte).await.unwrap(),
            1,
            "closed after {:?}",
            got.escape_ascii().to_string()
        );
        got.push(byte[0]);
    }
}
