//! What happens inside a view: spans, statements, templates, requests to others, errors, each with its time.

use super::ask;
use crate::served::Served;
use diesel::prelude::*;
use onionskin::{
    Cause, Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
    testing::Recorded,
    wire::{MarkKind, Stage},
};
use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};
use tower::ServiceExt as _;
use tracing::{Instrument as _, field::Empty, info, info_span, level_filters::LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;

/// Listens on this thread.
pub(super) fn listening() -> tracing::subscriber::DefaultGuard {
    // While there is one subscriber alone, tracing asks whoever meets a span first whether it is wanted, for good: that may be
    // the thread of another test, which does not listen.
    static ANOTHER: LazyLock<tracing::Dispatch> =
        LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));
    LazyLock::force(&ANOTHER);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(onionskin::log_layer()))
}

fn marks(cycle: &Recorded) -> Vec<&MarkKind> {
    let own = |m: &&MarkKind| !matches!(m, MarkKind::BodyFrame { .. });
    cycle.marks.iter().map(|m| &m.what).filter(own).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn spans_have_their_fields_and_their_time() {
    let _listening = listening();
    let view = || async {
        let span = info_span!("shelve", book = 7, title = "?", token = "s3cr3t");
        async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            info!("in it");
            tracing::Span::current().record("title", "The Hobbit");
        }
        .instrument(span)
        .await;
    };
    let (_, cycle) = ask(
        Router::new().route("/conn", get(view)),
        "GET /conn HTTP/1.1",
        b"",
    )
    .await;
    let [
        MarkKind::Log { message, .. },
        MarkKind::Span {
            name,
            fields,
            elapsed_ns,
            busy_ns,
            ..
        },
    ] = marks(&cycle)[..]
    else {
        panic!("{:#?}", cycle.marks);
    };
    assert_eq!((&**message, &**name), ("in it", "shelve"));
    let shown: Vec<_> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(shown[..2], [("book", "7"), ("title", "The Hobbit")]);
    assert!(shown[2].1.starts_with("[redacted #"), "{shown:?}");
    assert!(*elapsed_ns >= 30_000_000, "{elapsed_ns}");
    assert!(
        *busy_ns > 0 && *busy_ns < *elapsed_ns,
        "{busy_ns} of {elapsed_ns}"
    );
    let view = cycle
        .steps
        .iter()
        .find(|s| s.stage == onionskin::wire::Stage::View)
        .unwrap();
    assert!(cycle.marks.iter().all(|m| m.inside == Some(view.seq)));
    assert!(
        cycle
            .to_string()
            .contains("· span suite::view::marks shelve book=7"),
        "{cycle}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_to_another_server_is_shown_as_one() {
    let _listening = listening();
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = other.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut client, _) = other.accept().await.unwrap();
        let _ = client.read(&mut [0; 1024]).await;
        let _ = client
            .write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")
            .await;
    });
    let view = move || async move {
        // As reqwest-tracing and OpenTelemetry's conventions have it.
        let span = info_span!(
            "HTTP request",
            otel.kind = "client",
            http.request.method = "GET",
            url.full = %format_args!("http://{at}/stock?page=1&api_key=s3cr3t"),
            http.response.status_code = Empty,
        );
        let call = async {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let mut socket = tokio::net::TcpStream::connect(at).await.unwrap();
            socket
                .write_all(b"GET /stock HTTP/1.1\r\nhost: x\r\n\r\n")
                .await
                .unwrap();
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).await.unwrap();
            let status = std::str::from_utf8(&answer[9..]).unwrap();
            tracing::Span::current()
                .record("http.response.status_code", status.parse::<u16>().unwrap());
        };
        call.instrument(span).await;
    };
    let (_, cycle) = ask(
        Router::new().route("/conn", get(view)),
        "GET /conn HTTP/1.1",
        b"",
    )
    .await;
    let [
        MarkKind::Call {
            method,
            url,
            status,
            elapsed_ns,
            ..
        },
    ] = marks(&cycle)[..]
    else {
        panic!("{:#?}", cycle.marks);
    };
    assert_eq!((&**method, *status), ("GET", Some(503)));
    assert!(url.contains("/stock?page=1&api_key=[redacted #"), "{url}");
    assert!(*elapsed_ns > 0);
    let said = format!("· call GET http://{at}/stock?page=1&api_key=[redacted");
    assert!(cycle.to_string().contains(&said), "{cycle}");
}

#[tokio::test(flavor = "current_thread")]
async fn templates_are_shown_with_and_without_a_subscriber() {
    let view = || async {
        let page = onionskin::template("book.html", || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(5) {}
            "<h1>The Hobbit</h1>"
        });
        info_span!("render", template.name = "footer.html").in_scope(|| {});
        page
    };
    let app = Router::new().route("/conn", get(view));
    let (answer, cycle) = ask(app.clone(), "GET /conn HTTP/1.1", b"").await;
    assert!(answer.ends_with("<h1>The Hobbit</h1>"));
    let [MarkKind::Template { name, elapsed_ns }] = marks(&cycle)[..] else {
        panic!("{:#?}", cycle.marks);
    };
    assert_eq!(name, "book.html");
    assert!(*elapsed_ns >= 5_000_000, "{elapsed_ns}");
    let _listening = listening();
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let said = cycle.to_string();
    assert!(said.contains("· template book.html\n"), "{said}");
    assert!(said.contains("· template footer.html\n"), "{said}");
}

#[tokio::test(flavor = "current_thread")]
async fn statements_of_sqlx_are_told_from_its_events() {
    let _listening = listening();
    // As sqlx 0.9 says it of each statement.
    let view = || async {
        info!(
            target: "sqlx::query",
            summary = "SELECT title FROM …",
            db.statement = "SELECT title FROM books",
            rows_affected = 0_u64,
            rows_returned = 3_u64,
            elapsed_secs = 0.25_f64,
        );
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.sql(), ["SELECT title FROM books"]);
    let [
        MarkKind::Sql {
            rows, elapsed_ns, ..
        },
    ] = marks(&cycle)[..]
    else {
        panic!("{:#?}", cycle.marks);
    };
    assert_eq!((*rows, *elapsed_ns), (Some(3), Some(250_000_000)));
    let said = cycle.to_string();
    assert!(said.contains("· sql SELECT title FROM books"), "{said}");
}

fn count(connection: &mut SqliteConnection, least: i32) -> i32 {
    use diesel::{dsl::sql, sql_types::Integer};
    let one = diesel::select(sql::<Integer>("1 + ").bind::<Integer, _>(least));
    one.get_result(connection).unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn statements_of_diesel_are_seen_wherever_they_run() {
    let _listening = listening();
    diesel::connection::set_default_instrumentation(onionskin::diesel_instrumentation).unwrap();
    let here = || async {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE books (id INTEGER)")
            .execute(&mut connection)
            .unwrap();
        count(&mut connection, 41).to_string()
    };
    // On a thread of its own, with the span of the request. The subscriber is this test's and not the process's, so it goes
    // along too.
    let there = || async {
        let span = tracing::Span::current();
        let listening = tracing::dispatcher::get_default(Clone::clone);
        let count = || count(&mut SqliteConnection::establish(":memory:").unwrap(), 1);
        let work = move || tracing::dispatcher::with_default(&listening, || span.in_scope(count));
        tokio::task::spawn_blocking(work).await.unwrap().to_string()
    };
    let app = Router::new()
        .route("/conn/here", get(here))
        .route("/conn/there", get(there));
    let statements = |cycle: &Recorded| {
        let sql = cycle.marks.iter().filter_map(|m| match &m.what {
            MarkKind::Sql {
                statement,
                elapsed_ns,
                ..
            } => {
                assert!(elapsed_ns.is_some_and(|ns| ns > 0));
                Some(statement.clone())
            }
            _ => None,
        });
        sql.collect::<Vec<_>>()
    };
    let (answer, cycle) = ask(app.clone(), "GET /conn/here HTTP/1.1", b"").await;
    assert!(answer.ends_with("42"), "{answer}");
    let all = statements(&cycle);
    assert!(
        all.contains(&"CREATE TABLE books (id INTEGER)".to_owned()),
        "{all:?}"
    );
    let select = all.last().unwrap();
    assert!(select.starts_with("SELECT 1 + ?"), "{all:?}");
    assert!(
        !select.contains("41"),
        "bound values are not kept: {select}"
    );
    assert_eq!(cycle.summary().sql, all.len() as u64);
    assert!(cycle.to_string().contains("· sql SELECT 1 + ?"), "{cycle}");

    let (answer, cycle) = ask(app, "GET /conn/there HTTP/1.1", b"").await;
    assert!(answer.ends_with('2'), "{answer}");
    let all = statements(&cycle);
    assert!(
        all.iter().any(|sql| sql.starts_with("SELECT 1 + ?")),
        "{all:?}"
    );
}

#[tokio::test]
async fn statements_that_are_on_their_way_at_once_are_seen_each() {
    use diesel::{connection::InstrumentationEvent as Event, debug_query, sqlite::Sqlite};
    let view = || async {
        let mut heard = onionskin::diesel_instrumentation().unwrap();
        let [books, authors] = [7, 8].map(|n| {
            diesel::select(
                diesel::dsl::sql::<diesel::sql_types::Integer>("1 + ")
                    .bind::<diesel::sql_types::Integer, _>(n),
            )
        });
        let authors = authors.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("2 > 1"));
        let (books, authors) = (
            debug_query::<Sqlite, _>(&books),
            debug_query::<Sqlite, _>(&authors),
        );
        heard.on_connection_event(Event::start_query(&books));
        tokio::time::sleep(Duration::from_millis(20)).await;
        heard.on_connection_event(Event::start_query(&authors));
        for finished in [
            &books as &dyn diesel::connection::DebugQuery,
            &authors,
            &books,
        ] {
            heard.on_connection_event(Event::finish_query(finished, None));
        }
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let all = marks(&cycle);
    let [books, authors] = all[..] else {
        panic!("{cycle}");
    };
    let MarkKind::Sql {
        statement,
        elapsed_ns: Some(20_000_000..),
        ..
    } = books
    else {
        panic!("{books:?}");
    };
    assert_eq!(statement, "SELECT 1 + ?");
    assert!(
        matches!(authors, MarkKind::Sql { statement, .. } if statement == "SELECT 1 + ? WHERE 2 > 1"),
        "{authors:?}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn records_of_a_finer_level_are_left_out_on_demand() {
    let _listening = listening();
    let layer = onionskin::log_layer().with_max_level(LevelFilter::INFO);
    let subscriber = tracing_subscriber::registry().with(layer);
    let _fewer = tracing::subscriber::set_default(subscriber);
    let view = || async {
        tracing::debug!("a detail");
        info!("news");
        tracing::debug!(target: "sqlx::query", summary = "SELECT 1", elapsed_secs = 0.1);
        tracing::info_span!("span").in_scope(|| tracing::trace!("a finer one"));
        tracing::trace_span!("fine").in_scope(|| ());
        tracing::debug_span!("page", template.name = "book.html").in_scope(|| ());
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let all = marks(&cycle);
    let [
        MarkKind::Log { message, .. },
        MarkKind::Sql { .. },
        MarkKind::Span { name, .. },
        MarkKind::Template { .. },
    ] = all[..]
    else {
        panic!("{all:?}");
    };
    assert_eq!((&**message, &**name), ("news", "span"));
}

#[tokio::test(flavor = "current_thread")]
async fn what_comes_from_the_log_crate_has_its_own_target() {
    let _listening = listening();
    // As tracing-log writes it.
    let view = || async {
        tracing::info!(
            target: "log",
            message = "ready",
            log.target = "tokio_postgres",
            log.module_path = "tokio_postgres::query",
            log.file = "query.rs",
            log.line = 7
        );
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let said = cycle.to_string();
    assert!(
        said.contains("· log INFO tokio_postgres: ready\n"),
        "{said}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn secrets_in_events_and_in_what_takes_a_while_are_masked() {
    let _listening = listening();
    let view = || async {
        info!(
            token = "canary",
            note = "Bearer canary-0123456",
            "sent Bearer canary-0123456"
        );
        onionskin::template("Bearer canary-0123456", || ());
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let marks = format!("{:?}", marks(&cycle));
    assert_eq!(marks.matches("[redacted #").count(), 4, "{marks}");
    assert!(!marks.contains("canary"), "{marks}");
}

#[tokio::test(flavor = "current_thread")]
async fn events_have_their_level() {
    let _listening = listening();
    let view = || async {
        tracing::error!("1");
        tracing::warn!("2");
        tracing::info!("3");
        tracing::debug!("4");
        tracing::trace!("5");
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let levels: Vec<_> = marks(&cycle)
        .into_iter()
        .filter_map(|mark| match mark {
            MarkKind::Log { level, target, .. } if target.ends_with("marks") => Some(&**level),
            _ => None,
        })
        .collect();
    assert_eq!(levels, ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]);
}

#[tokio::test]
async fn the_chain_of_an_error_is_shown_whatever_it_is_kept_in() {
    fn answer(cause: Cause) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(cause);
        response
    }
    fn error() -> std::io::Error {
        std::io::Error::other("twelve".parse::<i64>().unwrap_err())
    }
    #[derive(Debug)]
    struct Outer(std::io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the shelf is gone")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let shared = || async {
        let error: Arc<dyn std::error::Error + Send + Sync> = Arc::new(Outer(error()));
        answer(Cause::from(error))
    };
    let boxed = || async {
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(Outer(error()));
        answer(Cause::from(error))
    };
    let app = Router::new()
        .route(
            "/conn/plain",
            get(|| async { answer(Cause::new(Outer(error()))) }),
        )
        .route("/conn/shared", get(shared))
        .route("/conn/boxed", get(boxed));
    for path in ["plain", "shared", "boxed"] {
        let head = format!("GET /conn/{path} HTTP/1.1");
        let (_, cycle) = ask(app.clone(), &head, b"").await;
        let said = "· error: the shelf is gone, because: invalid digit found in string";
        assert!(cycle.to_string().contains(said), "{cycle}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn busy_and_idle_are_told_apart() {
    let view = || async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(20) {}
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    let mut served = Served::start(Router::new().route("/conn", get(view))).await;
    super::exchange(&mut served, "GET /conn HTTP/1.1", b"").await;
    let cycle = served.cycle().await;
    let rows = onionskin::times::rows(&cycle);
    let view = rows
        .iter()
        .find(|r| r.stage == onionskin::wire::Stage::View)
        .unwrap();
    assert!(view.times.busy_ns() >= 20_000_000, "{:?}", view.times);
    // On a busy machine some of that passes before the task is seen to wait.
    assert!(view.times.idle_ns >= 100_000_000, "{:?}", view.times);
    let said = onionskin::text::timeline(&cycle).to_string();
    assert!(said.contains("(busy "), "{said}");
    // Its own cost is a figure of its own, and in no stage's time.
    assert!(cycle.cost_ns > 0);
    let own: u64 = rows.iter().map(|r| r.times.own_ns()).sum();
    assert!(own + cycle.cost_ns <= cycle.duration_ns);
    assert!(said.contains("recording itself took "), "{said}");
}

#[tokio::test(flavor = "current_thread")]
async fn what_another_task_logs_in_the_span_of_a_request_is_inside_of_what_waits_for_it() {
    let _listening = listening();
    let view = || async {
        let elsewhere = async { info!("on a task of its own") };
        tokio::spawn(elsewhere.in_current_span()).await.unwrap();
    };
    async fn around(request: Request, next: Next) -> Response {
        next.run(request).await
    }
    let app = Router::new()
        .route("/conn", get(view))
        .layer(from_fn(around));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    eprintln!("{cycle}\n{:#?}", cycle.marks);
    let mut logs = cycle.marks.iter();
    let log = logs.find(|m| matches!(m.what, MarkKind::Log { .. }));
    let inside = &cycle.steps[log.unwrap().inside.unwrap() as usize];
    assert_eq!(inside.stage, Stage::View, "{cycle}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_that_a_view_sends_to_an_app_of_its_own_is_a_cycle_of_its_own() {
    let inner = Router::new().route("/conn/inner", get(|| async { "inner" }));
    let view = || async move {
        let request = Request::get("/conn/inner").body(Body::empty()).unwrap();
        inner.oneshot(request).await
    };
    let served = {
        let app = Router::new().route("/conn", get(view));
        let mut served = Served::start(app).await;
        let answer = super::exchange(&mut served, "GET /conn HTTP/1.1", b"").await;
        assert!(answer.ends_with("inner"), "{answer}");
        served
    };
    let cycles = served.cycles(2).await;
    let told: Vec<_> = cycles
        .iter()
        .map(|c| (&*c.target, c.steps[0].stage))
        .collect();
    let expected = [("/conn", Stage::Parse), ("/conn/inner", Stage::Resolve)];
    assert_eq!(told, expected);
    let resolves = |c: &Recorded| c.steps.iter().filter(|s| s.stage == Stage::Resolve).count();
    assert_eq!(resolves(&cycles[0]), resolves(&cycles[1]));
}
