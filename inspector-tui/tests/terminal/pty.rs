//! A terminal with a command in it, and what it shows.
#![allow(dead_code, reason = "shared by test binaries that use different parts")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::{LocalModes, tcgetattr};
use std::{
    io::{Read, Write},
    os::fd::BorrowedFd,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Pty {
    pub(crate) socket: PathBuf,
    _dir: Option<TempDir>,
    /// None: it is closed.
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    /// Reads until this is set.
    closing: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    modes: LocalModes,
}

struct Seen {
    parser: vt100::Parser<Title>,
    /// All bytes.
    raw: Vec<u8>,
}

#[derive(Default)]
struct Title(String);

impl vt100::Callbacks for Title {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0 = String::from_utf8_lossy(title).into_owned();
    }
}

impl Pty {
    /// Starts a command whose apps and inspectors meet at `socket`; `dir` goes with the terminal.
    pub(crate) fn run(
        mut command: CommandBuilder,
        socket: PathBuf,
        dir: Option<TempDir>,
        columns: u16,
        lines: u16,
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, lines)).unwrap();
        let modes = local_modes(&*pair.master);
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new_with_callbacks(lines, columns, 0, Title::default()),
            raw: Vec::new(),
        }));
        let sees = seen.clone();
        let closing = Arc::new(AtomicBool::new(false));
        let closes = closing.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if closes.load(Ordering::Relaxed) {
                    return;
                }
                let mut seen = sees.lock().unwrap();
                seen.parser.process(&buffer[..n]);
                seen.raw.extend(&buffer[..n]);
            }
        });
        Self {
            socket,
            _dir: dir,
            writer: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
            seen,
            closing,
            reader: Some(reader),
            modes,
        }
    }

    pub(crate) fn screen(&self) -> String {
        self.seen.lock().unwrap().parser.screen().contents()
    }

    /// Whether clicks are told to who has the terminal.
    pub(crate) fn has_mouse(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Whether moves with a button held are told too.
    pub(crate) fn has_drags(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.parser.screen().mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
    }

    /// Presses and releases the left button, at a line and column from 1.
    pub(crate) fn click(&mut self, line: usize, column: usize) {
        self.type_keys(&format!("\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m"));
    }

    /// Holds the left button at a line and column from 1, moves to others, and releases it at the last.
    pub(crate) fn drag(&mut self, from: (usize, usize), over: &[(usize, usize)]) {
        let (line, column) = from;
        self.type_keys(&format!("\x1b[<0;{column};{line}M"));
        for (line, column) in over {
            self.type_keys(&format!("\x1b[<32;{column};{line}M"));
        }
        let (line, column) = over.last().copied().unwrap_or(from);
        self.type_keys(&format!("\x1b[<0;{column};{line}m"));
    }

    pub(crate) fn title(&self) -> String {
        self.seen.lock().unwrap().parser.callbacks().0.clone()
    }

    pub(crate) fn written(&self) -> usize {
        self.seen.lock().unwrap().raw.len()
    }

    /// All that was written from some byte on.
    pub(crate) fn raw(&self, from: usize) -> Vec<u8> {
        self.seen.lock().unwrap().raw[from..].to_vec()
    }

    /// Waits until what was written from some byte on is as it should be.
    #[track_caller]
    pub(crate) fn wait_for_raw(&self, from: usize, is_right: impl Fn(&[u8]) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let raw = self.raw(from);
            if is_right(&raw) {
                return;
            }
            let text = String::from_utf8_lossy(&raw).escape_debug().to_string();
            assert!(Instant::now() < end, "not in {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether anything was written to steer the terminal.
    pub(crate) fn was_steered(&self) -> bool {
        self.seen.lock().unwrap().raw.contains(&0x1b)
    }

    /// The colour of the first sign of a text, if it is one of all.
    pub(crate) fn colour(&self, text: &str) -> Option<(u8, u8, u8)> {
        let seen = self.seen.lock().unwrap();
        let screen = seen.parser.screen();
        let (_, columns) = screen.size();
        let at = |(line, shown): (usize, String)| {
            let column = shown[..shown.find(text)?].chars().count();
            let cell = screen.cell(line as u16, column as u16)?;
            match cell.fgcolor() {
                vt100::Color::Rgb(r, g, b) => Some((r, g, b)),
                _ => None,
            }
        };
        screen.rows(0, columns).enumerate().find_map(at)
    }

    /// Waits until nothing was written for a while.
    pub(crate) fn settle(&self) {
        self.quiet_for(Duration::from_millis(600));
    }

    /// Waits until nothing was written for a moment: a picture is whole.
    pub(crate) fn pause(&self) {
        self.quiet_for(Duration::from_millis(150));
    }

    fn quiet_for(&self, time: Duration) {
        let end = Instant::now() + PATIENCE;
        let mut before = usize::MAX;
        while before != self.written() && Instant::now() < end {
            before = self.written();
            std::thread::sleep(time);
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(Instant::now() < end, "no {text:?} in\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_right: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_right(&self.screen()) {
            assert!(Instant::now() < end, "not {what} in\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn wait_until_gone(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while self.screen().contains(text) {
            assert!(Instant::now() < end, "{text:?} in\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types without waiting.
    pub(crate) fn write(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.write(keys);
        // An escape alone is one only if nothing follows at once.
        std::thread::sleep(Duration::from_millis(80));
    }

    pub(crate) fn resize(&self, columns: u16, lines: u16) {
        let mut seen = self.seen.lock().unwrap();
        seen.parser.screen_mut().set_size(lines, columns);
        let master = self.master.as_ref().unwrap();
        master.resize(size(columns, lines)).unwrap();
    }

    /// Forgets what the terminal shows, without telling who draws on it.
    pub(crate) fn blank(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.parser.process(b"\x1b[2J");
    }

    /// Closes the terminal, as its window is closed.
    pub(crate) fn close(&mut self) {
        // Who reads has it open too, and waits for something to be written.
        self.closing.store(true, Ordering::Relaxed);
        self.type_keys("?");
        self.reader.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "still there:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end. Whether it ended without an error and gave the terminal back.
    #[track_caller]
    pub(crate) fn ended_well(&mut self) -> bool {
        let code = self.exit_code();
        assert_eq!(code, 0, "{}", self.screen());
        self.wait_for("#token=");
        self.gave_back();
        true
    }

    /// The screen of before, a cursor, lines and echo.
    #[track_caller]
    pub(crate) fn gave_back(&self) {
        let seen = self.seen.lock().unwrap();
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        let mouse = screen.mouse_protocol_mode();
        assert_eq!(mouse, vt100::MouseProtocolMode::None, "the mouse too");
        assert_eq!(
            local_modes(self.master.as_deref().unwrap()),
            self.modes,
            "raw mode is off"
        );
        assert!(self.modes.contains(LocalModes::ICANON | LocalModes::ECHO));
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// The settings of the terminal: both ends have the same.
fn local_modes(master: &dyn MasterPty) -> LocalModes {
    let path = master.tty_name().unwrap();
    let tty = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let fd: BorrowedFd<'_> = std::os::fd::AsFd::as_fd(&tty);
    tcgetattr(fd).unwrap().local_modes
}
