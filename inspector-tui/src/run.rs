//! The loop: events in, state changed, screen drawn when it shows something else.

use crate::{
    app::App,
    browser::Browser,
    error::Error,
    event::{Effect, Event, News, Printed},
    pace::Pace,
    screen::Screen,
    signals,
    source::{Order, Source},
    theme::Theme,
    ui,
};
use crossterm::event::{Event as Input, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use onionskin::link::socket;
use onionskin_web::Client;
use ratatui::layout::Rect;
use std::{
    future::Future,
    path::{Path, PathBuf},
    time::Instant,
};
use tokio::sync::mpsc;

/// News that may wait to be heard.
const NEWS: usize = 256;

/// What the UI is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunConfig {
    /// URL of the inspector, its token in the fragment.
    pub url: String,
    /// Lines that are to be seen in the header, such as the address of an app: `shop http://127.0.0.1:3000`.
    pub notices: Vec<String>,
    /// The socket where apps meet, none: the usual one. In its directory a browser finds the page that leads to the
    /// dashboard.
    pub socket: Option<PathBuf>,
    /// The inspector is another process's: when it is gone, the one that comes after it on the socket is shown.
    pub attached: bool,
    /// Draw with ASCII only, whatever the locale says.
    pub ascii: bool,
}

/// Shows the UI on the terminal that standard output is, until the user quits, a signal comes, or `shutdown` resolves. The
/// terminal is given back in any case, also when this future is dropped or panics; what the process printed meanwhile is
/// printed then.
///
/// # Errors
/// If the URL is not an inspector's, or the terminal can't be used. An inspector that does not answer is no error: the UI
/// says so and goes on asking.
pub async fn run(config: RunConfig, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    run_beside(config, None, shutdown).await
}

/// As [`run`], beside what an app prints.
pub(crate) async fn run_beside(
    config: RunConfig,
    printed: Option<mpsc::Receiver<Printed>>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    match run_loop(config, printed, shutdown).await {
        Err(error) if error.is_hangup() => Ok(()),
        result => result,
    }
}

async fn run_loop(
    config: RunConfig,
    mut printed: Option<mpsc::Receiver<Printed>>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let client = Client::new(&config.url)?;
    let (news, mut heard) = mpsc::channel(NEWS);
    let mut source = Source::start(client, news);
    let mut signals = std::pin::pin!(signals::ended()?);
    let mut shutdown = std::pin::pin!(shutdown);
    let theme = Theme::from_env();
    let theme = theme.with_ascii(config.ascii || theme.ascii());
    let mut app = App::new(config.url, config.notices);
    let socket = config.socket.unwrap_or_else(socket::default_path);
    let mut browser = Browser::new(socket.clone());
    let mut screen = Screen::take()?;
    let mut inputs = EventStream::new();
    let mut pace = Pace::default();
    pace.changed(true, Instant::now());
    loop {
        let due = app.due();
        let event = tokio::select! {
            () = &mut shutdown => return Ok(()),
            () = &mut signals => return Ok(()),
            input = inputs.next() => match input {
                Some(Ok(input)) => match event(input, screen.area(), &app, theme) {
                    Some(event) => event,
                    None => continue,
                },
                Some(Err(source)) => return Err(Error::terminal("read")(source)),
                // The terminal is gone.
                None => return Ok(()),
            },
            Some(news) = heard.recv() => Event::News(news),
            Some(printed) = next(&mut printed) => Event::Printed(printed),
            () = at(due) => Event::Tick(Instant::now()),
            () = at(browser.due()) => {
                browser.clear();
                continue;
            }
            () = at(pace.due()) => {
                screen.draw(|frame| ui::render(frame, &app, theme))?;
                pace.drawn(Instant::now());
                continue;
            }
        };
        if matches!(event, Event::Redraw) {
            screen.wipe();
        }
        if config.attached
            && matches!(event, Event::News(News::Lost(_)))
            && let Some(next) = successor(&socket, &app.url)
        {
            // What the one before said last is not heard any more.
            let (news, fresh) = mpsc::channel(NEWS);
            (source, heard) = (Source::start(Client::new(&next)?, news), fresh);
            source.filter(app.filter.active());
            app.moved(next);
        }
        let touched = event.is_users();
        let update = app.update(event);
        if update.changed {
            pace.changed(touched, Instant::now());
        }
        for question in app.questions(Instant::now()) {
            source.ask(question);
        }
        match update.effect {
            None => {}
            Some(Effect::Copy(text)) => screen.copy(&text)?,
            Some(Effect::Mouse { captured }) => screen.mouse(captured)?,
            Some(Effect::Curl(id)) => source.curl(id),
            Some(Effect::Record) => source.order(Order::Record),
            Some(Effect::Send(id)) => source.order(Order::Send(id)),
            Some(Effect::Export { id, format }) => source.export(id, format),
            Some(Effect::Filter(filter)) => source.filter(filter),
            Some(Effect::Complete { text, cursor }) => source.complete(text, cursor),
            Some(Effect::OpenBrowser) => browser.open(&app.url),
            Some(Effect::Quit) => return Ok(()),
        }
    }
}

/// URL of the inspector that runs on a socket by now, if it is another one.
fn successor(socket: &Path, url: &str) -> Option<String> {
    let running = onionskin_web::running(socket)?;
    (running.url != url).then_some(running.url)
}

async fn next(printed: &mut Option<mpsc::Receiver<Printed>>) -> Option<Printed> {
    match printed {
        Some(printed) => printed.recv().await,
        None => None,
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        None => std::future::pending().await,
    }
}

fn event(input: Input, area: Rect, app: &App, theme: Theme) -> Option<Event> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => {
            Some(Event::Key(key, Instant::now()))
        }
        Input::Mouse(mouse) => {
            let spot = || ui::spot(area, app, theme, (mouse.column, mouse.row).into());
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => spot().map(Event::Click),
                MouseEventKind::ScrollUp => spot().map(|spot| Event::Wheel(spot, -1)),
                MouseEventKind::ScrollDown => spot().map(|spot| Event::Wheel(spot, 1)),
                _ => None,
            }
        }
        Input::Resize(..) => Some(Event::Redraw),
        _ => None,
    }
}
