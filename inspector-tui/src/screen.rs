//! The terminal, taken and given back.
//!
//! While the UI has it, what anything else in this process prints (logs of an app, the message of a panic in some task)
//! would land in the middle of the picture. So standard output and error go to a pipe meanwhile, and what came through is
//! printed when the terminal is an ordinary one again. It is given back when [`Screen`] is dropped: at the end, on errors,
//! and while a panic unwinds. Where panics abort, a panic hook gives it back.

use crate::error::Error;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crossterm::{
    cursor, execute,
    style::Print,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend, layout::Rect};
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, IsTerminal, Read, Write},
    os::fd::{AsFd, OwnedFd},
    process::Stdio,
    sync::{Arc, Mutex, Once, PoisonError, mpsc},
    time::Duration,
};

/// The newest bytes kept of what was printed meanwhile.
const KEPT: usize = 256 << 10;

/// Has the terminal tell of clicks, the wheel and moves with a button held, in the form that knows of any column. Not of
/// every move, as crossterm's own command would: nothing here is about those, and each would be bytes.
const CAPTURE: &str = "\x1b[?1002h\x1b[?1006h";
/// Leaves the mouse to the terminal again.
const RELEASE: &str = "\x1b[?1006l\x1b[?1002l";

/// What has to be done to give the terminal back; none while nobody has it.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

/// The terminal, taken.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<File>>>,
    /// Whether the terminal may show something else than what was drawn.
    wiped: bool,
    /// Dropped last: what the terminal above says on its way goes to the pipe still.
    _given_back: GivenBack,
}

/// Gives the terminal back when it is dropped.
#[derive(Debug)]
struct GivenBack;

impl Screen {
    /// Takes the terminal that standard output is, with the mouse or without.
    pub(crate) fn take(mouse: bool) -> Result<Self, Error> {
        hook();
        let tty = File::from(copy(io::stdout()).map_err(Error::terminal("open"))?);
        let backend = CrosstermBackend::new(BufWriter::new(tty));
        let terminal = Terminal::new(backend).map_err(Error::terminal("measure"))?;
        // From here on there is something to give back, whatever fails.
        let screen = Self {
            terminal,
            wiped: false,
            _given_back: GivenBack,
        };
        let mut place = lock();
        let taken = place.insert(Taken::new().map_err(Error::terminal("set aside"))?);
        enable_raw_mode()
            .and_then(|()| {
                let mouse = if mouse { CAPTURE } else { "" };
                execute!(taken.tty, EnterAlternateScreen, cursor::Hide, Print(mouse))
            })
            .map_err(Error::terminal("set up"))?;
        Ok(screen)
    }
}

impl Screen {
    /// Draws a picture: what differs from the one before.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        if std::mem::take(&mut self.wiped) {
            // Not `clear`: that asks the terminal where its cursor is, and the answer would be read as keys.
            let area = self.terminal.size().map_err(Error::terminal("measure"))?;
            let resized = self.terminal.resize(area.into());
            resized.map_err(Error::terminal("clear"))?;
        }
        let drawn = self.terminal.draw(render);
        drawn.map(drop).map_err(Error::terminal("draw on"))
    }

    /// The next picture is drawn whole. A terminal that was made smaller has lost what was cut off, also where it has its
    /// old size again by now.
    pub(crate) fn wipe(&mut self) {
        self.wiped = true;
    }

    /// Puts a text into the clipboard of who sits at the terminal, by OSC 52: that works over ssh too, where the terminal
    /// allows it. The text is base64 on its way: nothing in it steers the terminal.
    pub(crate) fn copy(&mut self, text: &str) -> Result<(), Error> {
        let encoded = BASE64.encode(text);
        let tty = self.terminal.backend_mut();
        write!(tty, "\x1b]52;c;{encoded}\x07")
            .and_then(|()| Write::flush(tty))
            .map_err(Error::terminal("write to"))
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub(crate) fn mouse(&mut self, captured: bool) -> Result<(), Error> {
        let order = if captured { CAPTURE } else { RELEASE };
        let tty = self.terminal.backend_mut();
        execute!(tty, Print(order)).map_err(Error::terminal("write to"))
    }

    /// Leaves the terminal to another program, which has these as its standard streams. What this process prints meanwhile
    /// does not land in its picture: that is printed at the end, as ever.
    pub(crate) fn lend(&mut self) -> io::Result<[Stdio; 3]> {
        let place = lock();
        let taken = place.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let input = match io::stdin().is_terminal() {
            true => Stdio::inherit(),
            // Keys come from there too then.
            false => File::open("/dev/tty")?.into(),
        };
        let errors = match &taken.stderr {
            Some(stderr) => copy(stderr)?.into(),
            None => Stdio::inherit(),
        };
        let streams = [input, copy(taken.tty.get_ref())?.into(), errors];
        drop(place);
        let tty = self.terminal.backend_mut();
        execute!(tty, Print(RELEASE), LeaveAlternateScreen, cursor::Show)?;
        disable_raw_mode()?;
        Ok(streams)
    }

    /// Has the terminal again, whatever is on it, and draws all of it with the next picture.
    pub(crate) fn take_back(&mut self, mouse: bool) -> Result<(), Error> {
        enable_raw_mode()
            .and_then(|()| {
                let tty = self.terminal.backend_mut();
                execute!(tty, EnterAlternateScreen, cursor::Hide)
            })
            .map_err(Error::terminal("set up"))?;
        self.wipe();
        self.mouse(mouse)
    }

    /// What is drawn on.
    pub(crate) fn area(&mut self) -> Rect {
        self.terminal.get_frame().area()
    }
}

impl Drop for GivenBack {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, if it is taken. What fails is left: there is nobody to tell.
fn give_back() {
    if let Some(taken) = lock().take() {
        taken.give_back();
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hook() {
    static ONCE: Once = Once::new();
    // An unwinding panic either ends the UI, and drops the screen, or ends some other task, and the UI goes on.
    if cfg!(panic = "abort") {
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
            }));
        });
    }
}

fn copy(fd: impl AsFd) -> io::Result<OwnedFd> {
    fd.as_fd().try_clone_to_owned()
}

/// What has to be given back.
#[derive(Debug)]
struct Taken {
    /// The terminal; it was standard output.
    tty: BufWriter<File>,
    /// What standard error was, if it was the terminal too.
    stderr: Option<OwnedFd>,
    printed: Printed,
}

impl Taken {
    fn new() -> io::Result<Self> {
        let tty = BufWriter::new(File::from(copy(io::stdout())?));
        let stderr = match io::stderr().is_terminal() {
            true => Some(copy(io::stderr())?),
            false => None,
        };
        let (pipe, end) = io::pipe()?;
        let printed = Printed::read(pipe)?;
        rustix::stdio::dup2_stdout(&end)?;
        if stderr.is_some() {
            rustix::stdio::dup2_stderr(&end)?;
        }
        Ok(Self {
            tty,
            stderr,
            printed,
        })
    }

    fn give_back(mut self) {
        let _ = execute!(self.tty, Print(RELEASE), LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        // With these the pipe has no other end any more, and its reader comes to an end.
        let _ = rustix::stdio::dup2_stdout(self.tty.get_ref());
        if let Some(stderr) = &self.stderr {
            let _ = rustix::stdio::dup2_stderr(stderr);
        }
        let printed = self.printed.all();
        let _ = io::stderr().write_all(&printed);
    }
}

/// What was printed meanwhile.
#[derive(Debug)]
struct Printed {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl Printed {
    fn read(mut pipe: io::PipeReader) -> io::Result<Self> {
        let bytes = Arc::new(Mutex::new(VecDeque::new()));
        let (end, ended) = mpsc::channel::<()>();
        let kept = bytes.clone();
        let read = move || {
            let _end = end;
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&buffer[..n]);
                let over = kept.len().saturating_sub(KEPT);
                kept.drain(..over);
            }
        };
        std::thread::Builder::new()
            .name("onionskin-printed".into())
            .spawn(read)?;
        Ok(Self { bytes, ended })
    }

    /// All of it. A child process may hold the pipe open still; it is not waited for.
    fn all(self) -> Vec<u8> {
        let _ = self.ended.recv_timeout(Duration::from_millis(200));
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.drain(..).collect()
    }
}
