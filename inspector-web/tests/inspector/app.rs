//! An app that speaks JSON lines, and an inspector for it.

use crate::fixture::{cycle, hello};
use onionskin::link::protocol::{Answer, Message, Welcome};
use onionskin_web::{Client, Config, Inspector, Limits};
use serde::Serialize;
use std::{path::Path, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

/// Long enough for anything that is going to happen.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// An inspector of its own, on any free port.
pub(crate) async fn inspector(limits: Limits) -> (Inspector, Client, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        limits,
        ..config(&dir)
    };
    let inspector = onionskin_web::start(config).await.unwrap();
    let client = Client::new(inspector.url()).unwrap();
    (inspector, client, dir)
}

pub(crate) fn config(dir: &TempDir) -> Config {
    Config {
        port: 0,
        socket: dir.path().join("link.sock"),
        ..Config::default()
    }
}

/// One end of a link.
pub(crate) struct App(BufReader<UnixStream>);

impl App {
    /// Says these lines first, whatever they are.
    pub(crate) async fn start(socket: &Path, first: &[u8]) -> Self {
        let mut stream = UnixStream::connect(socket).await.unwrap();
        stream.write_all(first).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// Says hello and is welcome.
    pub(crate) async fn connect(socket: &Path, run: &str) -> (Self, Welcome) {
        let mut app = Self::start(socket, &line(&hello(run))).await;
        match app.answer().await {
            Answer::Welcome(welcome) => (app, welcome),
            Answer::Refusal(refusal) => panic!("{}", refusal.error),
        }
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let mut text = String::new();
        timeout(LONG, self.0.read_line(&mut text))
            .await
            .unwrap()
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn say(&mut self, message: &Message) {
        self.write(&line(message)).await;
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// Tells these cycles of a run.
    pub(crate) async fn tell(&mut self, run: &str, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            let cycle = Box::new(cycle(run, number));
            self.say(&Message::Cycle { cycle }).await;
        }
    }

    /// Waits until the inspector closes the link.
    pub(crate) async fn closed(mut self) {
        let mut rest = Vec::new();
        // A reset closes too: what was unread is lost with it.
        let _ = timeout(LONG, self.0.read_to_end(&mut rest)).await.unwrap();
    }
}

pub(crate) fn line(message: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).unwrap();
    line.push(b'\n');
    line
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(timeout(LONG, wait).await.is_ok(), "never so: {what}");
}

/// Asks until there is an answer.
pub(crate) async fn until_some<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let wait = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    timeout(LONG, wait).await.unwrap()
}
