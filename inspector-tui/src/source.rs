//! Asks the inspector, in tasks of its own: one follows what happens live, one knows what can be written in a filter, one has
//! things done, and one for each question of a screen.

mod export;
mod orders;

pub(crate) use orders::Order;

use crate::{
    ask::{Answer, Failure, Question},
    event::News,
};
use futures_util::StreamExt;
use onionskin_web::{
    Client,
    client::{ClientError, List},
    export::Format,
    model::LiveEvent,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

/// Cycles listed at start.
const PAGE: usize = 500;
/// How long to wait before an inspector that did not answer is asked again: at first, and at most.
const RETRY: Duration = Duration::from_secs(1);
const SLOWEST: Duration = Duration::from_secs(8);
/// A connection that held so long was a good one.
const HELD: Duration = Duration::from_secs(10);

/// What asks the inspector. It ends when dropped.
#[derive(Debug)]
pub struct Source {
    client: Client,
    news: mpsc::Sender<News>,
    orders: mpsc::Sender<Order>,
    filter: watch::Sender<String>,
    written: watch::Sender<(String, u32)>,
    tasks: JoinSet<()>,
}

impl Source {
    /// Starts on the current tokio runtime, and says what it learns.
    pub fn start(client: Client, news: mpsc::Sender<News>) -> Self {
        let (orders, ordered) = mpsc::channel(1);
        let (filter, filters) = watch::channel(String::new());
        let (written, writes) = watch::channel(<_>::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(orders::run(client.clone(), ordered, news.clone()));
        tasks.spawn(help(client.clone(), writes, news.clone()));
        tasks.spawn(follow(client.clone(), filters, news.clone()));
        Self {
            client,
            news,
            orders,
            filter,
            written,
            tasks,
        }
    }

    /// Has something done; while one waits its turn, no more is taken.
    pub(crate) fn order(&self, order: Order) {
        let _ = self.orders.try_send(order);
    }

    /// Asks a question of a screen.
    pub fn ask(&mut self, question: Question) {
        let (client, news) = (self.client.clone(), self.news.clone());
        self.spawn(async move {
            let result = answer_of(&client, &question).await;
            tell(&news, News::Answered { question, result }).await;
        });
    }

    /// Asks for a cycle as a command for curl.
    pub(crate) fn curl(&mut self, id: String) {
        let (client, news) = (self.client.clone(), self.news.clone());
        self.spawn(async move {
            let bytes = client.export_cycle(&id, Format::Curl, false).await;
            let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            tell(&news, News::Curl(text.map_err(|e| e.to_string()))).await;
        });
    }

    /// Writes a cycle into a file.
    pub(crate) fn export(&mut self, id: String, format: Format) {
        let (client, news) = (self.client.clone(), self.news.clone());
        self.spawn(async move {
            let said = export::run(&client, id, format).await;
            tell(&news, News::Exported(said)).await;
        });
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        // Those that ended are let go.
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(task);
    }

    /// Lists and follows only cycles that match.
    pub fn filter(&self, filter: String) {
        self.filter.send_replace(filter);
    }

    /// Asks what can be written in a filter at a cursor.
    pub fn complete(&self, text: String, cursor: u32) {
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

async fn answer_of(client: &Client, question: &Question) -> Result<Answer, Failure> {
    let answer = match question {
        Question::Timeline { id } => {
            let timeline = client.timeline(id).await;
            timeline.map(|t| Answer::Timeline(Arc::new(t)))
        }
        Question::Step { id, step } => {
            let view = client.step(id, *step).await;
            view.map(|view| Answer::Step(Arc::new(view)))
        }
        Question::Body {
            id,
            number,
            options,
        } => {
            let view = client.body_view(id, *number, *options).await;
            view.map(|view| Answer::Body(Arc::new(view)))
        }
        Question::Spans { id } => {
            let spans = client.spans(id).await;
            spans.map(|s| Answer::Spans(Arc::new(s)))
        }
        Question::Insights { id } => {
            let insights = client.insights(id).await;
            insights.map(|i| Answer::Insights(Arc::new(i)))
        }
        Question::Compare { a, b } => {
            let comparison = client.compare(a, b).await;
            comparison.map(|c| Answer::Compare(Arc::new(c)))
        }
        Question::Map { run, filter } => {
            let map = client.map(run, filter).await;
            map.map(|map| Answer::Map(Arc::new(map)))
        }
        Question::RunInsights { run, filter } => {
            let insights = client.run_insights(run, filter).await;
            insights.map(|i| Answer::RunInsights(Arc::new(i)))
        }
        Question::Status => client.status().await.map(|s| Answer::Status(Arc::new(s))),
        Question::Apps => client.apps().await.map(|a| Answer::Apps(Arc::new(a))),
    };
    answer.map_err(|error| match error {
        // It knows why: the cycle is gone, the filter is wrong.
        ClientError::Refused(problem) if problem.status < 500 => Failure {
            passing: false,
            why: problem.detail,
        },
        error => Failure {
            passing: true,
            why: error.to_string(),
        },
    })
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
    let mut wait = RETRY;
    loop {
        let filter = filters.borrow_and_update().clone();
        let begun = Instant::now();
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
        // What broke at once will break again.
        if begun.elapsed() > HELD {
            wait = RETRY;
        }
        if news.send(what).await.is_err() {
            return;
        }
        tokio::select! {
            // What is not understood will not be either when it is asked again.
            () = tokio::time::sleep(wait), if !refused => wait = SLOWEST.min(wait * 2),
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
