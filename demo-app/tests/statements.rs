//! Statements of a real sqlx on a real SQLite, in the cycle in which they run, as sqlx itself tells of them. A process of its
//! own: SQLite works on a thread of its own, so the subscriber has to be everybody's.
#![cfg(debug_assertions)]

use std::sync::{Arc, Mutex};

use axum::{body::Body, http::Request, testing, wire::MarkKind, wire::Stage};
use bookshop::shop::{self, ShopConfig};
use serde_json::Value;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// One event of sqlx.
#[derive(Clone, Debug, Default, PartialEq)]
struct Statement {
    summary: String,
    text: String,
    rows: u64,
    elapsed_secs: f64,
}

impl Visit for Statement {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed_secs = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.text = value.trim().to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// All that sqlx tells of.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<Statement>>>);

impl<S: Subscriber> Layer<S> for Witness {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            self.0.lock().unwrap().push(statement);
        }
    }
}

#[tokio::test]
async fn statements_their_rows_and_their_time_are_in_the_cycle_as_sqlx_tells_them() {
    let witness = Witness::default();
    let subscriber = tracing_subscriber::registry()
        .with(axum::log_layer())
        .with(witness.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = ShopConfig {
        port: 0,
        data_dir: folder.path().to_owned(),
        ..ShopConfig::default()
    };
    let (service, _db) = shop::service(config, Default::default()).await.unwrap();
    let request = Request::get("/api/books?q=the").body(Body::empty());
    let (response, cycle) = testing::run(service, request.unwrap()).await;
    let answer: Value = serde_json::from_slice(response.body()).unwrap();
    let books = answer["books"].as_array().unwrap().len() as u64;
    assert!(books > 1, "{answer}");

    let told = witness.0.lock().unwrap().clone();
    let shown: Vec<_> = cycle
        .marks
        .iter()
        .filter_map(|mark| match &mark.what {
            MarkKind::Sql {
                statement,
                rows,
                elapsed_ns,
            } => Some((mark, statement.trim(), rows.unwrap(), elapsed_ns.unwrap())),
            _ => None,
        })
        .collect();
    // The two of the view, of which the second gives the books of the answer.
    let of_view: Vec<_> = shown
        .iter()
        .filter(|(_, text, ..)| text.contains("FROM books"))
        .map(|(_, text, rows, _)| (text.split_whitespace().take(2).collect::<Vec<_>>(), *rows))
        .collect();
    assert_eq!(
        of_view,
        [
            (vec!["SELECT", "count(*)"], 1),
            (vec!["SELECT", "books.id,"], books),
        ],
        "{cycle}"
    );
    for (mark, text, rows, elapsed_ns) in &shown {
        // A short statement is its own summary.
        let same = told.iter().find(|told| {
            let whole = if told.text.is_empty() {
                &told.summary
            } else {
                &told.text
            };
            let nanos = (told.elapsed_secs * 1e9).round() as u64;
            (&**whole, told.rows, nanos) == (*text, *rows, *elapsed_ns)
        });
        assert!(same.is_some(), "{mark:?} is not among {told:#?}");
        // It ended when it was told, and took its time before that.
        assert!(*elapsed_ns <= mark.t_ns, "{mark:?}");
    }
    // No value is bound to them, and those of the view stand in it.
    assert!(
        shown.iter().all(|(_, text, ..)| !text.contains("'the'")),
        "{cycle}"
    );
    let inside = |mark: &axum::wire::Mark| {
        let step = cycle
            .steps
            .iter()
            .find(|step| Some(step.seq) == mark.inside)?;
        Some(step.stage)
    };
    let books = shown
        .iter()
        .filter(|(_, text, ..)| text.contains("FROM books"));
    for (mark, ..) in books {
        assert_eq!(inside(mark), Some(Stage::View), "{cycle}");
    }
}
