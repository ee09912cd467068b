//! OTLP JSON: what an app with the feature `otel` sends, as a file.

use super::json;
use onionskin::{
    spans::{Attribute, Batch, Options, Span, encode, to_json},
    wire::Cycle,
};

pub(super) const HEAD: &str = "{\"resourceSpans\":[\n";
pub(super) const TAIL: &str = "\n]}\n";

/// What stands in `service.*` of the spans of an app's run.
pub(crate) fn resource(app: &str, run: &str) -> Vec<Attribute> {
    vec![
        Attribute::new("service.name", app),
        Attribute::new("service.instance.id", run),
    ]
}

/// The spans of a cycle, as one of `resourceSpans`.
pub(super) fn batch(out: &mut Vec<u8>, cycle: &Cycle) {
    let spans: Vec<Span> = encode(cycle, &Options::default());
    let resource = resource(&cycle.app, &cycle.run);
    let all = to_json(&[Batch { resource, spans }]);
    json(out, &all["resourceSpans"][0]);
}
