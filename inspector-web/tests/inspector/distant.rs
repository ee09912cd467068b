//! Apps that connect by TCP.

use crate::app::{App, LONG, config, line, until};
use crate::fixture::{RUN, cycle, hello};
use onionskin::link::{
    protocol::{Answer, Message},
    tcp::{Address, Challenge, Challenges, Key, Proof, Response, Role},
};
use onionskin_web::{Client, Config, Inspector, Limits, TcpLink};
use std::time::Duration;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

const APPS_CHALLENGE: &str = "00112233445566778899aabbccddeeff";

async fn inspector(limits: Limits) -> (Inspector, Address, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        limits,
        link: Some(TcpLink {
            addresses: vec!["127.0.0.1:0".parse().unwrap()],
            key: None,
        }),
        ..config(&dir)
    };
    let inspector = onionskin_web::start(config).await.unwrap();
    let [address] = inspector.links() else {
        panic!("{:?}", inspector.links());
    };
    let address = address.clone();
    (inspector, address, dir)
}

struct Distant(BufReader<TcpStream>);

impl Distant {
    async fn at(address: &Address) -> Self {
        Self(BufReader::new(
            TcpStream::connect(&address.host).await.unwrap(),
        ))
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The next line; empty where there is none to come.
    async fn hear(&mut self) -> String {
        let mut text = String::new();
        let read = self.0.read_line(&mut text);
        timeout(LONG, read).await.unwrap().unwrap_or_default();
        text
    }

    /// Says its challenge, and hears what the inspector says to it.
    async fn challenge(&mut self, key: &Key) -> Challenges {
        let challenge = Challenge {
            onionskin: "link".into(),
            challenge: APPS_CHALLENGE.into(),
        };
        self.say(&line(&challenge)).await;
        let response: Response = serde_json::from_str(&self.hear().await).unwrap();
        let challenges = Challenges {
            app: APPS_CHALLENGE.into(),
            inspector: response.challenge,
        };
        assert!(key.is_proved(Role::Inspector, &challenges, &response.proof));
        challenges
    }
}

fn proof(key: &Key, role: Role, challenges: &Challenges) -> Proof {
    Proof {
        onionskin: "link".into(),
        proof: key.proof(role, challenges),
    }
}

#[tokio::test]
async fn an_app_that_knows_the_key_is_an_app_as_any() {
    let (inspector, address, _dir) = inspector(Limits::default()).await;
    let mut app = Distant::at(&address).await;
    let challenges = app.challenge(&address.key).await;
    // Two lines at once, as apps do.
    let mut lines = line(&proof(&address.key, Role::App, &challenges));
    lines.extend(line(&hello(RUN)));
    app.say(&lines).await;
    let answer = app.hear().await;
    let welcome = serde_json::from_str(&answer).unwrap();
    assert!(matches!(welcome, Answer::Welcome(_)), "{answer}");
    let told = Box::new(cycle(RUN, 1));
    app.say(&line(&Message::Cycle { cycle: told })).await;
    until("it is stored", || inspector.store().counters().stored == 1).await;

    let client = Client::new(inspector.url()).unwrap();
    let status = client.status().await.unwrap();
    assert_eq!((status.connected, status.refused_links), (1, 0));
    assert_eq!(status.links, [address.to_string()]);
}

#[tokio::test]
async fn who_does_not_know_the_key_is_not_let_in() {
    let limits = Limits {
        wrong_token: Duration::from_millis(1),
        ..Limits::default()
    };
    let (inspector, address, _dir) = inspector(limits).await;
    let wrong = Key::from([7; 16]);
    let mut proofs = Vec::new();
    for attempt in 0..5 {
        let mut app = Distant::at(&address).await;
        let challenges = app.challenge(&address.key).await;
        let said = match attempt {
            0 => line(&proof(&wrong, Role::App, &challenges)),
            // What the inspector said of itself.
            1 => line(&proof(&address.key, Role::Inspector, &challenges)),
            // What was right on another connection.
            2 => {
                let of_another = Challenges {
                    inspector: APPS_CHALLENGE.into(),
                    ..challenges.clone()
                };
                line(&proof(&address.key, Role::App, &of_another))
            }
            3 => b"{\"onionskin\":\"link\",\"proof\":\"\"}\n".to_vec(),
            _ => line(&hello(RUN)),
        };
        app.say(&said).await;
        app.say(&line(&hello(RUN))).await;
        let answer = app.hear().await;
        assert!(answer.contains("another key"), "{attempt}: {answer}");
        assert_eq!(app.hear().await, "", "{attempt}: it is closed");
        proofs.push(challenges.inspector);
    }
    proofs.sort();
    proofs.dedup();
    assert_eq!(
        proofs.len(),
        5,
        "each connection has a challenge of its own"
    );
    until("all are counted", || inspector.store().refused_links() == 5).await;
    assert_eq!(inspector.store().connected(), 0);
}

#[tokio::test]
async fn who_does_not_speak_as_an_app_does_hears_nothing() {
    let (inspector, address, _dir) = inspector(Limits::default()).await;
    let said = [
        &b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        &line(&hello(RUN)),
        b"\n",
    ];
    for said in said {
        let mut peer = Distant::at(&address).await;
        peer.say(said).await;
        let mut heard = Vec::new();
        // A reset closes too.
        let _ = timeout(LONG, peer.0.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"", "{:?}", String::from_utf8_lossy(said));
    }
    until("all are counted", || inspector.store().refused_links() == 4).await;
}

#[tokio::test]
async fn who_has_no_key_keeps_no_place_from_apps_of_this_machine() {
    let limits = Limits {
        links: 1,
        ..Limits::default()
    };
    let (inspector, address, _dir) = inspector(limits).await;
    let _silent = Distant::at(&address).await;
    let mut second = Distant::at(&address).await;
    assert_eq!(second.hear().await, "", "there is one place");
    App::connect(inspector.socket(), RUN).await;
}
