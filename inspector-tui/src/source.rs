//! Asks the inspector, in tasks of its own: one follows what happens live, one loads the cycle that is looked at.

use crate::event::News;
use futures_util::StreamExt;
use onionskin_web::{
    Client,
    client::ClientError,
    model::{LiveEvent, Recording, StartRecording},
};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

/// Cycles listed at start.
const PAGE: usize = 500;
/// How long to wait before an inspector that did not answer is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// What asks the inspector. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Source {
    wanted: watch::Sender<Option<String>>,
    toggle: mpsc::Sender<()>,
    _tasks: JoinSet<()>,
}

impl Source {
    /// Starts on the current tokio runtime, and says what it learns.
    pub(crate) fn start(client: Client, news: mpsc::Sender<News>) -> Self {
        let (wanted, wants) = watch::channel(None);
        let (toggle, toggled) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(record(client.clone(), toggled, news.clone()));
        tasks.spawn(load(client.clone(), wants, news.clone()));
        tasks.spawn(follow(client, news));
        Self {
            wanted,
            toggle,
            _tasks: tasks,
        }
    }

    /// Starts the recording, or stops it; while it is asked for, it is not asked again.
    pub(crate) fn record(&self) {
        let _ = self.toggle.try_send(());
    }

    /// Loads a cycle; one that was asked for before and has not come is not waited for any more.
    pub(crate) fn load(&self, id: String) {
        self.wanted.send_replace(Some(id));
    }
}

async fn record(client: Client, mut toggled: mpsc::Receiver<()>, news: mpsc::Sender<News>) {
    while toggled.recv().await.is_some() {
        let said = match toggle(&client).await {
            Ok(Recording {
                running: true,
                file,
                ..
            }) => format!("recording into {file}"),
            Ok(Recording { file, cycles, .. }) => format!("{cycles} cycles recorded in {file}"),
            Err(error) => format!("can't record: {error}"),
        };
        tell(&news, News::Recording(said)).await;
    }
}

/// What the inspector has already goes into the file too: it is what the list shows.
async fn toggle(client: &Client) -> Result<Recording, ClientError> {
    let now = client.status().await?.recording;
    if now.is_some_and(|recording| recording.running) {
        return client.stop_recording().await;
    }
    let wanted = StartRecording {
        history: true,
        ..StartRecording::default()
    };
    client.start_recording(&wanted).await
}

async fn load(
    client: Client,
    mut wants: watch::Receiver<Option<String>>,
    news: mpsc::Sender<News>,
) {
    while wants.changed().await.is_ok() {
        let Some(id) = wants.borrow_and_update().clone() else {
            continue;
        };
        let loaded = async {
            let result = client.cycle(&id).await;
            result.map(Box::new).map_err(|e| e.to_string())
        };
        let result = tokio::select! {
            result = loaded => result,
            // `changed` sees it again: it is marked as new.
            _ = wants.changed() => {
                wants.mark_changed();
                continue;
            }
        };
        if news.send(News::Loaded { id, result }).await.is_err() {
            return;
        }
    }
}

async fn follow(client: Client, news: mpsc::Sender<News>) {
    let mut last = None;
    loop {
        let ended = follow_once(&client, &news, &mut last).await;
        let why = match ended {
            Ok(()) => "the inspector closed the connection".into(),
            Err(e) => e.to_string(),
        };
        if news.send(News::Lost(why)).await.is_err() {
            return;
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Follows one connection to its end. What happens from the first moment on is in the stream, so that nothing is missed
/// between the page and it; what is in both comes twice, and the list knows.
async fn follow_once(
    client: &Client,
    news: &mpsc::Sender<News>,
    last: &mut Option<u64>,
) -> Result<(), ClientError> {
    let mut events = client.live(*last).await?;
    tell(news, page(client).await?).await;
    while let Some(event) = events.next().await {
        let event = event?;
        *last = event.id.or(*last);
        let what = match event.event {
            LiveEvent::Lagged { .. } => page(client).await?,
            event => News::Live(event),
        };
        tell(news, what).await;
    }
    Ok(())
}

async fn page(client: &Client) -> Result<News, ClientError> {
    let apps = client.apps().await?;
    let page = client.cycles(PAGE, None, None).await?;
    Ok(News::Connected {
        cycles: page.cycles,
        apps,
        counters: page.counters,
        memory: page.memory,
    })
}

async fn tell(news: &mpsc::Sender<News>, what: News) {
    // Nobody listens any more: this task is about to end.
    let _ = news.send(what).await;
}
