//! Spans in JSON.
//!
//! The lists are read one span after the other, and a span into a tree of so many nodes at most: `[[],[],…` is not to become
//! thirty times as long in memory.

use super::reading::{Reading, Reason};
use onionskin::spans::{attributes_from_json, span_from_json};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use std::{cell::Cell, fmt};

/// Most values in one span, or in what a service says of itself.
const NODES: usize = 16 << 10;

/// Reads an `ExportTraceServiceRequest`; an error says what is wrong with it.
pub(super) fn read(request: &[u8]) -> Result<Reading, String> {
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_slice(request);
    let part = Part {
        level: Level::Request,
        reading: &mut reading,
    };
    part.deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| error.to_string())?;
    Ok(reading)
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Request,
    Resource,
    Scope,
    Span,
}

/// A part of the request.
struct Part<'r> {
    level: Level,
    reading: &'r mut Reading,
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if self.level != Level::Span {
            return json.deserialize_map(self);
        }
        match Tree::read(json)? {
            _ if !self.reading.has_room() => {}
            Some(tree) => span(&tree, self.reading),
            None => self.reading.refuse(Reason::TooLong),
        }
        Ok(())
    }
}

fn span(json: &Value, reading: &mut Reading) {
    let dropped = |of: &Value, name| of.get(name).and_then(Value::as_u64).unwrap_or(0);
    let events = json.get("events").and_then(Value::as_array);
    let events = events.into_iter().flatten();
    let left_out = dropped(json, "droppedAttributesCount")
        .saturating_add(dropped(json, "droppedEventsCount"))
        .saturating_add(
            events
                .map(|e| dropped(e, "droppedAttributesCount"))
                .fold(0, u64::saturating_add),
        );
    match span_from_json(json) {
        Ok(span) => reading.take(span, left_out.try_into().unwrap_or(u32::MAX)),
        Err(_) => reading.refuse(Reason::NoSpan),
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of OTLP")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let from = self.reading.spans.len();
        let mut resource = None;
        while let Some(key) = map.next_key::<String>()? {
            let level = match (self.level, key.as_str()) {
                (Level::Request, "resourceSpans") => Level::Resource,
                (Level::Resource, "scopeSpans") => Level::Scope,
                (Level::Scope, "spans") => Level::Span,
                (Level::Resource, "resource") => {
                    resource = map.next_value_seed(Bounded)?;
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let reading = &mut *self.reading;
            map.next_value_seed(List(Part { level, reading }))?;
        }
        if let Some(resource) = resource {
            let attributes = attributes_from_json(&resource).map_err(A::Error::custom)?;
            self.reading.name(from, &attributes);
        }
        Ok(())
    }
}

/// A list of parts, or null.
struct List<'r>(Part<'r>);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Part { level, reading } = self.0;
        loop {
            let reading = &mut *reading;
            if seq.next_element_seed(Part { level, reading })?.is_none() {
                return Ok(());
            }
        }
    }
}

/// A value with [`NODES`] values in it at most; none if there are more.
struct Bounded;

impl<'de> DeserializeSeed<'de> for Bounded {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        Tree::read(json)
    }
}

/// A value, and how many more there may be.
struct Tree<'n>(&'n Cell<usize>);

impl<'n> Tree<'n> {
    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Value>, D::Error> {
        let nodes = Cell::new(NODES);
        let value = Tree(&nodes).deserialize(json)?;
        Ok((nodes.get() > 0).then_some(value))
    }

    /// Takes a place for one more.
    fn next(&self) -> Option<Tree<'n>> {
        let left = self.0.get().saturating_sub(1);
        self.0.set(left);
        (left > 0).then_some(Tree(self.0))
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(tree) = self.next() {
            match seq.next_element_seed(tree)? {
                Some(value) => all.push(value),
                None => return Ok(all.into()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = serde_json::Map::new();
        while let Some(tree) = self.next() {
            match map.next_key::<String>()? {
                Some(key) => {
                    let value = map.next_value_seed(tree)?;
                    all.insert(key, value);
                }
                None => return Ok(all.into()),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPAN: &str = r#"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
        "name":"charge","kind":3,"startTimeUnixNano":"5","endTimeUnixNano":"6","droppedEventsCount":2,
        "attributes":[{"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"b"}]}}}]}"#;

    fn request(spans: &str) -> String {
        // The resource behind its spans: there is no order among names.
        format!(
            r#"{{"new":[1],"resourceSpans":[{{"scopeSpans":[{{"scope":{{}},"spans":[{spans}]}}],"resource":
            {{"attributes":[{{"key":"service.name","value":{{"stringValue":"bank"}}}}]}}}},{{"scopeSpans":null}}]}}"#
        )
    }

    #[test]
    fn spans_are_read_with_the_names_of_their_services() {
        let reading = read(request(SPAN).as_bytes()).unwrap();
        let kept = &reading.spans[0];
        assert_eq!(kept.service.as_deref(), Some("bank"));
        assert_eq!((kept.span.name.as_str(), kept.left_out), ("charge", 2));
        let list = kept.span.attribute("list").unwrap();
        assert_eq!(list.as_str(), Some(r#"[1,"b"]"#));
    }

    #[test]
    fn what_is_no_span_is_refused_and_the_others_are_taken() {
        let bomb = format!(r#"{{"attributes":[{}[]]}}"#, "[],".repeat(1_000_000));
        let spans = format!(r#"{{}},{SPAN},{{"traceId":"x"}},{bomb}"#);
        let reading = read(request(&spans).as_bytes()).unwrap();
        assert_eq!(reading.spans.len(), 1);
        assert_eq!(reading.refused[&Reason::NoSpan], 2);
        assert_eq!(reading.refused[&Reason::TooLong], 1);
    }

    #[test]
    fn what_is_something_else_is_an_error() {
        let deep = "[".repeat(100_000);
        for bad in ["", "[]", "3", "{", "{}x", r#"{"resourceSpans":3}"#, &deep] {
            read(bad.as_bytes()).unwrap_err();
        }
        let deep = format!(r#"{{"attributes":{deep}"#);
        read(request(&deep).as_bytes()).unwrap_err();
        assert!(read(b"{}").unwrap().spans.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(at in 0usize..500, with in ".{0,6}", cut in 0usize..700) {
            let mut text = request(SPAN);
            let place = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(place, &with);
            let bytes = text.as_bytes();
            let _ = read(bytes);
            let _ = read(&bytes[..cut.min(bytes.len())]);
        }
    }
}
