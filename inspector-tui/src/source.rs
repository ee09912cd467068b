//! Asks the inspector, in tasks of its own: one follows what happens live, one loads the cycle that is
//! looked at, one knows what can be written in a filter, one has things done.

mod orders;

pub(crate) use orders::Order;

use crate::event::News;
use futures_util::StreamExt;
use onionskin_web::{
    Client,
    client::{ClientError, List},
    model::LiveEvent,
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
    spans: watch::Sender<Option<String>>,
    orders: mpsc::Sender<Order>,
    filter: watch::Sender<String>,
    written: watch::Sender<(String, u32)>,
    _tasks: JoinSet<()>,
}

impl Source {
    /// Starts on the current tokio runtime, and says what it learns.
    pub(crate) fn start(client: Client, news: mpsc::Sender<News>) -> Self {
        let (wanted, wants) = watch::channel(None);
        let (spans, asks) = watch::channel(None);
        let (orders, ordered) = mpsc::channel(1);
        let (filter, filters) = watch::channel(String::new());
        let (written, writes) = watch::channel(<_>::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(orders::run(client.clone(), ordered, news.clone()));
        tasks.spawn(load(client.clone(), wants, news.clone()));
        tasks.spawn(beside(client.clone(), asks, news.clone()));
        tasks.spawn(help(client.clone(), writes, news.clone()));
        tasks.spawn(follow(client, filters, news));
        Self {
            wanted,
            spans,
            orders,
            filter,
            written,
            _tasks: tasks,
        }
    }

    /// Has something done; while one waits its turn, no more is taken.
    pub(crate) fn order(&self, order: Order) {
        let _ = self.orders.try_send(order);
    }

    /// Loads a cycle; one that was asked for before and has not come is not waited for any more.
    pub(crate) fn load(&self, id: String) {
        self.wanted.send_replace(Some(id));
    }

    /// Asks what other services did in the trace of a cycle.
    pub(crate) fn spans(&self, id: String) {
        self.spans.send_replace(Some(id));
    }

    /// Lists and follows only cycles that match.
    pub(crate) fn filter(&self, filter: String) {
        self.filter.send_replace(filter);
    }

    /// Asks what can be written in a filter at a cursor.
    pub(crate) fn complete(&self, text: String, cursor: u32) {
        self.written.send_replace((text, cursor));
    }
}

/// Answers the newest question of a channel, each time there is one; a question that is still open then is dropped.
async fn answer<Q, A>(
    mut questions: watch::Receiver<Q>,
    news: mpsc::Sender<News>,
    ask: impl Fn(Q) -> A,
) where
    Q: Clone,
    A: Future<Output = Option<News>>,
{
    while questions.changed().await.is_ok() {
        let question = questions.borrow_and_update().clone();
        let answer = tokio::select! {
            answer = ask(question) => answer,
            // `changed` sees it again: it is marked as new.
            _ = questions.changed() => {
                questions.mark_changed();
                continue;
            }
        };
        if let Some(answer) = answer
            && news.send(answer).await.is_err()
        {
            return;
        }
    }
}

async fn load(client: Client, wants: watch::Receiver<Option<String>>, news: mpsc::Sender<News>) {
    let client = &client;
    answer(wants, news, |id| async move {
        let id = id?;
        let result = client.cycle(&id).await;
        let result = result.map(Box::new).map_err(|e| e.to_string());
        Some(News::Loaded { id, result })
    })
    .await;
}

async fn beside(client: Client, asks: watch::Receiver<Option<String>>, news: mpsc::Sender<News>) {
    let client = &client;
    answer(asks, news, |id| async move {
        let id = id?;
        // A cycle is there without them; that nobody answers is said elsewhere.
        let spans = Box::new(client.spans(&id).await.ok()?);
        Some(News::Spans { id, spans })
    })
    .await;
}

async fn help(client: Client, writes: watch::Receiver<(String, u32)>, news: mpsc::Sender<News>) {
    let client = &client;
    answer(writes, news, |(text, cursor)| async move {
        // Without help one can write a filter still; that nobody answers is said elsewhere.
        let help = client.filter(&text, cursor).await.ok()?;
        Some(News::Help { text, help })
    })
    .await;
}

async fn follow(client: Client, mut filters: watch::Receiver<String>, news: mpsc::Sender<News>) {
    let mut last = None;
    loop {
        let filter = filters.borrow_and_update().clone();
        let ended = tokio::select! {
            ended = follow_once(&client, &filter, &news, &mut last) => ended,
            _ = filters.changed() => {
                filters.mark_changed();
                last = None;
                continue;
            }
        };
        let what = match ended {
            Ok(()) => News::Lost("the inspector closed the connection".into()),
            Err(ClientError::Refused(problem)) if problem.at.is_some() => {
                News::Refused(problem.detail)
            }
            Err(e) => News::Lost(e.to_string()),
        };
        let refused = matches!(what, News::Refused(_));
        if news.send(what).await.is_err() {
            return;
        }
        tokio::select! {
            // What is not understood will not be either when it is asked again.
            () = tokio::time::sleep(RETRY), if !refused => {}
            changed = filters.changed() => match changed {
                Ok(()) => {
                    filters.mark_changed();
                    last = None;
                }
                Err(_) => return,
            }
        }
    }
}

/// Follows one connection to its end. What happens from the first moment on is in the stream, so that nothing is missed
/// between the page and it; what is in both comes twice, and the list knows.
async fn follow_once(
    client: &Client,
    filter: &str,
    news: &mpsc::Sender<News>,
    last: &mut Option<u64>,
) -> Result<(), ClientError> {
    let mut events = client.live_matching(filter, *last).await?;
    tell(news, page(client, filter).await?).await;
    while let Some(event) = events.next().await {
        let event = event?;
        *last = event.id.or(*last);
        let what = match event.event {
            LiveEvent::Lagged { .. } => page(client, filter).await?,
            event => News::Live(event),
        };
        tell(news, what).await;
    }
    Ok(())
}

async fn page(client: &Client, filter: &str) -> Result<News, ClientError> {
    let apps = client.apps().await?;
    let list = List {
        limit: Some(PAGE),
        filter,
        ..List::default()
    };
    let page = client.list(&list).await?;
    Ok(News::Connected {
        filter: filter.to_owned(),
        matched: page.matched,
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
