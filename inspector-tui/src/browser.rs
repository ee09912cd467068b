//! Shows the dashboard in a browser, with its token and without telling it to others.
//!
//! Everybody on this machine can read the arguments of a process, so the token can't stand in one. Instead the browser is
//! given a page in a file that only this user can read, in the directory of the socket, and the page leads on to the
//! dashboard. The file goes after some seconds, and when the UI ends.

use onionskin::link::socket;
use std::{
    collections::VecDeque,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long a browser may take to read the page.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pages that are on their way to a browser.
#[derive(Debug)]
pub(crate) struct Browser {
    socket: PathBuf,
    pages: VecDeque<(Instant, Page)>,
    opened: u32,
}

impl Browser {
    /// Nothing on its way yet; pages are written beside `socket`.
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            pages: VecDeque::new(),
            opened: 0,
        }
    }

    /// Shows the dashboard of this URL. Where no page can be written, the browser gets the URL without its token: the
    /// dashboard asks for it.
    pub(crate) fn open(&mut self, url: &str) {
        let base = url.split('#').next().unwrap_or_default();
        let page = Page::write(&self.socket, self.opened, url);
        self.opened += 1;
        match page {
            Ok(page) => {
                show(&file_url(&page.0));
                self.pages.push_back((Instant::now() + PATIENCE, page));
            }
            Err(_) => show(base),
        }
    }

    /// When the oldest page goes.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.pages.front().map(|(due, _)| *due)
    }

    /// Takes away what had its time.
    pub(crate) fn clear(&mut self) {
        while self.due().is_some_and(|due| due <= Instant::now()) {
            self.pages.pop_front();
        }
    }
}

/// A page in a file, which goes when this is dropped.
#[derive(Debug)]
struct Page(PathBuf);

impl Page {
    /// Writes the page that leads to `url` beside a socket.
    fn write(beside: &Path, number: u32, url: &str) -> io::Result<Self> {
        socket::prepare_dir(beside)?;
        let name = format!("open-{}-{number}.html", std::process::id());
        let path = std::path::absolute(beside.with_file_name(name))?;
        // What an earlier process of this id left.
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let page = Self(path);
        file.write_all(html(url).as_bytes())?;
        Ok(page)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Whether it went or not, there is nobody to tell; only this user can read it.
        let _ = fs::remove_file(&self.0);
    }
}

/// No script: the browser itself goes on.
fn html(url: &str) -> String {
    let url = url
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n\
         <title>Onionskin</title>\n<p><a href=\"{url}\">Go to the dashboard</a></p>\n"
    )
}

/// The URL of a file: every byte that means something in a URL is escaped.
fn file_url(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes().iter();
    let escaped = bytes.map(|&b| match b {
        b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    });
    format!("file://{}", escaped.collect::<String>())
}

/// Gives the browser something to show.
fn show(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let child = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = child {
        // Somebody has to take its exit code.
        std::thread::spawn(move || drop(child.wait()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_page_is_for_this_user_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        let url = "http://127.0.0.1:7335/#token=s3cret";
        let page = Page::write(&socket, 0, url).unwrap();
        let path = page.0.clone();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(&format!("content=\"0; url={url}\"")),
            "{text}"
        );
        assert!(text.contains("default-src 'none'") && !text.contains("<script"));
        // One that was left behind is written anew, not into: whoever holds it open reads nothing of this.
        let again = Page::write(&socket, 0, url).unwrap();
        assert_eq!(again.0, path);
        drop((page, again));
        assert!(!path.exists());
    }

    #[test]
    fn a_url_can_not_break_out_of_the_page() {
        let page = html("http://127.0.0.1:1/#token=\"><script>alert(1)</script>&x");
        assert!(
            !page.contains("<script") && !page.contains("\"><"),
            "{page}"
        );
    }

    #[test]
    fn paths_are_urls() {
        let path = Path::new("/run/user/7/a b#c%é.html");
        assert_eq!(file_url(path), "file:///run/user/7/a%20b%23c%25%C3%A9.html");
    }
}
