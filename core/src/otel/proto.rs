//! Our spans as the messages of OTLP, and back.

use crate::spans::{Attribute, Batch, Event, Kind, Span, SpanId, Status, TraceId, Value};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    resource::v1::Resource,
    trace::v1::{self as proto, ResourceSpans, ScopeSpans},
};
use serde_json::Value as Json;

/// The request that exports these spans.
pub fn to_proto(batches: Vec<Batch>) -> ExportTraceServiceRequest {
    let scope = InstrumentationScope {
        name: "onionskin".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    };
    let batch = |batch: Batch| ResourceSpans {
        resource: Some(Resource {
            attributes: attributes(batch.resource),
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope.clone()),
            spans: batch.spans.into_iter().map(span).collect(),
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: batches.into_iter().map(batch).collect(),
    }
}

pub(super) fn span(span: Span) -> proto::Span {
    proto::Span {
        trace_id: span.trace.0.to_vec(),
        span_id: span.id.0.to_vec(),
        trace_state: span.state,
        parent_span_id: span.parent.map_or_else(Vec::new, |p| p.0.to_vec()),
        name: span.name,
        kind: span.kind as i32,
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(event).collect(),
        status: match span.status {
            Status::Unset => None,
            Status::Ok => Some(status(proto::status::StatusCode::Ok, String::new())),
            Status::Error { message } => Some(status(proto::status::StatusCode::Error, message)),
        },
        ..proto::Span::default()
    }
}

fn status(code: proto::status::StatusCode, message: String) -> proto::Status {
    proto::Status {
        code: code.into(),
        message,
    }
}

fn event(event: Event) -> proto::span::Event {
    proto::span::Event {
        time_unix_nano: event.time,
        name: event.name,
        attributes: attributes(event.attributes),
        dropped_attributes_count: 0,
    }
}

fn attributes(attributes: Vec<Attribute>) -> Vec<KeyValue> {
    let value = |value| match value {
        Value::Bool(v) => any_value::Value::BoolValue(v),
        Value::Int(v) => any_value::Value::IntValue(v),
        Value::Double(v) => any_value::Value::DoubleValue(v),
        Value::Text(v) => any_value::Value::StringValue(v),
    };
    let one = |a: Attribute| KeyValue {
        key: a.key,
        value: Some(AnyValue {
            value: Some(value(a.value)),
        }),
        ..KeyValue::default()
    };
    attributes.into_iter().map(one).collect()
}

/// The spans of a request. Spans whose ids are none are left out; the number of those is given too.
pub fn from_proto(request: ExportTraceServiceRequest) -> (Vec<Batch>, usize) {
    let mut bad = 0;
    let mut batches = Vec::new();
    for resource in request.resource_spans {
        let spans = resource.scope_spans.into_iter().flat_map(|s| s.spans);
        let read: Vec<_> = spans.map(span_from_proto).collect();
        bad += read.iter().filter(|s| s.is_none()).count();
        batches.push(Batch {
            resource: attributes_from_proto(resource.resource.unwrap_or_default().attributes),
            spans: read.into_iter().flatten().collect(),
        });
    }
    (batches, bad)
}

/// One span; none if its ids are none.
pub fn span_from_proto(span: proto::Span) -> Option<Span> {
    let status = span.status.unwrap_or_default();
    let event = |e: proto::span::Event| Event {
        name: e.name,
        time: e.time_unix_nano,
        attributes: attributes_from_proto(e.attributes),
    };
    Some(Span {
        trace: TraceId(span.trace_id.try_into().ok()?),
        id: SpanId(span.span_id.try_into().ok()?),
        parent: match span.parent_span_id.iter().all(|b| *b == 0) {
            true => None,
            false => Some(SpanId(span.parent_span_id.try_into().ok()?)),
        },
        state: span.trace_state,
        name: span.name,
        kind: usize::try_from(span.kind)
            .ok()
            .and_then(|k| Kind::ALL.get(k).copied())
            .unwrap_or_default(),
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        attributes: attributes_from_proto(span.attributes),
        events: span.events.into_iter().map(event).collect(),
        status: match status.code {
            1 => Status::Ok,
            2 => Status::Error {
                message: status.message,
            },
            _ => Status::Unset,
        },
    })
}

/// Keys and values. Lists, maps and bytes are for people here: they become JSON.
pub fn attributes_from_proto(attributes: Vec<KeyValue>) -> Vec<Attribute> {
    let value = |value: Option<AnyValue>| match value.and_then(|v| v.value) {
        Some(any_value::Value::BoolValue(v)) => Value::Bool(v),
        Some(any_value::Value::IntValue(v)) => Value::Int(v),
        Some(any_value::Value::DoubleValue(v)) => Value::Double(v),
        Some(any_value::Value::StringValue(v)) => Value::Text(v),
        Some(other) => Value::Text(json(other).to_string()),
        None => Value::Text(String::new()),
    };
    let one = |kv: KeyValue| Attribute {
        key: kv.key,
        value: value(kv.value),
    };
    attributes.into_iter().map(one).collect()
}

/// A value as JSON that people read: bytes in base64.
fn json(value: any_value::Value) -> Json {
    let nested = |value: Option<AnyValue>| value.and_then(|v| v.value).map_or(Json::Null, json);
    match value {
        any_value::Value::BoolValue(v) => v.into(),
        any_value::Value::IntValue(v) => v.into(),
        any_value::Value::DoubleValue(v) => v.into(),
        any_value::Value::StringValue(v) => v.into(),
        any_value::Value::BytesValue(v) => STANDARD.encode(v).into(),
        any_value::Value::ArrayValue(list) => {
            list.values.into_iter().map(|v| nested(Some(v))).collect()
        }
        any_value::Value::KvlistValue(map) => {
            let pair = |kv: KeyValue| (kv.key, nested(kv.value));
            Json::Object(map.values.into_iter().map(pair).collect())
        }
        // An index into a table that only profiles have.
        any_value::Value::StringValueStrindex(index) => index.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::{Content, Options, encode};
    use crate::text::samples;
    use prost::Message as _;

    #[test]
    fn what_goes_over_the_wire_comes_back_equal() {
        let options = Options {
            content: Content::Bodies,
            ..Options::default()
        };
        let mut spans = encode(&samples::panicked(), &options);
        spans[0].attributes.push(Attribute {
            key: "double".into(),
            value: Value::Double(0.1),
        });
        let batches = vec![Batch {
            resource: vec![Attribute::new("service.name", "shop")],
            spans,
        }];
        let bytes = to_proto(batches.clone()).encode_to_vec();
        let request = ExportTraceServiceRequest::decode(&bytes[..]).unwrap();
        assert_eq!(from_proto(request), (batches, 0));
    }

    #[test]
    fn spans_without_an_id_are_counted_and_left_out() {
        let mut request = to_proto(vec![Batch {
            resource: vec![],
            spans: encode(&samples::completed(), &Options::default()),
        }]);
        let spans = &mut request.resource_spans[0].scope_spans[0].spans;
        let count = spans.len();
        spans[1].trace_id.pop();
        spans[2].span_id.clear();
        let (batches, bad) = from_proto(request);
        assert_eq!((batches[0].spans.len(), bad), (count - 2, 2));
    }
}
