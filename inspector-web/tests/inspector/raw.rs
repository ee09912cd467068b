//! HTTP by hand, for what no client would send.

use crate::app::LONG;
use onionskin_web::Inspector;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// `127.0.0.1:{port}` of an inspector.
pub(crate) fn address(inspector: &Inspector) -> &str {
    inspector.base_url().strip_prefix("http://").unwrap()
}

/// Sends bytes and takes what comes until the inspector closes.
pub(crate) async fn send(inspector: &Inspector, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address(inspector)).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    String::from_utf8_lossy(&answer).into()
}

/// Sends a request with these lines after the first, and takes the status.
pub(crate) async fn status(inspector: &Inspector, first: &str, lines: &[&str]) -> u16 {
    let head: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!("{first} HTTP/1.1\r\n{head}connection: close\r\n\r\n");
    let answer = send(inspector, &request).await;
    let code = answer.strip_prefix("HTTP/1.1 ").and_then(|a| a.get(..3));
    code.and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no answer to {request:?}: {answer:?}"))
}
