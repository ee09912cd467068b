//! One inspector a socket.
//!
//! A lock on a file beside the socket is held for as long as the inspector lives. Whoever has it may take away the socket
//! of an inspector that died; two that start at the same time can't both have it. A second file says who is running and
//! where, so that another `onionskin` can attach; it holds the token, and only this user can read it. A third keeps the key for
//! apps that connect by TCP, if any do.

use crate::Error;
use onionskin::link::{socket, tcp::Key};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs, io,
    os::unix::{
        fs::{FileTypeExt, OpenOptionsExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

/// What a running inspector says of itself, for this user only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Process id.
    pub pid: u32,
    /// Its URL, the token in the fragment. A secret: not for logs.
    pub url: String,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.url.split('#').next().unwrap_or_default();
        f.debug_struct("Running")
            .field("pid", &self.pid)
            .field("url", &format_args!("{base}#…"))
            .finish()
    }
}

/// The inspector that runs on a socket, as its note says; none if there is no note, or if nobody answers any more.
pub fn running(socket: &Path) -> Option<Running> {
    UnixStream::connect(socket).ok()?;
    serde_json::from_slice(&fs::read(beside(socket, "json")).ok()?).ok()
}

/// A socket that is ours. The socket and the note go when it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    socket: PathBuf,
    _lock: fs::File,
}

impl Claim {
    /// Takes the socket, from an inspector that died if need be, and listens on it.
    pub(crate) fn take(socket: &Path) -> Result<(Self, UnixListener), Error> {
        socket::prepare_dir(socket).map_err(|source| Error::SocketDirectory {
            socket: socket.into(),
            source,
        })?;
        let lock = lock(socket)?;
        clear(socket)?;
        let at = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Socket {
                operation,
                path,
                source,
            }
        };
        let listener = UnixListener::bind(socket).map_err(at("listen on", socket))?;
        let claim = Self {
            socket: socket.into(),
            _lock: lock,
        };
        fs::set_permissions(socket, fs::Permissions::from_mode(0o600))
            .map_err(at("keep others from", socket))?;
        listener
            .set_nonblocking(true)
            .map_err(at("listen on", socket))?;
        Ok((claim, listener))
    }

    /// The key for apps that connect by TCP. It stays the same for the inspectors to come, since apps are told it by hand.
    pub(crate) fn key(&self) -> Result<Key, Error> {
        let path = beside(&self.socket, "key");
        let failed = |operation| {
            let path = path.clone();
            move |source| Error::Socket {
                operation,
                path,
                source,
            }
        };
        match fs::read_to_string(&path) {
            Ok(digits) => {
                let key = digits.trim_end().parse();
                return key.map_err(|source| Error::Key { path, source });
            }
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed("read")(e)),
            Err(_) => {}
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::Random)?;
        let key = Key::from(bytes);
        self.put("key", format!("{}\n", key.digits()).as_bytes())?;
        Ok(key)
    }

    /// Leaves a note for who wants to attach.
    pub(crate) fn note(&self, running: &Running) -> Result<(), Error> {
        let json = serde_json::to_vec(running).expect("it has only string keys");
        self.put("json", &json)
    }

    /// Writes a file beside the socket that only this user can read, at once or not at all.
    fn put(&self, suffix: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = beside(&self.socket, suffix);
        let fresh = beside(&path, "new");
        let write = || {
            match fs::remove_file(&fresh) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&fresh)?;
            io::Write::write_all(&mut file, bytes)?;
            fs::rename(&fresh, &path)
        };
        write().map_err(|source| Error::Socket {
            operation: "write",
            path: path.clone(),
            source,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Under the lock still, so these are ours. What can't be removed is stale, and the next inspector clears it.
        let _ = fs::remove_file(beside(&self.socket, "json"));
        let _ = fs::remove_file(&self.socket);
    }
}

fn lock(socket: &Path) -> Result<fs::File, Error> {
    let path = beside(socket, "lock");
    let failed = |source| Error::Socket {
        operation: "lock",
        path: path.clone(),
        source,
    };
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(already(socket)),
        Err(e) => Err(failed(e.into())),
    }
}

/// Takes away the socket of an inspector that died. One that answers is alive, whatever became of its lock file.
fn clear(socket: &Path) -> Result<(), Error> {
    let failed = |source| Error::Socket {
        operation: "take over",
        path: socket.into(),
        source,
    };
    match fs::symlink_metadata(socket) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(e)),
        Ok(meta) if !meta.file_type().is_socket() => {
            return Err(Error::NotASocket {
                socket: socket.into(),
            });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(socket) {
        Ok(_) => Err(already(socket)),
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(socket).map_err(failed)
        }
        Err(e) => Err(failed(e)),
    }
}

fn already(socket: &Path) -> Error {
    let note = fs::read(beside(socket, "json"));
    Error::AlreadyRunning {
        socket: socket.into(),
        running: note.ok().and_then(|n| serde_json::from_slice(&n).ok()),
    }
}

fn beside(socket: &Path, suffix: &str) -> PathBuf {
    let mut path = socket.as_os_str().to_owned();
    path.push(".");
    path.push(suffix);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_a_dead_ones_socket_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        drop(UnixListener::bind(&socket).unwrap());
        assert!(socket.exists(), "a dead inspector leaves its socket");

        let (claim, _listener) = Claim::take(&socket).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&socket), 0o600);
        let note = Running {
            pid: 7,
            url: "http://127.0.0.1:1/#token=secret".into(),
        };
        claim.note(&note).unwrap();
        assert_eq!(mode(&beside(&socket, "json")), 0o600);
        assert_eq!(running(&socket), Some(note));

        let error = Claim::take(&socket).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
        assert!(error.to_string().contains("pid 7"), "{error}");

        drop(claim);
        assert!(!socket.exists());
        assert_eq!(running(&socket), None);
        Claim::take(&socket).unwrap();
    }

    #[test]
    fn a_key_is_drawn_once_and_one_that_is_spoilt_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        let (claim, _listener) = Claim::take(&socket).unwrap();
        let key = claim.key().unwrap();
        let file = beside(&socket, "key");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(claim);
        let (claim, _listener) = Claim::take(&socket).unwrap();
        assert_eq!(claim.key().unwrap(), key);
        fs::write(&file, "half a k").unwrap();
        let error = claim.key().unwrap_err().to_string();
        assert!(error.contains("remove the file"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"half a k");
    }

    #[test]
    fn a_living_inspector_without_its_lock_file_and_a_plain_file_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        let living = UnixListener::bind(&socket).unwrap();
        let error = Claim::take(&socket).unwrap_err();
        assert!(matches!(error, Error::AlreadyRunning { running: None, .. }));
        drop(living);

        fs::remove_file(&socket).unwrap();
        fs::write(&socket, "mine").unwrap();
        let error = Claim::take(&socket).unwrap_err();
        assert!(matches!(error, Error::NotASocket { .. }), "{error}");
        assert_eq!(fs::read(&socket).unwrap(), b"mine");
    }

    #[test]
    fn who_has_the_lock_is_the_inspector_though_it_does_not_listen_yet() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        drop(UnixListener::bind(&socket).unwrap());
        let starting = lock(&socket).unwrap();
        let error = Claim::take(&socket).unwrap_err();
        assert!(matches!(error, Error::AlreadyRunning { .. }), "{error}");
        assert!(socket.exists(), "it is not ours to take away");
        drop(starting);
        Claim::take(&socket).unwrap();
    }
}
