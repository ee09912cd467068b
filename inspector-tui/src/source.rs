//! Asks the inspector, in tasks of its own: one follows what happens live, one knows what can be written in a filter, one has
//! things done, and one for each question of a screen.

mod export;
mod newest;
mod orders;

use newest::newest;
pub(crate) use orders::Order;

use crate::{
    ask::{Answer, Failure, Question},
    event::{Document, News, Reader},
    picture::Graphics,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures_util::{FutureExt, StreamExt};
use onionskin_web::{
    Client,
    client::ClientError,
    export::Format,
    model::{Content, ContentKind, LiveEvent},
    view::BodyOptions,
};
use ratatui::layout::Size;
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

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
    graphics: Option<Graphics>,
    orders: mpsc::Sender<Order>,
    filter: watch::Sender<String>,
    written: watch::Sender<(String, u32)>,
    tasks: JoinSet<()>,
}

impl Source {
    /// Starts on the current tokio runtime, and says what it learns.
    pub fn start(client: Client, news: mpsc::Sender<News>) -> Self {
        Self::with_graphics(client, news, None)
    }

    /// As [`Source::start`]; images are drawn if there are graphics.
    pub(crate) fn with_graphics(
        client: Client,
        news: mpsc::Sender<News>,
        graphics: Option<Graphics>,
    ) -> Self {
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
            graphics,
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
        let (client, graphics) = (self.client.clone(), self.graphics.clone());
        let asked = question.clone();
        self.answered(question, async move {
            answer_with(&client, graphics, &asked).await
        });
    }

    /// Says what became of a question in any case: it would stay open otherwise.
    fn answered(
        &mut self,
        question: Question,
        answer: impl Future<Output = Result<Answer, Failure>> + Send + 'static,
    ) {
        let news = self.news.clone();
        self.spawn(async move {
            let caught = AssertUnwindSafe(answer).catch_unwind().await;
            let result = caught.unwrap_or_else(|_| {
                Err(Failure {
                    why: "asking failed; this is a bug of onionskin's".into(),
                    passing: true,
                })
            });
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

    /// Asks for the bytes of a body, for a program that is to show them.
    pub(crate) fn bytes(
        &mut self,
        reader: Reader,
        (id, number): (String, usize),
        encoded: bool,
        ending: &'static str,
    ) {
        let (client, news) = (self.client.clone(), self.news.clone());
        self.spawn(async move {
            let bytes = bytes(&client, &id, number, encoded).await;
            let document = bytes.map(|bytes| Document { bytes, ending });
            tell(&news, News::Body(reader, document)).await;
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
        // The same again is no reason to ask anew.
        self.filter.send_if_modified(|wanted| {
            let differs = *wanted != filter;
            *wanted = filter;
            differs
        });
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

/// Asks the inspector a question of a screen; images are not drawn.
///
/// # Errors
/// If it does not answer, or has no answer.
pub async fn answer_of(client: &Client, question: &Question) -> Result<Answer, Failure> {
    answer_with(client, None, question).await
}

async fn answer_with(
    client: &Client,
    graphics: Option<Graphics>,
    question: &Question,
) -> Result<Answer, Failure> {
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
        Question::Picture {
            id,
            number,
            encoded,
            room,
        } => {
            let bytes = bytes(client, id, *number, *encoded).await;
            // What can't be drawn is the same image when it is asked for again.
            let passing = bytes.is_err();
            let picture = picture(graphics, bytes, *room).await;
            return picture.map_err(|why| Failure { why, passing });
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

/// What a view shows of a body, masked where that is masked: as an image it has all of the bytes.
async fn bytes(client: &Client, id: &str, number: usize, encoded: bool) -> Result<Vec<u8>, String> {
    let options = BodyOptions {
        kind: Some(ContentKind::Image),
        encoded,
        against: None,
    };
    let view = client.body_view(id, number, options).await;
    match view.map_err(|error| error.to_string())?.content {
        Content::Image { base64, .. } if !base64.is_empty() => {
            BASE64.decode(base64).map_err(|e| e.to_string())
        }
        _ => Err("nothing of it is kept".into()),
    }
}

async fn picture(
    graphics: Option<Graphics>,
    bytes: Result<Vec<u8>, String>,
    (columns, lines): (u16, u16),
) -> Result<Answer, String> {
    let (graphics, bytes) = (graphics.ok_or("there are none here")?, bytes?);
    let room = Size::new(columns, lines);
    let draw = move || graphics.picture(&bytes, room);
    let picture = tokio::task::spawn_blocking(draw).await;
    let picture = picture.map_err(|error| error.to_string())??;
    Ok(Answer::Picture(Arc::new(picture)))
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
    let page = newest(client, filter, last).await?;
    tell(news, page).await;
    while let Some(event) = events.next().await {
        let event = event?;
        let what = match event.event {
            LiveEvent::Lagged { .. } => newest(client, filter, last).await?,
            event => News::Live(event),
        };
        *last = event.id.or(*last);
        tell(news, what).await;
    }
    Ok(())
}

async fn tell(news: &mpsc::Sender<News>, what: News) {
    // Nobody listens any more: this task is about to end.
    let _ = news.send(what).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Answers;
    use std::time::Instant;

    #[tokio::test]
    async fn a_question_whose_task_panics_counts_as_failed_and_is_asked_again() {
        let (news, mut heard) = mpsc::channel(16);
        let client = Client::new("http://127.0.0.1:1/#token=none").unwrap();
        let mut source = Source::start(client, news);
        let (mut answers, needs) = (Answers::default(), [Question::Status]);
        let question = answers.ask(&needs, 0, Instant::now()).remove(0);
        source.answered(question, async { panic!("a bug") });
        let answered = async {
            loop {
                if let News::Answered { question, result } = heard.recv().await.unwrap() {
                    return (question, result);
                }
            }
        };
        let patience = Duration::from_secs(30);
        let answered = tokio::time::timeout(patience, answered).await;
        let (question, result) = answered.expect("it stays open");
        answers.take(question, result, Instant::now());
        assert!(answers.ask(&needs, 0, Instant::now()).is_empty());
        let due = answers.due().unwrap();
        assert_eq!(answers.ask(&needs, 0, due), needs);
    }
}
