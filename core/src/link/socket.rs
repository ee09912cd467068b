//! Where the inspector listens for apps: a Unix socket in a directory that only this user can enter.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Environment variable with another path for the socket.
pub const SOCKET_ENV: &str = "ONIONSKIN_SOCKET";

/// Path of the socket: `$ONIONSKIN_SOCKET`, else `onionskin/link.sock` in `$XDG_RUNTIME_DIR`, else in a directory of this
/// user's own below the directory for temporary files.
pub fn default_path() -> PathBuf {
    if let Some(path) = std::env::var_os(SOCKET_ENV).filter(|p| !p.is_empty()) {
        return path.into();
    }
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|p| !p.is_empty()) {
        Some(dir) => PathBuf::from(dir).join("onionskin").join("link.sock"),
        None => std::env::temp_dir()
            .join(format!("onionskin-{}", own_uid()))
            .join("link.sock"),
    }
}

/// The effective user id of this process.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes the socket's directory, mode 0700, and checks that it belongs to this user and to nobody else.
///
/// # Errors
/// If it can't be made, or if it is somebody else's or open to others.
pub fn prepare_dir(socket: &Path) -> io::Result<()> {
    let Some(dir) = socket.parent().filter(|d| !d.as_os_str().is_empty()) else {
        return Ok(());
    };
    if !dir.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)?;
    }
    check_dir(dir)
}

/// Checks that the socket's directory is this user's alone, so that nobody else can have put a socket there.
///
/// # Errors
/// If it does not exist, or if others own it or can write to it.
pub fn check_dir(dir: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(dir)?;
    let denied = |why: &str| {
        io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{}: {why}", dir.display()),
        )
    };
    if !meta.is_dir() {
        return Err(denied("not a directory"));
    }
    if meta.uid() != own_uid() {
        return Err(denied(
            "belongs to another user; set ONIONSKIN_SOCKET to a path in a directory of your own",
        ));
    }
    if meta.permissions().mode() & 0o022 != 0 {
        return Err(denied(
            "others can write to it; use `chmod go-w` or set ONIONSKIN_SOCKET to another path",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_test_finds_the_inspector_of_who_runs_it() {
        let nowhere = Path::new("/nonexistent/onionskin/link.sock");
        assert_eq!(
            default_path(),
            nowhere,
            "cargo starts tests so: .cargo/start"
        );
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let dir =
            std::env::temp_dir().join(format!("onionskin-socket-test-{}", std::process::id()));
        let socket = dir.join("link.sock");
        prepare_dir(&socket).unwrap();
        assert_eq!(
            fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
            0o700
        );
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        let error = prepare_dir(&socket).unwrap_err();
        assert!(error.to_string().contains("others can write"), "{error}");
        fs::remove_dir(&dir).unwrap();
    }
}
