//! The terminal UI with a cycle open: its state and its drawing, fed over HTTP, walked with its keys, read from its cells.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onionskin_tui::{
    app::{App, Item, MessagePane, Pane},
    event::{Event, News},
    source::Source,
    theme::Theme,
    ui,
};
use onionskin_web::Client;
use ratatui::{Terminal, backend::TestBackend};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::mpsc};

/// The terminals that it is drawn on, all at once.
const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];

/// Long enough for anything that is going to be seen.
const LONG: Duration = Duration::from_secs(20);

/// The UI. Each pane is looked at alone.
pub(crate) struct Eyes {
    app: App,
    source: Source,
    heard: mpsc::Receiver<News>,
    runtime: Runtime,
}

impl Eyes {
    /// Attaches to an inspector and opens a cycle.
    pub(crate) fn open(url: &str, id: &str) -> Self {
        let mut eyes = Self::attach(url);
        eyes.until("the cycle is listed", |eyes| {
            let listed = |item: &Item<'_>| matches!(item, Item::Cycle(c) if c.cycle.id == id);
            eyes.app.list.window(usize::MAX).iter().any(listed)
        });
        eyes.select(id)
    }

    /// Attaches to an inspector and opens the newest cycle, once there is one.
    #[allow(dead_code, reason = "the demo app's tests want it")]
    pub(crate) fn open_newest(url: &str) -> Self {
        let mut eyes = Self::attach(url);
        eyes.until("a cycle is listed", |eyes| !eyes.app.list.is_empty());
        let id = eyes.app.list.newest().unwrap().cycle.id.clone();
        eyes.select(&id)
    }

    fn attach(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (news, heard) = mpsc::channel(256);
        let source = {
            let _within = runtime.enter();
            Source::start(Client::new(url).unwrap(), news)
        };
        Self {
            app: App::new(url.into(), Vec::new()),
            source,
            heard,
            runtime,
        }
    }

    /// Goes up to a cycle of the list, and opens it alone.
    fn select(mut self, id: &str) -> Self {
        while self.app.list.selected().is_none_or(|c| c.cycle.id != id) {
            self.press(KeyCode::Up);
        }
        self.press(KeyCode::Enter);
        self.press(KeyCode::Char('m'));
        self.until("the cycle is open", |eyes| {
            eyes.app.view().is_some_and(|view| view.id() == id)
        });
        self.focus(Pane::Timeline);
        self
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: KeyCode) {
        let key = KeyEvent::new(key, KeyModifiers::NONE);
        self.app.update(Event::Key(key, Instant::now()));
        self.ask();
    }

    fn ask(&mut self) {
        let _within = self.runtime.enter();
        for question in self.app.questions(Instant::now()) {
            self.source.ask(question);
        }
    }

    /// Waits until something is so, and takes in what the inspector says meanwhile.
    #[track_caller]
    fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !so(self) {
            assert!(begun.elapsed() < LONG, "never so: {what}\n{self}");
            let next = self.heard.recv();
            let next = async { tokio::time::timeout(Duration::from_millis(20), next).await };
            if let Ok(Some(news)) = self.runtime.block_on(next) {
                self.app.update(Event::News(news));
            }
            self.ask();
        }
    }

    /// Goes on to the step that is called this below the timeline: `→ view show`.
    #[track_caller]
    pub(crate) fn at(&mut self, step: &str) -> &mut Self {
        self.focus(Pane::Timeline);
        for _ in 0..self.app.view().map_or(0, |view| view.player.len()) {
            if self.sees(step) {
                return self;
            }
            self.press(KeyCode::Right);
        }
        panic!("no step {step:?} further on\n{self}");
    }

    /// Goes to the last step.
    #[track_caller]
    pub(crate) fn at_the_end(&mut self) -> &mut Self {
        self.press(KeyCode::End);
        self
    }

    /// All of this is to be seen of the timeline.
    #[track_caller]
    pub(crate) fn timeline(&mut self, texts: &[&str]) -> &mut Self {
        self.focus(Pane::Timeline);
        for text in texts {
            self.until(&format!("{text:?} is to be seen"), |eyes| eyes.sees(text));
        }
        self
    }

    /// All of this is to be seen of the request, by who goes down its lines.
    #[track_caller]
    pub(crate) fn request(&mut self, texts: &[&str]) -> &mut Self {
        self.message(Pane::Request, texts)
    }

    /// All of this is to be seen of the response, by who goes down its lines.
    #[track_caller]
    pub(crate) fn response(&mut self, texts: &[&str]) -> &mut Self {
        self.message(Pane::Response, texts)
    }

    #[track_caller]
    fn message(&mut self, pane: Pane, texts: &[&str]) -> &mut Self {
        self.focus(pane);
        self.until("the step is loaded", |eyes| {
            eyes.is_loaded(pane) && !eyes.drawn().iter().any(|drawn| drawn.contains("loading"))
        });
        while self.cursor(pane) > 0 {
            self.press(KeyCode::PageUp);
        }
        let mut missing: HashSet<_> = (0..texts.len() * SIZES.len()).collect();
        let mut all = String::new();
        loop {
            let drawn = self.drawn();
            missing.retain(|at| !holds(&drawn[at % SIZES.len()], texts[at / SIZES.len()]));
            let before = self.cursor(pane);
            self.press(KeyCode::Down);
            all += &self.line(pane);
            if self.cursor(pane) == before {
                break;
            }
        }
        let missing: Vec<_> = missing
            .into_iter()
            .map(|at| (texts[at / SIZES.len()], SIZES[at % SIZES.len()]))
            .collect();
        assert!(missing.is_empty(), "{missing:?} are not in\n{all}\n{self}");
        self.focus(Pane::Timeline);
        self
    }

    /// Presses a key of a message.
    pub(crate) fn press_in(&mut self, pane: Pane, key: KeyCode) {
        self.focus(pane);
        self.press(key);
        self.focus(Pane::Timeline);
    }

    /// All lines of the response.
    pub(crate) fn lines(&self) -> String {
        let lines = self.app.view().unwrap().response.lines.iter().flatten();
        lines.map(|line| line.text() + "\n").collect()
    }

    fn is_loaded(&self, pane: Pane) -> bool {
        self.app.view().is_some_and(|view| {
            let shown = view.shown.as_ref().map(|shown| shown.step as usize);
            shown == Some(view.player.step()) && self.shown(pane).lines.is_some()
        })
    }

    fn shown(&self, pane: Pane) -> &MessagePane {
        self.app.view().unwrap().pane(pane.side().unwrap())
    }

    fn cursor(&self, pane: Pane) -> usize {
        self.shown(pane).cursor
    }

    fn line(&self, pane: Pane) -> String {
        let line = self.shown(pane).line();
        line.map_or(String::new(), |line| line.text() + "\n")
    }

    fn focus(&mut self, pane: Pane) {
        while self.app.focus != pane {
            self.press(KeyCode::Tab);
        }
    }

    fn sees(&self, text: &str) -> bool {
        self.drawn().iter().all(|drawn| holds(drawn, text))
    }

    /// The screens, line by line.
    fn drawn(&self) -> Vec<String> {
        SIZES.iter().map(|size| self.screen(*size)).collect()
    }

    fn screen(&self, (width, height): (u16, u16)) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let draw = |frame: &mut ratatui::Frame<'_>| ui::render(frame, &self.app, Theme::new(true));
        terminal.draw(draw).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |y| {
            (0..width)
                .map(|x| buffer[(x, y)].symbol())
                .collect::<String>()
        };
        (0..height).map(|y| line(y) + "\n").collect()
    }
}

impl std::fmt::Display for Eyes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.drawn()
            .iter()
            .try_for_each(|drawn| writeln!(f, "{drawn}"))
    }
}

/// Whether a text is on a screen, however it is broken into lines.
fn holds(screen: &str, text: &str) -> bool {
    let bare = |text: &str| -> String {
        let is_air = |c: &char| c.is_whitespace() || *c == '│';
        text.chars().filter(|c| !is_air(c)).collect()
    };
    bare(screen).contains(&bare(text))
}
