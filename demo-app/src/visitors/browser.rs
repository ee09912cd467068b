//! One visitor: an HTTP client with cookies and kept-alive connections, and a memory of where it was.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde_json::{Value, json};

use super::headers::{self, Use};
use super::kind::Kind;
use super::plan::Visit;
use crate::app::UPLOAD_LIMIT;
use crate::chance::Chance;
use crate::store::users::DEMO_PASSWORD;

/// The longest a visitor waits for anything.
const PATIENCE: Duration = Duration::from_secs(15);

/// When a visitor who has no time gives up on `/slow`.
const NO_TIME: Duration = Duration::from_millis(250);

/// How many events a visitor reads before leaving.
const EVENTS_READ: usize = 3;

/// How many of the seeded books visitors ask for; the shop has more.
const KNOWN_BOOKS: usize = 60;

const WORDS: &[&str] = &[
    "austen",
    "the",
    "holmes",
    "war",
    "time",
    "dickens",
    "love",
    "jules verne",
];
const READERS: &[&str] = &["ada", "ben", "chidi", "dana"];
const OPINIONS: &[&str] = &[
    "Read on a train, finished on a bench.",
    "The footnotes alone are worth the price.",
    "I would have ended it two chapters earlier.",
    "Lent by a friend; bought my own the next day.",
];
const COVERS: &[&[u8]] = &[
    include_bytes!("../../seed/covers/leaf.png"),
    include_bytes!("../../seed/covers/rose.png"),
    include_bytes!("../../seed/covers/sea.png"),
];

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Visited {
    /// What was planned.
    pub visit: Visit,
    /// What was asked for: path and query.
    pub path: String,
    /// What came of it.
    pub ending: Ending,
    /// From before sending to after the last byte that was read.
    pub took: Duration,
}

impl Visited {
    /// Did it end as its kind should?
    #[must_use]
    pub fn as_expected(&self) -> bool {
        match (&self.ending, self.visit.kind.spec().status) {
            (Ending::Answered(status), Some(expected)) => *status == expected,
            (Ending::Left, None) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Visited {
    /// `   12 #3 GET     /books/7                  200     3.1 ms`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Visit {
            number,
            visitor,
            kind,
            ..
        } = &self.visit;
        let spec = kind.spec();
        let method = spec.method.as_str();
        let ending = match &self.ending {
            Ending::Answered(status) => status.as_str().to_owned(),
            Ending::Left => String::from("left"),
            Ending::Failed(why) => format!("failed: {why}"),
        };
        let millis = self.took.as_secs_f64() * 1000.0;
        let path = &self.path;
        write!(
            f,
            "{number:>6} #{visitor:<2} {method:<7} {path:<32} {ending:<4} {millis:>8.1} ms"
        )
    }
}

/// How a request ended, as its visitor saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// With a whole response of this status.
    Answered(StatusCode),
    /// The visitor left before the end, on purpose.
    Left,
    /// With an error of the client: no connection, a cut response.
    Failed(String),
}

/// One visitor.
#[derive(Debug)]
pub(super) struct Browser {
    client: Client,
    root: String,
    api_key: String,
    last_page: String,
    /// The book it made over the API.
    created: Option<i64>,
}

impl Browser {
    pub(super) fn new(addr: SocketAddr, number: usize, api_key: &str) -> reqwest::Result<Self> {
        let client = Client::builder()
            .default_headers(headers::of_visitor(number))
            .cookie_store(true)
            .gzip(true)
            // Every request counts: a redirect that is followed is a visit of its own.
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            root: format!("http://{addr}"),
            api_key: api_key.to_owned(),
            last_page: String::from("/"),
            created: None,
        })
    }

    pub(super) async fn visit(&mut self, visit: Visit) -> Visited {
        let (path, request) = self.request(&visit);
        let started = Instant::now();
        let ending = match self.make(visit.kind, request).await {
            Ok(ending) => ending,
            Err(error) => Ending::Failed(format!("{error:#}")),
        };
        let took = started.elapsed();
        if matches!(use_of(visit.kind), Use::Page) {
            self.last_page.clone_from(&path);
        }
        Visited {
            visit,
            path,
            ending,
            took,
        }
    }

    /// Sends it, and reads as much of the answer as its kind does.
    async fn make(&mut self, kind: Kind, request: RequestBuilder) -> anyhow::Result<Ending> {
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if kind == Kind::SlowGivenUp && error.is_timeout() => {
                return Ok(Ending::Left);
            }
            Err(error) => return Err(error).context("no response"),
        };
        let status = response.status();
        match kind {
            Kind::ExportDropped => {
                response.chunk().await.context("no first row")?;
                return Ok(Ending::Left);
            }
            Kind::Events => {
                read_events(response).await?;
                return Ok(Ending::Left);
            }
            Kind::ApiCreate => {
                let book: Value = response.json().await.context("no book")?;
                self.created = book["id"].as_i64();
            }
            _ => {
                response.bytes().await.context("a cut response")?;
            }
        }
        Ok(Ending::Answered(status))
    }

    /// The request of a visit, not sent yet, and its path.
    fn request(&self, visit: &Visit) -> (String, RequestBuilder) {
        let mut chance = Chance::new(visit.choices);
        let path = self.path(visit.kind, &mut chance);
        let url = format!("{}{path}", self.root);
        let mut request = self.client.request(visit.kind.spec().method, url);
        for (name, value) in use_of(visit.kind).headers() {
            request = request.header(name, value);
        }
        request = request.header("referer", format!("{}{}", self.root, self.last_page));
        (path, self.fill(visit.kind, request, &mut chance))
    }

    fn path(&self, kind: Kind, chance: &mut Chance) -> String {
        let book = 1 + chance.below(KNOWN_BOOKS);
        match kind {
            Kind::BooksPage => format!("/books?page={}", 2 + chance.below(4)),
            Kind::BooksSlash => String::from("/books/"),
            Kind::Search => format!("/books?q={}", chance.pick(WORDS).replace(' ', "+")),
            Kind::BookMissing => String::from("/books/4040404"),
            Kind::BookMistyped => String::from("/books/the-raven"),
            Kind::SlowTimedOut => String::from("/slow?seconds=5"),
            Kind::SlowGivenUp => String::from("/slow?seconds=1"),
            Kind::ExportDropped => String::from("/export/books.csv?pause_ms=30"),
            Kind::ApiBookMissing => String::from("/api/books/4040404"),
            Kind::ApiUpdate | Kind::ApiDelete => {
                format!("/api/books/{}", self.created.unwrap_or(4_040_404))
            }
            Kind::NotFound => format!("/no-such-page/{book}"),
            _ => kind.route().replace("{id}", &book.to_string()),
        }
    }

    /// Adds the body, and what goes with it.
    fn fill(&self, kind: Kind, request: RequestBuilder, chance: &mut Chance) -> RequestBuilder {
        let reader = *chance.pick(READERS);
        match kind {
            Kind::SlowGivenUp => request.timeout(NO_TIME),
            Kind::Review => request.form(&[
                ("reader", reader),
                ("stars", *chance.pick(&["1", "3", "4", "4", "5", "5"])),
                ("body", *chance.pick(OPINIONS)),
            ]),
            Kind::ReviewInvalid => {
                request.form(&[("reader", reader), ("stars", "9"), ("body", "Meh")])
            }
            Kind::Login | Kind::LoginRefused => {
                let password = if kind == Kind::Login {
                    DEMO_PASSWORD
                } else {
                    "shallot"
                };
                let email = format!("{reader}@bookshop.example");
                request.form(&[("email", email.as_str()), ("password", password)])
            }
            Kind::CartAdd => {
                let book = 1 + chance.below(KNOWN_BOOKS);
                request.form(&[("book_id", book), ("quantity", 1 + chance.below(3))])
            }
            Kind::Upload => request.multipart(cover(chance, chance_cover)),
            Kind::UploadTooLarge => {
                request.multipart(cover(chance, |_| vec![0x89; UPLOAD_LIMIT + 20_000]))
            }
            Kind::ApiPreflight => request
                .header("origin", "http://stocktaker.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,x-api-key"),
            Kind::ApiCreate | Kind::ApiUpdate => {
                self.with_key(request).json(&new_book(kind, chance))
            }
            Kind::ApiInvalid => self
                .with_key(request)
                .json(&json!({ "title": "", "author": "Nobody", "price_pence": -5 })),
            Kind::ApiMalformed => self
                .with_key(request)
                .header("content-type", "application/json")
                .body("{\"title\": \"Half a bo"),
            Kind::ApiNoKey => request.json(&new_book(kind, chance)),
            Kind::ApiDelete => self.with_key(request),
            _ => request,
        }
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .header("x-api-key", &self.api_key)
            .header("origin", "http://stocktaker.example")
    }
}

/// Reads a few events and drops the rest.
async fn read_events(mut response: Response) -> anyhow::Result<()> {
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.context("the ticker broke off")? {
        text.extend_from_slice(&chunk);
        let events = text.windows(2).filter(|pair| *pair == b"\n\n").count();
        if events >= EVENTS_READ {
            return Ok(());
        }
    }
    anyhow::bail!("the ticker ended by itself")
}

fn chance_cover(chance: &mut Chance) -> Vec<u8> {
    chance.pick(COVERS).to_vec()
}

/// The upload form with a picture.
fn cover(
    chance: &mut Chance,
    picture: impl FnOnce(&mut Chance) -> Vec<u8>,
) -> reqwest::multipart::Form {
    let book = 1 + chance.below(KNOWN_BOOKS);
    let part = reqwest::multipart::Part::bytes(picture(chance)).file_name("cover.png");
    reqwest::multipart::Form::new()
        .text("book_id", book.to_string())
        .part("cover", part)
}

/// A book as the API takes it.
fn new_book(kind: Kind, chance: &mut Chance) -> Value {
    let volume = 2 + chance.below(90);
    json!({
        "title": format!("Collected Letters, vol. {volume}"),
        "author": "Ada Lovelace",
        "category": "lives",
        "year": 1843 + chance.below(9),
        "price_pence": if kind == Kind::ApiUpdate { 1250 } else { 1400 },
        "stock": 3,
        "blurb": "On engines, music and the imagination.",
    })
}

fn use_of(kind: Kind) -> Use {
    match kind {
        Kind::Styles => Use::Style,
        Kind::Events => Use::Events,
        Kind::Health => Use::Fetch,
        _ if kind.route().starts_with("/api/") => Use::Fetch,
        _ => Use::Page,
    }
}
