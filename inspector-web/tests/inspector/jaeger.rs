use crate::fixture::{RUN, cycle};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use onionskin::spans::{Batch, Options, TraceId, encode, to_json, trace_of, without_bodies};
use onionskin_web::jaeger::{Jaeger, JaegerError, Search};
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};

/// What a later Jaeger makes of a trace that it is asked for: events by name (here backwards too), lists that are empty
/// without their values, an end that was not after its start one nanosecond later and a warning for it, a `resourceSpans` for
/// each span, newest first, and some of them twice.
fn as_it_comes_back(spans: &Value) -> Value {
    let span = |span: &Value| {
        let mut span = span.clone();
        let events = span["events"].as_array_mut().unwrap();
        events.sort_by_key(|event| event["name"].as_str().unwrap_or_default().to_owned());
        events.reverse();
        let end: u64 = span["endTimeUnixNano"].as_str().unwrap().parse().unwrap();
        span["endTimeUnixNano"] = (end + 1).to_string().into();
        let more = [
            json!({ "key": "list", "value": { "arrayValue": {} } }),
            json!({ "key": "@jaeger@warnings", "value": { "arrayValue": { "values": [{ "stringValue": "end before start" }] } } }),
        ];
        span["attributes"].as_array_mut().unwrap().extend(more);
        json!({ "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }] },
                "scopeSpans": [{ "scope": {}, "spans": [span] }] })
    };
    let all = spans["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
    let mut all: Vec<Value> = all.unwrap().iter().map(span).collect();
    all.push(all[0].clone());
    all.reverse();
    json!({ "result": { "resourceSpans": all } })
}

/// A Jaeger of the 2.20 line with these traces. It knows parameters in camel case only.
async fn later(traces: HashMap<TraceId, Value>) -> String {
    type Traces = State<HashMap<TraceId, Value>>;
    async fn one(
        State(traces): Traces,
        Path(id): Path<String>,
        query: Query<HashMap<String, String>>,
    ) -> Response {
        assert_eq!(query["rawTraces"], "true");
        match traces
            .into_iter()
            .find(|(known, _)| known.to_string() == id)
        {
            Some((_, trace)) => Json(trace).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
    async fn search(State(traces): Traces, query: Query<HashMap<String, String>>) -> Response {
        let all = [
            "query.serviceName",
            "query.startTimeMin",
            "query.startTimeMax",
        ];
        if !all.iter().all(|name| query.contains_key(*name)) {
            return (StatusCode::BAD_REQUEST, "required").into_response();
        }
        if query["query.serviceName"] != "shop" || traces.is_empty() {
            return (StatusCode::NOT_FOUND, "No traces found").into_response();
        }
        let lists =
            traces.into_values().flat_map(|mut trace| {
                match trace["result"]["resourceSpans"].take() {
                    Value::Array(list) => list,
                    other => panic!("{other}"),
                }
            });
        Json(json!({ "result": { "resourceSpans": lists.collect::<Vec<_>>() } })).into_response()
    }
    let app = Router::new()
        .route("/api/v3/traces/{id}", get(one))
        .route("/api/v3/traces", get(search))
        .route(
            "/api/v3/services",
            get(async || Json(json!({ "services": ["shop"] }))),
        )
        .fallback(async || ([(header::CONTENT_TYPE, "text/html")], "<html>Jaeger UI"))
        .with_state(traces);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn cycles_come_back_equal_from_a_later_jaeger_that_rearranges_them() {
    let cycles: Vec<_> = (1..=3).map(|number| cycle(RUN, number)).collect();
    let traces = cycles.iter().map(|cycle| {
        let batch = Batch {
            resource: Vec::new(),
            spans: encode(cycle, &Options::default()),
        };
        (trace_of(cycle).0, as_it_comes_back(&to_json(&[batch])))
    });
    let jaeger = Jaeger::new(&later(traces.collect()).await).unwrap();
    for original in &cycles {
        let trace = jaeger
            .whole_trace(trace_of(original).0, Duration::ZERO)
            .await;
        let mut found = trace.unwrap().unwrap().cycles();
        assert_eq!(found.len(), 1);
        assert_eq!(found.remove(0).cycle.unwrap(), without_bodies(original));
    }
    let all = jaeger.search(&Search::default()).await.unwrap();
    assert_eq!(all.len(), 3, "merged traces are taken apart");
    assert!(all.iter().all(|trace| trace.cycles()[0].cycle.is_ok()));
    assert!(jaeger.trace(TraceId([8; 16])).await.unwrap().is_none());
}

#[tokio::test]
async fn none_found_is_no_error_and_a_page_is_no_answer() {
    let url = later(HashMap::new()).await;
    let jaeger = Jaeger::new(&url).unwrap();
    assert!(jaeger.search(&Search::default()).await.unwrap().is_empty());
    // Somebody who answers all paths with a page.
    let elsewhere = Jaeger::new(&format!("{url}/ui")).unwrap();
    let error = elsewhere.services().await.unwrap_err();
    assert!(matches!(error, JaegerError::Strange { .. }), "{error}");
}
