//! `serve` and its types: code that names them does with Onionskin what it does with axum.

use std::{convert::Infallible, future::ready, io, net::SocketAddr};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

/// What `GET /` is answered over this connection.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

/// The same over TCP, without the client's port.
async fn ask_tcp(at: SocketAddr) -> String {
    let stream = TcpStream::connect(at).await.unwrap();
    let port = stream.local_addr().unwrap().port().to_string();
    ask(stream).await.replace(&port, "PORT")
}

macro_rules! code {
    ($name:ident, $axum:ident) => {
        mod $name {
            use super::*;
            use ::$axum as axum;
            use axum::{
                Router,
                body::Body,
                extract::{ConnectInfo, Request, connect_info::Connected},
                handler::{Handler as _, HandlerWithoutStateExt as _},
                response::Response,
                routing::get,
                serve::{IncomingStream, Listener, ListenerExt as _, Serve, WithGracefulShutdown},
            };

            /// As axum's documentation of `into_make_service_with_connect_info` has it.
            #[derive(Clone, Debug)]
            #[expect(dead_code, reason = "it is printed")]
            struct Client {
                from: String,
                peer: Option<SocketAddr>,
            }

            impl Connected<IncomingStream<'_, TcpListener>> for Client {
                fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
                    Self {
                        from: stream.remote_addr().to_string(),
                        peer: stream.io().peer_addr().ok(),
                    }
                }
            }

            pub(super) async fn a_type_of_ones_own() -> String {
                let (listener, at) = listener().await;
                let app = Router::new()
                    .route("/", get(|ConnectInfo(c): ConnectInfo<Client>| async move { format!("{c:?}") }))
                    .into_make_service_with_connect_info::<Client>();
                tokio::spawn(async move { axum::serve(listener, app).await });
                ask_tcp(at).await
            }

            #[derive(Clone, Debug)]
            #[expect(dead_code, reason = "it is printed")]
            struct User(u32);

            impl Connected<IncomingStream<'_, UnixListener>> for User {
                fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
                    Self(stream.io().peer_cred().unwrap().uid())
                }
            }

            pub(super) async fn over_a_unix_socket() -> String {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("socket");
                let listener = UnixListener::bind(&path).unwrap();
                let app = get(|ConnectInfo(user): ConnectInfo<User>| async move { format!("{user:?}") })
                    .into_make_service_with_connect_info::<User>();
                tokio::spawn(async move { axum::serve(listener, app).await });
                ask(UnixStream::connect(&path).await.unwrap()).await
            }

            /// A listener of one's own, with addresses of one's own.
            #[derive(Debug)]
            struct Numbering(TcpListener, u32);

            #[derive(Clone, Copy, Debug)]
            #[expect(dead_code, reason = "it is printed")]
            struct Number(u32);

            impl Listener for Numbering {
                type Io = TcpStream;
                type Addr = Number;

                async fn accept(&mut self) -> (TcpStream, Number) {
                    self.1 += 1;
                    (Listener::accept(&mut self.0).await.0, Number(self.1))
                }

                fn local_addr(&self) -> io::Result<Number> {
                    Ok(Number(0))
                }
            }

            impl Connected<IncomingStream<'_, Numbering>> for Number {
                fn connect_info(stream: IncomingStream<'_, Numbering>) -> Self {
                    *stream.remote_addr()
                }
            }

            pub(super) async fn a_listener_of_ones_own() -> String {
                let (listener, at) = listener().await;
                let app = Router::new()
                    .fallback(|ConnectInfo(n): ConnectInfo<Number>| async move { format!("{n:?}") })
                    .into_make_service_with_connect_info::<Number>();
                let server = axum::serve(Numbering(listener, 6), app);
                let own = server.local_addr().unwrap();
                tokio::spawn(async move { server.await });
                format!("{own:?} {} {}", ask_tcp(at).await, ask_tcp(at).await)
            }

            pub(super) async fn addresses_with_and_without_a_tap() -> String {
                let app = || {
                    get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() })
                        .into_make_service_with_connect_info::<SocketAddr>()
                };
                let (plain, plain_at) = listener().await;
                tokio::spawn(async move { axum::serve::serve(plain, app()).await });
                let (tapped, tapped_at) = listener().await;
                let tapped = tapped.tap_io(|io| io.set_nodelay(true).unwrap());
                tokio::spawn(async move { axum::serve(tapped, app()).await });
                format!("{} {}", ask_tcp(plain_at).await, ask_tcp(tapped_at).await)
            }

            pub(super) async fn services_that_are_made() -> String {
                let (listener, at) = listener().await;
                let make = tower::service_fn(|stream: IncomingStream<'_, TcpListener>| {
                    let peer = stream.remote_addr().to_string();
                    let app = Router::new().route("/", get(|| async { peer }));
                    ready(Ok::<_, Infallible>(app))
                });
                tokio::spawn(async move { axum::serve(listener, make).await });
                ask_tcp(at).await
            }

            pub(super) async fn what_serves_itself() -> String {
                async fn hello() -> &'static str {
                    "hello"
                }
                let mut said = String::new();
                macro_rules! serve {
                    ($app:expr) => {{
                        let (listener, at) = listener().await;
                        let app = $app;
                        tokio::spawn(async move { axum::serve(listener, app).await });
                        said += &ask_tcp(at).await;
                    }};
                }
                serve!(Router::new().route("/", get(hello)));
                serve!(get(hello));
                serve!(hello.into_service());
                serve!((|| async { "state" }).with_state(7));
                serve!(::axum::Router::new().route("/", ::axum::routing::get(hello)));
                serve!(::axum::routing::get(hello));
                serve!(tower::make::Shared::new(tower::service_fn(|_: Request| {
                    ready(Ok::<_, Infallible>(Response::new(Body::from("shared"))))
                })));
                said
            }

            type Graceful<F> = WithGracefulShutdown<TcpListener, Router, Router, F>;

            fn graceful<F>(server: Serve<TcpListener, Router, Router>, signal: F) -> Graceful<F>
            where
                F: Future<Output = ()> + Send + 'static,
            {
                server.with_graceful_shutdown(signal)
            }

            pub(super) async fn a_server_that_is_named_and_ends() -> String {
                let (listener, at) = listener().await;
                let server = axum::serve(listener, Router::new().route("/", get(|| async { "last" })));
                assert_eq!(server.local_addr().unwrap(), at);
                let (end, ended) = tokio::sync::oneshot::channel::<()>();
                let server = graceful(server, async { ended.await.unwrap() });
                assert_eq!(server.local_addr().unwrap(), at);
                let server = tokio::spawn(server.into_future());
                let said = ask_tcp(at).await;
                end.send(()).unwrap();
                format!("{said} {:?}", server.await.unwrap().is_ok())
            }

            #[derive(Debug)]
            struct Silent;

            impl Listener for Silent {
                type Io = TcpStream;
                type Addr = ();

                async fn accept(&mut self) -> (TcpStream, ()) {
                    std::future::pending().await
                }

                fn local_addr(&self) -> io::Result<()> {
                    Err(io::Error::other("nowhere"))
                }
            }

            pub(super) async fn what_is_printed_of_it() -> String {
                let nothing = |_: Request| ready(Ok::<_, Infallible>(Response::new(Body::empty())));
                let nothing = tower::util::BoxCloneSyncService::new(tower::service_fn(nothing));
                let make = tower::make::Shared::new(nothing);
                let server = axum::serve(Silent, make);
                let said = format!("{server:?} {:?}", server.local_addr());
                let server = server.with_graceful_shutdown(ready(()));
                format!("{said} {server:?} {:?}", server.local_addr())
            }
        }
    };
}

code!(theirs, axum);
code!(ours, onionskin);

macro_rules! same {
    ($($name:ident, $said:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let (theirs, ours) = (theirs::$name().await, ours::$name().await);
            assert_eq!(theirs, ours);
            assert!(ours.contains($said), "{ours}");
        }
    )*};
}

same! {
    a_type_of_ones_own, r#"from: "127.0.0.1:PORT", peer: Some(127.0.0.1:PORT)"#;
    over_a_unix_socket, "User(";
    a_listener_of_ones_own, "Number(0) Number(7) Number(8)";
    addresses_with_and_without_a_tap, "127.0.0.1:PORT 127.0.0.1:PORT";
    services_that_are_made, "127.0.0.1:PORT";
    what_serves_itself, "hellohellohellostatehellohelloshared";
    a_server_that_is_named_and_ends, "last true";
    what_is_printed_of_it, "Serve { listener: Silent, make_service: Shared";
}
