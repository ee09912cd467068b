use crate::app::{LONG, inspector};
use crate::raw::{address, send, status};
use onionskin_web::{Client, Limits, client::ClientError};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn host_origin_site_method_and_token_are_checked_on_every_route() {
    let limits = Limits {
        wrong_token: Duration::from_millis(1),
        ..Limits::default()
    };
    let (inspector, _client, _dir) = inspector(limits).await;
    let port = address(&inspector).rsplit_once(':').unwrap().1;
    let host = format!("host: 127.0.0.1:{port}");
    let token = format!("authorization: Bearer {}", inspector.token());
    for path in ["/", "/app.js", "/api/status", "/api/live", "/nothing"] {
        let first = format!("GET {path}");
        for bad in [
            "localhost6".to_owned(),
            format!("localhost.:{port}"),
            format!("127.1:{port}"),
            format!("0.0.0.0:{port}"),
            format!("rebound.example:{port}"),
        ] {
            let lines = [&*format!("host: {bad}"), &token];
            assert_eq!(status(&inspector, &first, &lines).await, 403, "{bad}");
        }
        for lines in [
            vec![&*token],
            vec![&host, &host, &token],
            vec![&host, &token, "origin: http://localhost:3000"],
            vec![&host, &token, "origin: null"],
            vec![&host, &token, "sec-fetch-site: cross-site"],
            vec![&host, &token, "sec-fetch-site: same-site"],
        ] {
            assert_eq!(status(&inspector, &first, &lines).await, 403, "{lines:?}");
        }
        let posted = status(&inspector, &format!("POST {path}"), &[&host, &token]).await;
        assert_eq!(posted, 405, "{path}");
    }
    let good = [&*host, &token];
    assert_eq!(status(&inspector, "GET /api/status", &good).await, 200);
    assert_eq!(status(&inspector, "HEAD /api/live", &good).await, 200);
    assert_eq!(status(&inspector, "GET /nothing", &good).await, 404);
    assert_eq!(status(&inspector, "GET /", &[&host]).await, 200);
    let typed = [&*host, "sec-fetch-site: none", "sec-fetch-mode: navigate"];
    assert_eq!(status(&inspector, "GET /", &typed).await, 200);
    for path in ["/api/status", "/api/live", "/api", "/nothing"] {
        let first = format!("GET {path}");
        assert_eq!(status(&inspector, &first, &[&host]).await, 401, "{path}");
        let wrong = [&*host, "authorization: Bearer 0123"];
        assert_eq!(status(&inspector, &first, &wrong).await, 401, "{path}");
    }
    let old = format!("GET / HTTP/1.0\r\n{token}\r\n\r\n");
    assert!(send(&inspector, &old).await.contains(" 403 "));
}

#[tokio::test]
async fn a_client_with_a_wrong_token_is_told() {
    let (inspector, _client, _dir) = inspector(Limits::default()).await;
    let client = Client::new(&format!("{}/#token=0", inspector.base_url())).unwrap();
    let start = Instant::now();
    let error = client.status().await.unwrap_err();
    assert!(start.elapsed() >= Limits::default().wrong_token);
    assert!(matches!(&error, ClientError::Refused(p) if p.status == 401));
    assert!(error.to_string().contains("#token="), "{error}");
}

#[tokio::test]
async fn an_unfinished_head_is_cut_and_others_are_served_meanwhile() {
    let limits = Limits {
        head: Duration::from_secs(1),
        ..Limits::default()
    };
    let (inspector, client, _dir) = inspector(limits).await;
    let start = Instant::now();
    let slow = (0..50).map(|_| send(&inspector, "GET / HTTP/1.1\r\nhost: "));
    let slow = futures_util::future::join_all(slow);
    let good = async {
        let start = Instant::now();
        client.status().await.unwrap();
        start.elapsed()
    };
    let (_, good) = tokio::join!(slow, good);
    assert!(good < Duration::from_millis(900), "{good:?}");
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn more_connections_than_there_are_places_are_told_503() {
    let limits = Limits {
        connections: 3,
        ..Limits::default()
    };
    let (inspector, client, _dir) = inspector(limits).await;
    let address = address(&inspector);
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(TcpStream::connect(address).await.unwrap());
    }
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let read = timeout(LONG, stream.read_to_string(&mut answer));
        read.await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    drop(kept);
    // Places are free again as soon as the server sees it.
    let again = async {
        while client.status().await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, again).await.unwrap();
}

#[tokio::test]
async fn long_heads_are_refused() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let mut stream = TcpStream::connect(address(&inspector)).await.unwrap();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nx: ").await;
    let _ = stream.write_all(&[b'a'; 200_000]).await;
    let mut answer = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    client.status().await.unwrap();
}
