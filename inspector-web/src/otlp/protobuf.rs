//! Spans in protobuf.
//!
//! The messages around the spans are walked, so that two bytes of a request never become a structure of two hundred; each span
//! is decoded by itself.

use super::reading::{LONGEST, Reading, Reason};
use bytes::{Buf, Bytes};
use onionskin::otel::{attributes_from_proto, span_from_proto};
use opentelemetry_proto::tonic::{resource::v1::Resource, trace::v1::Span};
use prost::Message as _;

/// Numbers of fields.
const RESOURCE_SPANS: u64 = 1;
const RESOURCE: u64 = 1;
const SCOPE_SPANS: u64 = 2;
const SPANS: u64 = 2;

/// Reads an `ExportTraceServiceRequest`; an error says what is wrong with it.
pub(super) fn read(request: Bytes) -> Result<Reading, String> {
    let mut reading = Reading::default();
    for field in Fields(request) {
        let (RESOURCE_SPANS, of_resource) = field? else {
            continue;
        };
        let from = reading.spans.len();
        let mut resource = Resource::default();
        for field in Fields(of_resource) {
            match field? {
                (RESOURCE, bytes) if bytes.len() <= LONGEST => {
                    resource = Resource::decode(bytes).map_err(|error| error.to_string())?;
                }
                (SCOPE_SPANS, bytes) => scope(bytes, &mut reading)?,
                _ => {}
            }
        }
        reading.name(from, &attributes_from_proto(resource.attributes));
    }
    Ok(reading)
}

fn scope(of_scope: Bytes, reading: &mut Reading) -> Result<(), String> {
    for field in Fields(of_scope) {
        let (SPANS, bytes) = field? else { continue };
        if bytes.len() > LONGEST {
            reading.refuse(Reason::TooLong);
        } else if reading.has_room() {
            let span = Span::decode(bytes).map_err(|error| error.to_string())?;
            let events = span.events.iter().map(|e| e.dropped_attributes_count);
            let dropped = [span.dropped_attributes_count, span.dropped_events_count];
            let left_out = dropped.into_iter().chain(events);
            let left_out = left_out.fold(0, u32::saturating_add);
            match span_from_proto(span) {
                Some(span) => reading.take(span, left_out),
                None => reading.refuse(Reason::NoSpan),
            }
        }
    }
    Ok(())
}

/// The fields of a message that have a length: messages are among them. Others are passed over.
struct Fields(Bytes);

impl Iterator for Fields {
    type Item = Result<(u64, Bytes), String>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.0.has_remaining() {
            match self.field() {
                Some(None) => {}
                Some(Some(field)) => return Some(Ok(field)),
                None => {
                    self.0.clear();
                    return Some(Err("it breaks off, or is no protobuf".into()));
                }
            }
        }
        None
    }
}

impl Fields {
    /// The next field; inside, none if it has no length. None: there is none that is whole.
    fn field(&mut self) -> Option<Option<(u64, Bytes)>> {
        let key = self.varint()?;
        let (number, kind) = (key >> 3, key & 7);
        if number == 0 {
            return None;
        }
        let skipped = match kind {
            0 => return self.varint().map(|_| None),
            1 => 8,
            2 => {
                let len = self.varint()?;
                let len = usize::try_from(len).ok()?;
                return (len <= self.0.len()).then(|| Some((number, self.0.split_to(len))));
            }
            5 => 4,
            _ => return None,
        };
        (skipped <= self.0.len()).then(|| self.0.advance(skipped))?;
        Some(None)
    }

    fn varint(&mut self) -> Option<u64> {
        prost::decode_length_delimiter(&mut self.0)
            .ok()
            .map(|n| n as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin::{
        otel::to_proto,
        spans::{Attribute, Batch, Span as Ours, SpanId, TraceId},
    };
    use proptest::prelude::*;

    fn request() -> Vec<u8> {
        let span = |id: u8| Ours {
            trace: TraceId([7; 16]),
            id: SpanId([id; 8]),
            name: "charge".into(),
            start: 5,
            end: 6,
            attributes: vec![Attribute::new("a", "b"), Attribute::new("n", 3_i64)],
            ..Ours::default()
        };
        let batch = |service: &str, ids: &[u8]| Batch {
            resource: vec![Attribute::new("service.name", service)],
            spans: ids.iter().map(|id| span(*id)).collect(),
        };
        to_proto(vec![batch("bank", &[1, 2]), batch("post", &[3])]).encode_to_vec()
    }

    #[test]
    fn spans_are_read_with_the_names_of_their_services() {
        let reading = read(request().into()).unwrap();
        let read: Vec<_> = reading
            .spans
            .iter()
            .map(|kept| (kept.service.as_deref().unwrap(), kept.span.id.0[0]))
            .collect();
        assert_eq!(read, [("bank", 1), ("bank", 2), ("post", 3)]);
        assert!(reading.refused.is_empty());
    }

    #[test]
    fn every_cut_is_noticed_or_ends_between_two_services() {
        let whole = request();
        let cuts = 0..whole.len();
        let read = cuts.filter_map(|cut| read(whole[..cut].to_vec().into()).ok());
        let counts: Vec<_> = read.map(|reading| reading.spans.len()).collect();
        assert_eq!(counts, [0, 2], "nothing at all, and the first service");
    }

    #[test]
    fn spans_that_are_none_are_refused_without_taking_memory() {
        // 2,000,000 empty spans, in 4 MB.
        let mut scope = [0x12, 0x00].repeat(2_000_000);
        for tag in [0x12, 0x0a] {
            let mut around = vec![tag];
            prost::encode_length_delimiter(scope.len(), &mut around).unwrap();
            around.append(&mut scope);
            scope = around;
        }
        let reading = read(scope.into()).unwrap();
        assert!(reading.spans.is_empty());
        assert_eq!(reading.refused[&Reason::NoSpan], 2_000_000);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(bytes.into());
        }

        #[test]
        fn nor_do_changed_ones(at in 0usize..200, to in any::<u8>(), more in any::<[u8; 4]>()) {
            let mut bytes = request();
            let at = at % bytes.len();
            bytes[at] = to;
            bytes.splice(at..at, more);
            let _ = read(bytes.into());
        }
    }
}
