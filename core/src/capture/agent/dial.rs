//! How the app's end of the link comes about: whom it connects to, and how both say who they are.

#[cfg(unix)]
use crate::link::socket;
use crate::{
    link::{
        protocol::{Answer, MAX_HELLO, Welcome},
        tcp::{Address, Challenge, Challenges, LINK_ENV, Proof, Response, Role, challenge},
    },
    wire::WIRE_VERSION,
};
use serde::Serialize;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::{io, time::Duration};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// How long an inspector may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Where the inspector is.
#[derive(Clone)]
pub(super) enum Target {
    #[cfg(unix)]
    Socket(PathBuf),
    Tcp(Address),
    /// It can't be known; why, if somebody said where.
    Unknown(Option<String>),
}

impl Target {
    /// What the environment says.
    pub(super) fn of_environment() -> Self {
        match std::env::var_os(LINK_ENV).filter(|text| !text.is_empty()) {
            Some(text) => match text.to_string_lossy().parse() {
                Ok(address) => Self::Tcp(address),
                Err(why) => Self::Unknown(Some(format!("{LINK_ENV}: {why}"))),
            },
            #[cfg(unix)]
            None => Self::Socket(socket::default_path()),
            #[cfg(not(unix))]
            None => Self::Unknown(None),
        }
    }
}

pub(super) enum Failure {
    /// Nobody there, or gone again.
    Io,
    /// There is an inspector and it will not have us, or it is not ours.
    Refused(String),
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// The way to an inspector.
pub(super) enum Stream {
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// Calls a method that both kinds of streams have.
macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            #[cfg(unix)]
            Stream::Unix($stream) => $call,
            Stream::Tcp($stream) => $call,
        }
    };
}

impl Stream {
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.try_write(bytes))
    }

    pub(super) fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => stream.try_read(bytes))
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        each!(self, stream => stream.writable().await)
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        each!(self, stream => stream.readable().await)
    }
}

/// Connects and says hello.
pub(super) async fn connect(target: Target, hello: &[u8]) -> Result<(Stream, Welcome), Failure> {
    match target {
        #[cfg(unix)]
        Target::Socket(path) => {
            let mut stream = to_socket(&path).await?;
            let answer = patiently(greet(&mut stream, hello)).await?;
            let welcome = welcome(&answer, &path.display().to_string())?;
            Ok((Stream::Unix(stream), welcome))
        }
        Target::Tcp(address) => {
            let mut stream = patiently(to_host(&address.host)).await?;
            patiently(prove(&mut stream, &address)).await?;
            let answer = patiently(greet(&mut stream, hello)).await?;
            let welcome = welcome(&answer, &address.host)?;
            Ok((Stream::Tcp(stream), welcome))
        }
        Target::Unknown(Some(why)) => Err(Failure::Refused(why)),
        Target::Unknown(None) => Err(Failure::Io),
    }
}

#[cfg(unix)]
async fn to_socket(path: &Path) -> Result<UnixStream, Failure> {
    if let Some(dir) = path.parent().filter(|dir| dir.exists()) {
        socket::check_dir(dir).map_err(|error| Failure::Refused(error.to_string()))?;
    }
    let stream = UnixStream::connect(path).await?;
    if stream.peer_cred()?.uid() != socket::own_uid() {
        return Err(Failure::Refused(format!(
            "{}: another user listens there",
            path.display()
        )));
    }
    Ok(stream)
}

async fn to_host(host: &str) -> Result<TcpStream, Failure> {
    let found = tokio::net::lookup_host(host).await;
    let found = found.map_err(|error| Failure::Refused(format!("{host}: {error}")))?;
    let stream = TcpStream::connect(&found.collect::<Vec<_>>()[..]).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn patiently<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let done = tokio::time::timeout(ANSWER, work).await;
    done.unwrap_or(Err(Failure::Io))
}

/// Shows that we know the key, once the other end has shown it.
async fn prove(stream: &mut TcpStream, address: &Address) -> Result<(), Failure> {
    let onionskin = || "link".to_owned();
    let app = challenge();
    let first = Challenge {
        onionskin: onionskin(),
        challenge: app.clone(),
    };
    write(stream, &first).await?;
    let line = read_line(stream).await?;
    let refused = |why: &str| Err(Failure::Refused(format!("{}: {why}", address.host)));
    let Ok(response) = serde_json::from_slice::<Response>(&line) else {
        return refused("what listens there is no inspector with `--link`");
    };
    let challenges = Challenges {
        app,
        inspector: response.challenge,
    };
    let key = &address.key;
    if !key.is_proved(Role::Inspector, &challenges, &response.proof) {
        return refused(
            "what listens there has another key: is ONIONSKIN_LINK what this `onionskin --link` prints?",
        );
    }
    let proof = Proof {
        onionskin: onionskin(),
        proof: key.proof(Role::App, &challenges),
    };
    write(stream, &proof).await
}

async fn write(stream: &mut TcpStream, line: &impl Serialize) -> Result<(), Failure> {
    let mut bytes = serde_json::to_vec(line).expect("it has only string keys");
    bytes.push(b'\n');
    Ok(stream.write_all(&bytes).await?)
}

async fn greet<S>(stream: &mut S, hello: &[u8]) -> Result<Vec<u8>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(hello).await?;
    Ok(read_line(stream).await?)
}

async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    // Byte by byte, so that nothing behind the line is taken: it is read once in the life of a link.
    while line.last() != Some(&b'\n') && line.len() < MAX_HELLO {
        line.push(stream.read_u8().await?);
    }
    Ok(line)
}

fn welcome(answer: &[u8], place: &str) -> Result<Welcome, Failure> {
    match serde_json::from_slice(answer) {
        Ok(Answer::Welcome(welcome)) if welcome.wire == WIRE_VERSION => Ok(welcome),
        Ok(Answer::Welcome(Welcome { wire, .. })) => Err(Failure::Refused(format!(
            "it speaks wire version {wire}, this app {WIRE_VERSION}"
        ))),
        Ok(Answer::Refusal(refusal)) => Err(Failure::Refused(refusal.error)),
        Err(_) => Err(Failure::Refused(format!(
            "what listens on {place} is no inspector"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::tcp::Key;
    use tokio::net::TcpListener;

    const HELLO: &[u8] = b"{\"app\":\"shop\"}\n";

    /// What somebody hears who listens in the inspector's place and answers so, and how the app takes it.
    async fn heard_by(answer: impl FnOnce(&str) -> Vec<u8>) -> (String, Failure) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address {
            host: listener.local_addr().unwrap().to_string(),
            key: Key::from([1; 16]),
        };
        let app = tokio::spawn(connect(Target::Tcp(address), HELLO));
        let (mut stream, _) = listener.accept().await.unwrap();
        let first = read_line(&mut stream).await.unwrap();
        let first: Challenge = serde_json::from_slice(&first).unwrap();
        stream.write_all(&answer(&first.challenge)).await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        match app.await.unwrap() {
            Ok(_) => panic!("it is let in"),
            Err(failure) => (heard, failure),
        }
    }

    #[tokio::test]
    async fn who_listens_without_the_key_hears_a_challenge_and_no_more() {
        let response = |challenge: &str, proof: String| {
            let response = Response {
                onionskin: "link".into(),
                challenge: challenge.into(),
                proof,
            };
            let mut line = serde_json::to_vec(&response).unwrap();
            line.push(b'\n');
            line
        };
        let another = |challenge: &str| {
            let challenges = Challenges {
                app: challenge.into(),
                inspector: "0".repeat(32),
            };
            Key::from([2; 16]).proof(Role::Inspector, &challenges)
        };
        for (answer, why) in [
            (b"HTTP/1.1 400 Bad Request\n".to_vec(), "no inspector"),
            (response("0", String::new()), "another key"),
        ] {
            let (heard, failure) = heard_by(|_| answer).await;
            assert_eq!(heard, "");
            assert!(matches!(failure, Failure::Refused(said) if said.contains(why)));
        }
        let by_another = |challenge: &str| response(&"0".repeat(32), another(challenge));
        let (heard, failure) = heard_by(by_another).await;
        assert_eq!(heard, "");
        assert!(matches!(failure, Failure::Refused(said) if said.contains("another key")));
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_said_and_one_that_does_not_listen_is_not() {
        let to = |host: &str| {
            let (host, key) = (host.to_owned(), Key::from([1; 16]));
            connect(Target::Tcp(Address { host, key }), HELLO)
        };
        let failure = to("nowhere.invalid:7334").await;
        assert!(
            matches!(failure, Err(Failure::Refused(said)) if said.starts_with("nowhere.invalid:7334: "))
        );
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = free.local_addr().unwrap().to_string();
        drop(free);
        assert!(matches!(to(&host).await, Err(Failure::Io)));
    }
}
