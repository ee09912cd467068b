//! The loop: events in, state changed, screen drawn when it shows something else.

use crate::{
    app::App,
    browser::Browser,
    config::Ui,
    error::Error,
    event::{Effect, Event, News, Printed},
    mouse::Mouse,
    pace::Pace,
    picture::Graphics,
    program::{Errand, Programs},
    screen::Screen,
    signals::Signals,
    source::{Order, Source},
    theme::{Terminal, Theme},
    ui,
    zone::Zone,
};
use crossterm::event::{Event as Input, EventStream, KeyEventKind};
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
    /// How it looks and what keys do.
    pub ui: Ui,
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
    let mut signals = Signals::catch()?;
    let mut shutdown = std::pin::pin!(shutdown);
    let theme = Theme::named(config.ui.theme, Terminal::from_env());
    let theme = theme.with_ascii(config.ui.ascii || theme.ascii());
    let graphics = match theme.ascii() {
        true => None,
        false => Graphics::from_env(theme.colour()),
    };
    let mut app = App::new(config.url, config.notices).with(&config.ui);
    app.zone = Zone::here();
    app.graphics = graphics.is_some();
    let mut source = Source::with_graphics(client, news, graphics.clone());
    source.filter(app.filter.active());
    let socket = config.socket.unwrap_or_else(socket::default_path);
    let mut browser = Browser::new(socket.clone());
    let mut screen = Screen::take(config.ui.mouse)?;
    // None while another program has the terminal: its keys are not read here.
    let mut inputs = Some(EventStream::new());
    let mut mouse = Mouse::default();
    let mut programs = Programs::default();
    let mut pace = Pace::default();
    pace.changed(true, Instant::now());
    loop {
        let due = app.due();
        let lent = programs.is_running();
        let event = tokio::select! {
            () = &mut shutdown => break,
            () = signals.end(lent) => break,
            how = programs.ended() => {
                signals.left();
                screen.take_back(!app.mouse_released)?;
                inputs = Some(EventStream::new());
                Event::Returned(how)
            }
            input = next_input(&mut inputs) => match input {
                Some(Ok(input)) => match event(input, &mut mouse, screen.area(), &app, theme) {
                    Some(event) => event,
                    None => continue,
                },
                Some(Err(source)) => return Err(Error::terminal("read")(source)),
                // The terminal is gone.
                None => break,
            },
            Some(news) = heard.recv() => Event::News(news),
            Some(printed) = next(&mut printed) => Event::Printed(printed),
            () = at(due) => Event::Tick(Instant::now()),
            () = at(browser.due()) => {
                browser.clear();
                continue;
            }
            () = at(pace.due()), if !lent => {
                screen.draw(|frame| ui::render(frame, &app, theme))?;
                pace.drawn(Instant::now());
                let columns = ui::columns(screen.area(), &app, theme);
                if columns == app.layout.columns {
                    continue;
                }
                Event::Columns(columns)
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
            (source, heard) = (
                Source::with_graphics(Client::new(&next)?, news, graphics.clone()),
                fresh,
            );
            source.filter(app.filter.active());
            app.moved(next);
        }
        let touched = event.is_users();
        let mut update = app.update(event);
        if update.effect == Some(Effect::Targets) {
            let spots = ui::spots(screen.area(), &app, theme).into_iter();
            update = app.update(Event::Targets(spots.map(|(_, spot)| spot).collect()));
        }
        if update.changed {
            pace.changed(touched, Instant::now());
        }
        for question in app.questions(Instant::now()) {
            source.ask(question);
        }
        let mut errand = None;
        match update.effect {
            None | Some(Effect::Targets) => {}
            Some(Effect::Copy(text)) => screen.copy(&text)?,
            Some(Effect::Mouse { captured }) => screen.mouse(captured)?,
            Some(Effect::Curl(id)) => source.curl(id),
            Some(Effect::Record) => source.order(Order::Record),
            Some(Effect::Send(id)) => source.order(Order::Send(id)),
            Some(Effect::Export { id, format }) => source.export(id, format),
            Some(Effect::Filter(filter)) => source.filter(filter),
            Some(Effect::Complete { text, cursor }) => source.complete(text, cursor),
            Some(Effect::ReadBody {
                reader,
                id,
                number,
                encoded,
                ending,
            }) => source.bytes(reader, (id, number), encoded, ending),
            Some(Effect::Read(reader, document)) => {
                errand = Some(Errand::Read(reader, document));
            }
            Some(Effect::Source(place)) => errand = Some(Errand::Source(place)),
            Some(Effect::OpenBrowser) => browser.open(&app.url),
            Some(Effect::Quit) => break,
        }
        if let Some(errand) = errand {
            inputs = None;
            if let Err(why) = programs.start(&mut screen, errand, !app.mouse_released) {
                inputs = (!programs.is_running()).then(EventStream::new);
                app.update(Event::Returned(Err(why)));
                pace.changed(true, Instant::now());
            }
        }
    }
    programs.end().await;
    Ok(())
}

async fn next_input(inputs: &mut Option<EventStream>) -> Option<std::io::Result<Input>> {
    match inputs {
        Some(inputs) => inputs.next().await,
        None => std::future::pending().await,
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

fn event(input: Input, mouse: &mut Mouse, area: Rect, app: &App, theme: Theme) -> Option<Event> {
    let now = Instant::now();
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key, now)),
        Input::Mouse(input) => mouse.event(input, now, area, app, theme),
        Input::Resize(..) => Some(Event::Redraw),
        _ => None,
    }
}
