//! OTLP JSON, as OpenTelemetry writes it and as Jaeger answers with it.
//!
//! Reading takes what real writers give: whole numbers as numbers or as text, enums by number or by name, ids in
//! hexadecimal digits or in base64, lists that are empty, fields that are missing or new.

use super::{Attribute, Batch, Event, Kind, Span, SpanId, Status, TraceId, Value};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use std::fmt;

/// Why JSON is not OTLP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not OTLP JSON: {}", self.0)
    }
}

impl std::error::Error for JsonError {}

/// Name of what made the spans.
const SCOPE: &str = "onionskin";

/// `TracesData`: what Jaeger's upload, otel-tui and `POST /v1/traces` take.
pub fn to_json(batches: &[Batch]) -> Json {
    let batch = |batch: &Batch| {
        let spans: Vec<Json> = batch.spans.iter().map(span_to_json).collect();
        json!({
            "resource": { "attributes": attributes_to_json(&batch.resource) },
            "scopeSpans": [{
                "scope": { "name": SCOPE, "version": env!("CARGO_PKG_VERSION") },
                "spans": spans,
            }],
        })
    };
    json!({ "resourceSpans": batches.iter().map(batch).collect::<Vec<_>>() })
}

fn span_to_json(span: &Span) -> Json {
    let event = |event: &Event| {
        json!({
            "timeUnixNano": event.time.to_string(),
            "name": event.name,
            "attributes": attributes_to_json(&event.attributes),
        })
    };
    let mut json = json!({
        "traceId": span.trace.to_string(),
        "spanId": span.id.to_string(),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes_to_json(&span.attributes),
        "events": span.events.iter().map(event).collect::<Vec<_>>(),
        "status": match &span.status {
            Status::Unset => json!({}),
            Status::Ok => json!({ "code": 1 }),
            Status::Error { message } => json!({ "code": 2, "message": message }),
        },
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = parent.to_string().into();
    }
    if !span.state.is_empty() {
        json["traceState"] = span.state.as_str().into();
    }
    json
}

fn attributes_to_json(attributes: &[Attribute]) -> Json {
    let one = |a: &Attribute| {
        let value = match &a.value {
            Value::Bool(v) => json!({ "boolValue": v }),
            Value::Int(v) => json!({ "intValue": v.to_string() }),
            // JSON has no number for what is none.
            Value::Double(v) if !v.is_finite() => json!({ "doubleValue": name_of(*v) }),
            Value::Double(v) => json!({ "doubleValue": v }),
            Value::Text(v) => json!({ "stringValue": v }),
        };
        json!({ "key": a.key, "value": value })
    };
    attributes.iter().map(one).collect()
}

/// What protobuf's JSON writes for it.
fn name_of(number: f64) -> &'static str {
    match number {
        n if n.is_nan() => "NaN",
        n if n > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// Reads `TracesData`, also inside a `result`, as Jaeger's gRPC gateway wraps it.
///
/// # Errors
/// If it is not that.
pub fn from_json(json: &Json) -> Result<Vec<Batch>, JsonError> {
    let data = json.get("result").unwrap_or(json);
    if !data.is_object() {
        return Err(JsonError("an object is wanted".into()));
    }
    let mut batches = Vec::new();
    for resource in list(data, "resourceSpans")? {
        let attributes = resource
            .get("resource")
            .map(attributes_from_json)
            .transpose()?;
        let mut spans = Vec::new();
        for scope in list(resource, "scopeSpans")? {
            for one in list(scope, "spans")? {
                spans.push(span_from_json(one)?);
            }
        }
        batches.push(Batch {
            resource: attributes.unwrap_or_default(),
            spans,
        });
    }
    Ok(batches)
}

/// The elements of a list; none if it is missing or null.
fn list<'a>(of: &'a Json, name: &str) -> Result<&'a [Json], JsonError> {
    match of.get(name) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(all)) => Ok(all),
        Some(_) => Err(JsonError(format!("{name} is no list"))),
    }
}

/// Reads one span.
///
/// # Errors
/// If it is none.
pub fn span_from_json(json: &Json) -> Result<Span, JsonError> {
    let id = |name| bytes(json, name);
    let bad = |name: &str| JsonError(format!("{name} is no id"));
    let parent = match id("parentSpanId")? {
        bytes if bytes.iter().all(|b| *b == 0) => None,
        bytes => Some(SpanId(bytes.try_into().map_err(|_| bad("parentSpanId"))?)),
    };
    let start = time(json, "startTimeUnixNano")?;
    let status = json.get("status").unwrap_or(&Json::Null);
    Ok(Span {
        trace: TraceId(id("traceId")?.try_into().map_err(|_| bad("traceId"))?),
        id: SpanId(id("spanId")?.try_into().map_err(|_| bad("spanId"))?),
        parent,
        state: text(json, "traceState"),
        name: text(json, "name"),
        kind: kind(json.get("kind")),
        start,
        end: time(json, "endTimeUnixNano")?,
        attributes: attributes_from_json(json)?,
        events: list(json, "events")?
            .iter()
            .map(event)
            .collect::<Result<_, _>>()?,
        status: match status.get("code") {
            Some(code) if is_enum(code, 1, "STATUS_CODE_OK") => Status::Ok,
            Some(code) if is_enum(code, 2, "STATUS_CODE_ERROR") => Status::Error {
                message: text(status, "message"),
            },
            _ => Status::Unset,
        },
    })
}

fn event(json: &Json) -> Result<Event, JsonError> {
    Ok(Event {
        name: text(json, "name"),
        time: time(json, "timeUnixNano")?,
        attributes: attributes_from_json(json)?,
    })
}

fn text(of: &Json, name: &str) -> String {
    let text = of.get(name).and_then(Json::as_str);
    text.unwrap_or_default().to_owned()
}

fn time(of: &Json, name: &str) -> Result<u64, JsonError> {
    match of.get(name) {
        None | Some(Json::Null) => Some(0),
        Some(Json::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
    }
    .ok_or_else(|| JsonError(format!("{name} is no time")))
}

/// An id: hexadecimal digits, or base64 where somebody writes all bytes so. The lengths tell them apart.
fn bytes(of: &Json, name: &str) -> Result<Vec<u8>, JsonError> {
    let text = of.get(name).and_then(Json::as_str).unwrap_or_default();
    if let Ok(id) = text.parse::<TraceId>() {
        return Ok(id.0.to_vec());
    }
    if let Ok(id) = text.parse::<SpanId>() {
        return Ok(id.0.to_vec());
    }
    let decoded = STANDARD.decode(text).ok();
    decoded.ok_or_else(|| JsonError(format!("{name} is no id")))
}

fn is_enum(value: &Json, number: u64, name: &str) -> bool {
    value.as_u64() == Some(number) || value.as_str() == Some(name)
}

fn kind(value: Option<&Json>) -> Kind {
    const NAMES: [&str; 6] = [
        "SPAN_KIND_UNSPECIFIED",
        "SPAN_KIND_INTERNAL",
        "SPAN_KIND_SERVER",
        "SPAN_KIND_CLIENT",
        "SPAN_KIND_PRODUCER",
        "SPAN_KIND_CONSUMER",
    ];
    let named = value.and_then(|value| {
        let mut all = (0..).zip(NAMES);
        all.find(|(number, name)| is_enum(value, *number, name))
    });
    named.map_or(Kind::Unspecified, |(number, _)| Kind::ALL[number as usize])
}

/// Reads the attributes of a span or a resource. Lists, maps and bytes are for people here: they become plain JSON.
///
/// # Errors
/// If they are no list.
pub fn attributes_from_json(of: &Json) -> Result<Vec<Attribute>, JsonError> {
    let mut all = Vec::new();
    for one in list(of, "attributes")? {
        let value = one.get("value").unwrap_or(&Json::Null);
        all.push(Attribute {
            key: text(one, "key"),
            value: self::value(value),
        });
    }
    Ok(all)
}

fn value(json: &Json) -> Value {
    let only = json.as_object().and_then(|o| o.iter().next());
    let Some((kind, value)) = only else {
        return Value::Text(String::new());
    };
    let whole = || match value {
        Json::String(text) => text.parse().ok(),
        number => number.as_i64(),
    };
    let read = match kind.as_str() {
        "stringValue" => value.as_str().map(Value::from),
        "boolValue" => value.as_bool().map(Value::Bool),
        "intValue" => whole().map(Value::Int),
        "doubleValue" => match value {
            Json::String(text) => text.parse().ok().map(Value::Double),
            number => number.as_f64().map(Value::Double),
        },
        _ => None,
    };
    read.unwrap_or_else(|| Value::Text(plain(json).to_string()))
}

/// A value without the names of its types.
fn plain(json: &Json) -> Json {
    let Some((kind, value)) = json.as_object().and_then(|o| o.iter().next()) else {
        return Json::Null;
    };
    let values = || list(value, "values").unwrap_or_default().iter();
    match kind.as_str() {
        "arrayValue" => values().map(plain).collect(),
        "kvlistValue" => {
            let pair = |one: &Json| {
                (
                    text(one, "key"),
                    plain(one.get("value").unwrap_or(&Json::Null)),
                )
            };
            Json::Object(values().map(pair).collect())
        }
        "intValue" => match value.as_str().and_then(|text| text.parse::<i64>().ok()) {
            Some(number) => number.into(),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_real_writers_give_is_taken() {
        let told = json!({ "result": { "resourceSpans": [
            { "resource": {}, "scopeSpans": null },
            { "scopeSpans": [{ "spans": [{
                "traceId": "S/kvNXezTaajzpKdDg5HNg==", "spanId": "APBnqgupArc=", "parentSpanId": "",
                "kind": "SPAN_KIND_CLIENT", "startTimeUnixNano": 7, "endTimeUnixNano": "18446744073709551615",
                "attributes": [
                    { "key": "a", "value": { "arrayValue": {} } }, { "key": "i", "value": { "intValue": -3 } },
                    { "key": "n" }, { "key": "b", "value": { "bytesValue": "AA==" } },
                ],
                "status": { "code": "STATUS_CODE_ERROR", "message": "no" }, "new": [],
            }] }] },
        ] } });
        let batches = from_json(&told).unwrap();
        let span = &batches[1].spans[0];
        assert_eq!(span.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.id.to_string(), "00f067aa0ba902b7");
        assert_eq!((span.parent, span.kind), (None, Kind::Client));
        assert_eq!((span.start, span.end), (7, u64::MAX));
        let error = Status::Error {
            message: "no".into(),
        };
        assert_eq!(span.status, error);
        let values: Vec<_> = span.attributes.iter().map(|a| a.value.clone()).collect();
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            values,
            [text("[]"), Value::Int(-3), text(""), text("\"AA==\"")]
        );
    }

    #[test]
    fn numbers_that_json_does_not_have_come_back() {
        let all = [f64::INFINITY, f64::NEG_INFINITY, 0.1, f64::NAN];
        let attributes: Vec<_> = all
            .iter()
            .map(|n| Attribute {
                key: "n".into(),
                value: Value::Double(*n),
            })
            .collect();
        let json = json!({ "attributes": attributes_to_json(&attributes) }).to_string();
        let read = attributes_from_json(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(read[..3], attributes[..3]);
        assert!(matches!(read[3].value, Value::Double(n) if n.is_nan()));
    }

    #[test]
    fn what_is_something_else_is_refused() {
        for bad in [
            json!([]),
            json!({ "resourceSpans": 3 }),
            json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{ "traceId": "x" }] }] }] }),
            json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{}] }] }] }),
        ] {
            from_json(&bad).unwrap_err();
        }
    }
}
