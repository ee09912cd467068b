//! From a cycle to spans.

use super::{
    Attribute, Event, FORMAT, Ids, Kind, Parent, Span, SpanId, Status, TraceId,
    http::{self, Request},
    ids, key, record,
};
use crate::{
    times::{self, Times, entry_of, parent_of},
    wire::{Cycle, Edge, Left, Octets, SiteKind, Stage, Step},
};

/// Most bytes of events that a span carries; what is more goes to spans made for it. Jaeger refuses a span of 4 MiB, and a
/// request over gRPC is at most that long too.
const SPAN_BYTES: usize = 1 << 20;

/// What of a cycle its spans carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// Spans only: times, names, attributes. Such a trace can't be replayed.
    Spans,
    /// The whole record, without the kept heads of bodies.
    #[default]
    Record,
    /// The whole record.
    Bodies,
}

impl Content {
    /// The word for it in the root's attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Record => "record",
            Self::Bodies => "record and bodies",
        }
    }
}

/// How cycles become spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How much of them.
    pub content: Content,
    /// Headers that the root shows as attributes, by name; none by default. The record has all of them in any case.
    pub headers: Vec<String>,
}

/// The spans of a cycle, the root first.
pub fn encode(cycle: &Cycle, options: &Options) -> Vec<Span> {
    let whole = record::content(cycle, options.content);
    Encoder::new(&whole).run(options)
}

/// The trace that a cycle is sent in, and what its request said about that.
pub fn trace_of(cycle: &Cycle) -> (TraceId, Parent) {
    let parent = Request::of(cycle).parent();
    (Ids::of(&cycle.id, &parent).trace, parent)
}

/// The cycle without the kept heads of its bodies: what remains of one that was sent without them.
pub fn without_bodies(cycle: &Cycle) -> Cycle {
    let mut cycle = cycle.clone();
    for body in &mut cycle.bodies {
        body.head = Octets::default();
        body.redacted = false;
    }
    cycle
}

struct Encoder<'a> {
    cycle: &'a Cycle,
    request: Request<'a>,
    ids: Ids,
    /// The start of the cycle, nanoseconds since the Unix epoch.
    origin: u64,
    /// For each step: the number of the entry that it opens.
    numbers: Vec<Option<u32>>,
    /// For each step: the index of the span that stands for where it happened.
    places: Vec<usize>,
    times: Vec<Option<Times>>,
    /// For each step that enters: the step that leaves.
    ends: Vec<Option<usize>>,
    spans: Vec<Span>,
    /// Bytes of events in each span.
    room: Vec<usize>,
}

impl<'a> Encoder<'a> {
    fn new(cycle: &'a Cycle) -> Self {
        let request = Request::of(cycle);
        Self {
            ids: Ids::of(&cycle.id, &request.parent()),
            request,
            origin: cycle.started_unix_us.saturating_mul(1000),
            numbers: ids::entry_numbers(cycle),
            places: Vec::with_capacity(cycle.steps.len()),
            times: times::times(cycle),
            ends: times::ends(&cycle.steps),
            spans: Vec::new(),
            room: Vec::new(),
            cycle,
        }
    }

    fn run(mut self, options: &Options) -> Vec<Span> {
        self.root(options);
        self.parse();
        for i in 0..self.cycle.steps.len() {
            let place = self.place(i);
            self.places.push(place);
        }
        if options.content != Content::Spans {
            self.record();
        }
        self.spans
    }

    fn root(&mut self, options: &Options) {
        let cycle = self.cycle;
        let mut attributes = http::attributes(cycle, &self.request, options);
        // Some stores refuse a value that is empty or very long; the record has it as it is.
        attributes.retain_mut(|attribute| match &mut attribute.value {
            super::Value::Text(text) => {
                text.truncate(record::cut(text).len());
                !text.is_empty()
            }
            _ => true,
        });
        attributes.push(Attribute::new(key::CONTENT, options.content.as_str()));
        attributes.push(Attribute::new(key::OUTCOME, cycle.outcome.kind()));
        let omitted = cycle.omitted.steps.saturating_add(cycle.omitted.marks);
        if omitted > 0 {
            attributes.push(Attribute::new(key::OMITTED, omitted));
        }
        let (parent, state) = match self.request.parent() {
            Parent::Valid(parent) => (Some(parent.span), self.request.state()),
            _ => (None, String::new()),
        };
        let start = self.at(0).saturating_sub(self.first_byte_before());
        let end = self.at(cycle.duration_ns);
        let root = self.push(self.ids.entry(0), parent, http::name(cycle), start, end);
        let root = &mut self.spans[root];
        root.kind = Kind::Server;
        root.status = http::status(cycle);
        root.state = state;
        root.attributes.append(&mut attributes);
    }

    fn first_byte_before(&self) -> u64 {
        let connection = self.cycle.connection.as_ref();
        connection.map_or(0, |c| c.first_byte_before_ns)
    }

    /// From the first byte read to the app, where the connection's clock knows.
    fn parse(&mut self) {
        let before = self.first_byte_before();
        if before == 0 {
            return;
        }
        let (id, root) = (self.ids.stage(Stage::Parse), self.spans[0].id);
        let (start, end) = (self.at(0).saturating_sub(before), self.at(0));
        let span = self.push(id, Some(root), "parse".into(), start, end);
        self.stage(span, Stage::Parse);
    }

    /// The index of the span that step `i` belongs to, which is made if the step begins it.
    fn place(&mut self, i: usize) -> usize {
        let (cycle, step) = (self.cycle, &self.cycle.steps[i]);
        if step.resolved.is_some() {
            return self.resolve(i);
        }
        if step.edge == Edge::Out || entry_of(&cycle.steps, i) != Some(i) {
            let place = entry_of(&cycle.steps, i).map_or(0, |entry| self.places[entry]);
            if step.edge == Edge::Out {
                self.leave(place, step);
            }
            return place;
        }
        let outside = parent_of(&cycle.steps, i).map_or(0, |parent| self.places[parent]);
        let end = self.ends[i].map_or(cycle.duration_ns, |end| cycle.steps[end].t_ns);
        if step.stage == Stage::Send {
            let (id, root) = (self.ids.stage(Stage::Send), self.spans[0].id);
            let (start, end) = (self.at(step.t_ns), self.at(end));
            let span = self.push(id, Some(root), "send".into(), start, end);
            self.stage(span, Stage::Send);
            return span;
        }
        let site = step.site.and_then(|s| cycle.sites.get(s));
        let kind = site.map_or(SiteKind::Opaque, |s| s.kind);
        match self.numbers[i] {
            // The outermost place is the root itself, whatever stands there.
            Some(0) => 0,
            Some(number) if ids::has_span(kind) => {
                let name = site.map_or("?", |s| s.name.as_str());
                let name = match kind.stage() {
                    Stage::View => format!("view {name}"),
                    _ => name.to_owned(),
                };
                let (id, parent) = (self.ids.entry(number), self.spans[outside].id);
                let (start, end) = (self.at(step.t_ns), self.at(end));
                let span = self.push(id, Some(parent), name, start, end);
                self.describe(span, i);
                span
            }
            _ => outside,
        }
    }

    /// What stands there, and how its time was spent.
    fn describe(&mut self, span: usize, i: usize) {
        let step = &self.cycle.steps[i];
        self.stage(span, step.stage);
        let attributes = &mut self.spans[span].attributes;
        if let Some(site) = step.site.and_then(|s| self.cycle.sites.get(s)) {
            let texts = [
                ("code.function.name", &site.type_name),
                ("code.file.path", &site.file),
            ];
            for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                attributes.push(Attribute::new(key, record::cut(text)));
            }
            if site.line > 0 {
                attributes.push(Attribute::new("code.line.number", u64::from(site.line)));
            }
        }
        if step.attempt > 1 {
            attributes.push(Attribute::new(key::ATTEMPT, u64::from(step.attempt)));
        }
        if let Some(times) = &self.times[i] {
            attributes.push(Attribute::new(key::OWN, times.own_ns()));
            attributes.push(Attribute::new(key::IDLE, times.idle_ns));
        }
    }

    fn resolve(&mut self, i: usize) -> usize {
        let step = &self.cycle.steps[i];
        let Some(entry) = entry_of(&self.cycle.steps, i).filter(|e| *e != i) else {
            return 0;
        };
        let Some(number) = self.numbers[entry] else {
            return self.places[entry];
        };
        let parent = self.spans[self.places[entry]].id;
        let start = self.at(self.cycle.steps[entry].t_ns);
        let id = self.ids.resolve(number);
        let span = self.push(
            id,
            Some(parent),
            "resolve".into(),
            start,
            self.at(step.t_ns),
        );
        self.stage(span, Stage::Resolve);
        let route = step.resolved.as_ref().and_then(|r| r.route.as_deref());
        if let Some(route) = route {
            let route = Attribute::new("http.route", record::cut(route));
            self.spans[span].attributes.push(route);
        }
        span
    }

    /// How a place was left, if not as it should be. The root has its own way to say so.
    fn leave(&mut self, span: usize, step: &Step) {
        if span == 0 {
            return;
        }
        let (kind, message) = match &step.left {
            Some(Left::Error { error }) if error.is_empty() => ("_OTHER".into(), ""),
            Some(Left::Error { error }) => (record::cut(error).to_owned(), error.as_str()),
            Some(Left::Unwound) => ("panic".into(), "a panic passed"),
            _ => return,
        };
        let span = &mut self.spans[span];
        if span.attribute("error.type").is_none() {
            span.attributes.push(Attribute::new("error.type", kind));
            span.status = Status::Error {
                message: record::cut(message).into(),
            };
        }
    }

    /// Hangs the record on the spans.
    fn record(&mut self) {
        let (events, digest) = record::events(self.cycle, self.origin);
        let root = &mut self.spans[0].attributes;
        root.push(Attribute::new(key::FORMAT, FORMAT));
        root.push(Attribute::new(key::EVENTS, events.len() as u64));
        root.push(Attribute::new(key::DIGEST, digest));
        let mut carrier = None;
        for (event, step) in events {
            let place = step.map_or(0, |step| self.places[step]);
            let bytes = size(&event);
            let place = if self.room[place] + bytes <= SPAN_BYTES {
                place
            } else {
                let last = carrier.filter(|c: &usize| self.room[*c] + bytes <= SPAN_BYTES);
                let last = last.unwrap_or_else(|| self.carrier());
                *carrier.insert(last)
            };
            self.room[place] += bytes;
            self.spans[place].events.push(event);
        }
    }

    /// A span for events that found no room elsewhere.
    fn carrier(&mut self) -> usize {
        let number = self.spans.len() as u64;
        let root = &self.spans[0];
        let (root, start, end) = (root.id, root.start, root.end);
        let id = self.ids.carrier(number);
        self.push(id, Some(root), "record, continued".into(), start, end)
    }

    fn stage(&mut self, span: usize, stage: Stage) {
        let stage = Attribute::new(key::STAGE, stage.as_str());
        self.spans[span].attributes.push(stage);
    }

    fn at(&self, t_ns: u64) -> u64 {
        self.origin.saturating_add(t_ns)
    }

    fn push(
        &mut self,
        id: SpanId,
        parent: Option<SpanId>,
        name: String,
        start: u64,
        end: u64,
    ) -> usize {
        self.spans.push(Span {
            trace: self.ids.trace,
            id,
            parent,
            state: String::new(),
            name: record::cut(&name).into(),
            kind: Kind::Internal,
            start,
            // Jaeger calls a span without a length broken.
            end: end.max(start.saturating_add(1)),
            attributes: vec![Attribute::new(key::CYCLE, self.cycle.id.as_str())],
            events: Vec::new(),
            status: Status::Unset,
        });
        self.room.push(0);
        self.spans.len() - 1
    }
}

/// About as many bytes as it takes on the wire.
fn size(event: &Event) -> usize {
    let attribute = |a: &Attribute| a.key.len() + a.value.as_str().map_or(9, str::len) + 8;
    event.name.len() + 16 + event.attributes.iter().map(attribute).sum::<usize>()
}
