use crate::app::{App, LONG, config, inspector, until};
use crate::fixture::RUN;
use onionskin_web::{Client, Config, Error, Limits, running, start};
use std::{net::TcpListener, os::unix::fs::PermissionsExt, time::Duration};

#[tokio::test]
async fn a_dead_inspectors_socket_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir);
    drop(std::os::unix::net::UnixListener::bind(&config.socket).unwrap());
    let inspector = start(config).await.unwrap();
    let mode = std::fs::metadata(inspector.socket()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    App::connect(inspector.socket(), RUN).await;
}

#[tokio::test]
async fn a_second_inspector_is_told_of_the_first_and_can_attach() {
    let (first, _client, dir) = inspector(Limits::default()).await;
    let error = start(config(&dir)).await.unwrap_err();
    let Error::AlreadyRunning { socket, running } = &error else {
        panic!("{error}");
    };
    assert_eq!(socket, first.socket());
    assert!(!format!("{error} {error:?}").contains(first.token()));
    let running = running.clone().unwrap();
    assert_eq!(running.url, first.url());
    let attached = Client::new(&running.url).unwrap();
    assert_eq!(attached.status().await.unwrap().connected, 0);
    assert_eq!(onionskin_web::running(first.socket()), Some(running));
}

#[tokio::test]
async fn a_port_that_is_taken_gives_the_next_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let asked = Config {
        port,
        ..config(&dir)
    };
    let inspector = start(asked).await.unwrap();
    assert_eq!(inspector.port_was_taken(), Some(port));
    let client = Client::new(inspector.url()).unwrap();
    client.status().await.unwrap();
}

#[tokio::test]
async fn no_other_host_than_loopback() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        host: "0.0.0.0".into(),
        ..config(&dir)
    };
    let socket = config.socket.clone();
    let error = start(config).await.unwrap_err();
    assert!(error.to_string().contains("use localhost"), "{error}");
    assert!(!socket.exists());
}

#[tokio::test]
async fn at_the_end_nothing_is_left_and_nobody_is_waited_for() {
    let (inspector, client, dir) = inspector(Limits::default()).await;
    let (app, _) = App::connect(inspector.socket(), RUN).await;
    let _live = client.live(None).await.unwrap();
    let socket = inspector.socket().to_owned();
    let shutdown = inspector.shutdown();
    tokio::time::timeout(Duration::from_secs(2), shutdown)
        .await
        .unwrap();
    app.closed().await;
    assert!(!socket.exists());
    assert_eq!(running(&socket), None);
    assert!(client.status().await.is_err());
    drop(start(config(&dir)).await.unwrap());
}

#[tokio::test]
async fn an_inspector_that_is_dropped_ends() {
    let (inspector, _client, dir) = inspector(Limits::default()).await;
    let address = crate::raw::address(&inspector).to_owned();
    drop(inspector);
    until("the port is closed", || {
        std::net::TcpStream::connect(&address).is_err()
    })
    .await;
    let started = tokio::time::timeout(LONG, start(config(&dir))).await;
    drop(started.unwrap().unwrap());
}
