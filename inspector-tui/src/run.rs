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
use std::{
    future::Future,
    ops::ControlFlow,
    path::{Path, PathBuf},
    pin::Pin,
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
    let mut shutdown = std::pin::pin!(shutdown);
    let mut running = Running::start(config)?;
    loop {
        let event = match running.next(&mut printed, shutdown.as_mut()).await? {
            ControlFlow::Break(()) => break,
            ControlFlow::Continue(None) => continue,
            ControlFlow::Continue(Some(event)) => event,
        };
        if running.take(event)?.is_break() {
            break;
        }
    }
    running.programs.end().await;
    Ok(())
}

/// The UI while it has the terminal.
struct Running {
    app: App,
    theme: Theme,
    graphics: Option<Graphics>,
    /// None while another program has the terminal: its keys are not read here.
    inputs: Option<EventStream>,
    mouse: Mouse,
    pace: Pace,
    programs: Programs,
    screen: Screen,
    signals: Signals,
    source: Source,
    heard: mpsc::Receiver<News>,
    browser: Browser,
    socket: PathBuf,
    attached: bool,
}

impl Running {
    fn start(config: RunConfig) -> Result<Self, Error> {
        let client = Client::new(&config.url)?;
        let (news, heard) = mpsc::channel(NEWS);
        let signals = Signals::catch()?;
        let theme = Theme::named(config.ui.theme, Terminal::from_env());
        let theme = theme.with_ascii(config.ui.ascii || theme.ascii());
        let graphics = match theme.ascii() {
            true => None,
            false => Graphics::from_env(theme.colour()),
        };
        let mut app = App::new(config.url, config.notices).with(&config.ui);
        app.zone = Zone::here();
        app.graphics = graphics.is_some();
        let source = Source::with_graphics(client, news, graphics.clone());
        source.filter(app.filter.active());
        let socket = config.socket.unwrap_or_else(socket::default_path);
        let mut pace = Pace::default();
        pace.changed(true, Instant::now());
        Ok(Self {
            screen: Screen::take(config.ui.mouse)?,
            inputs: Some(EventStream::new()),
            mouse: Mouse::default(),
            programs: Programs::default(),
            browser: Browser::new(socket.clone()),
            attached: config.attached,
            app,
            theme,
            graphics,
            pace,
            signals,
            source,
            heard,
            socket,
        })
    }

    /// Waits for something to happen: what it means for the state, if anything, or that this is the end.
    async fn next(
        &mut self,
        printed: &mut Option<mpsc::Receiver<Printed>>,
        shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<ControlFlow<(), Option<Event>>, Error> {
        let lent = self.programs.is_running();
        let event = tokio::select! {
            () = shutdown => return Ok(ControlFlow::Break(())),
            () = self.signals.end(lent) => return Ok(ControlFlow::Break(())),
            how = self.programs.ended() => {
                self.signals.left();
                self.screen.take_back(!self.app.mouse_released)?;
                self.inputs = Some(EventStream::new());
                Some(Event::Returned(how))
            }
            input = next_input(&mut self.inputs) => match input {
                Some(Ok(input)) => self.event(input),
                Some(Err(source)) => return Err(Error::terminal("read")(source)),
                // The terminal is gone.
                None => return Ok(ControlFlow::Break(())),
            },
            Some(news) = self.heard.recv() => Some(Event::News(news)),
            Some(printed) = next(printed) => Some(Event::Printed(printed)),
            () = at(self.app.due()) => Some(Event::Tick(Instant::now())),
            () = at(self.browser.due()) => {
                self.browser.clear();
                None
            }
            () = at(self.pace.due()), if !lent => self.draw()?,
        };
        Ok(ControlFlow::Continue(event))
    }

    fn event(&mut self, input: Input) -> Option<Event> {
        let now = Instant::now();
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key, now)),
            Input::Mouse(input) => {
                let area = self.screen.area();
                self.mouse.event(input, now, area, &self.app, self.theme)
            }
            Input::Resize(..) => Some(Event::Redraw),
            _ => None,
        }
    }

    /// Draws the screen. What was found out about its size is told, if it is something else than before.
    fn draw(&mut self) -> Result<Option<Event>, Error> {
        let (app, theme) = (&self.app, self.theme);
        self.screen.draw(|frame| ui::render(frame, app, theme))?;
        self.pace.drawn(Instant::now());
        let columns = ui::columns(self.screen.area(), app, theme);
        Ok((columns != app.layout.columns).then_some(Event::Columns(columns)))
    }

    /// Changes the state by an event, and does what follows from it.
    fn take(&mut self, event: Event) -> Result<ControlFlow<()>, Error> {
        if matches!(event, Event::Redraw) {
            self.screen.wipe();
        }
        if self.attached && matches!(event, Event::News(News::Lost(_))) {
            self.follow()?;
        }
        let touched = event.is_users();
        let mut update = self.app.update(event);
        if update.effect == Some(Effect::Targets) {
            let spots = ui::spots(self.screen.area(), &self.app, self.theme).into_iter();
            let targets = spots.map(|(_, spot)| spot).collect();
            update = self.app.update(Event::Targets(targets));
        }
        if update.changed {
            self.pace.changed(touched, Instant::now());
        }
        for question in self.app.questions(Instant::now()) {
            self.source.ask(question);
        }
        match update.effect {
            Some(effect) => self.carry_out(effect),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Goes on with the inspector that took the place of the one that is gone, if there is one.
    fn follow(&mut self) -> Result<(), Error> {
        let Some(next) = successor(&self.socket, &self.app.url) else {
            return Ok(());
        };
        // What the one before said last is not heard any more.
        let (news, heard) = mpsc::channel(NEWS);
        self.source = Source::with_graphics(Client::new(&next)?, news, self.graphics.clone());
        self.heard = heard;
        self.source.filter(self.app.filter.active());
        self.app.moved(next);
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> Result<ControlFlow<()>, Error> {
        let source = &mut self.source;
        match effect {
            Effect::Targets => {}
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::Mouse { captured } => self.screen.mouse(captured)?,
            Effect::Curl(id) => source.curl(id),
            Effect::Record => source.order(Order::Record),
            Effect::Send(id) => source.order(Order::Send(id)),
            Effect::Export { id, format } => source.export(id, format),
            Effect::Filter(filter) => source.filter(filter),
            Effect::Complete { text, cursor } => source.complete(text, cursor),
            Effect::ReadBody {
                reader,
                id,
                number,
                encoded,
                ending,
            } => source.bytes(reader, (id, number), encoded, ending),
            Effect::Read(reader, document) => self.lend(Errand::Read(reader, document)),
            Effect::Source(place) => self.lend(Errand::Source(place)),
            Effect::OpenBrowser => self.browser.open(&self.app.url),
            Effect::Quit => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Leaves the terminal to another program.
    fn lend(&mut self, errand: Errand) {
        self.inputs = None;
        let mouse = !self.app.mouse_released;
        if let Err(why) = self.programs.start(&mut self.screen, errand, mouse) {
            self.inputs = (!self.programs.is_running()).then(EventStream::new);
            self.app.update(Event::Returned(Err(why)));
            self.pace.changed(true, Instant::now());
        }
    }
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
