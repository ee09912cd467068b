//! A cycle with assertions.

use crate::{
    replay::{Held, Message, Replay},
    text,
    wire::{Cycle, Delta, Edge, Extension, Header, Left, MarkKind, Outcome, Side, Step},
};
use std::{any::type_name, fmt, ops::Deref};

/// What happened to a request in a test. It is a [`Cycle`], and prints as a timeline without times.
#[derive(Clone, Debug)]
pub struct Recorded {
    cycle: Cycle,
    replay: Replay,
}

impl Recorded {
    pub(super) fn new(cycle: Cycle) -> Self {
        let replay = Replay::new(&cycle).expect("the recorder writes deltas that fit");
        Self { cycle, replay }
    }

    /// What a layer (or a handler) did, by its name.
    ///
    /// # Panics
    /// If no site of that name was reached or would have been; the message lists those there are.
    #[track_caller]
    pub fn layer(&self, name: &str) -> LayerSeen<'_> {
        let Some(site) = self.sites.iter().position(|s| s.name == name) else {
            let names: Vec<_> = self.sites.iter().map(|s| s.name.as_str()).collect();
            panic!("no layer {name:?} in this cycle; there are {names:?}");
        };
        LayerSeen {
            recorded: self,
            site,
        }
    }

    /// Names of the layers and views in the order in which the request met them.
    pub fn order(&self) -> Vec<&str> {
        let entered = self
            .steps
            .iter()
            .filter(|s| s.edge == Edge::In && s.entry == s.seq);
        entered.filter_map(|s| self.name_of(s)).collect()
    }

    /// Name of the layer or view that set this header of the response last; none if the response has no such header.
    pub fn header_set_by(&self, header: &str) -> Option<&str> {
        self.set_by(Side::Response, header)
    }

    /// Name of the layer that set this header of the request last; none if the view saw no such header, or the client sent
    /// it.
    pub fn request_header_set_by(&self, header: &str) -> Option<&str> {
        self.set_by(Side::Request, header)
    }

    fn set_by(&self, side: Side, header: &str) -> Option<&str> {
        let headers = &self.last(side)?.headers;
        let is_it = |h: &&Held<Header>| h.value.name.eq_ignore_ascii_case(header);
        self.author(headers.iter().rfind(is_it)?.by)
    }

    /// Name of the layer or view whose status the response has; none if there was no response.
    pub fn status_set_by(&self) -> Option<&str> {
        self.author(self.last(Side::Response)?.status.as_ref()?.by)
    }

    /// Name of the layer or view whose body the response has; none if there was no response.
    pub fn body_set_by(&self) -> Option<&str> {
        self.author(self.last(Side::Response)?.body.as_ref()?.by)
    }

    /// Name of the layer that replaced the body of the request last; none if the view saw the client's.
    pub fn request_body_set_by(&self) -> Option<&str> {
        self.author(self.last(Side::Request)?.body.as_ref()?.by)
    }

    /// Name of the layer that put an extension of this type into the request; none if the view saw none, or it came with
    /// the request.
    pub fn extension_set_by<T>(&self) -> Option<&str> {
        let extensions = &self.last(Side::Request)?.extensions;
        let is_it = |e: &&Held<Extension>| e.value.type_name == type_name::<T>();
        self.author(extensions.iter().rfind(is_it)?.by)
    }

    /// The value of a parameter of the path, as it stood there.
    pub fn param(&self, name: &str) -> Option<&str> {
        let resolved = self.steps.iter().filter_map(|s| s.resolved.as_ref());
        let mut params = resolved.flat_map(|r| &r.params);
        let (_, value) = params.rfind(|(n, _)| n == name)?;
        Some(value)
    }

    /// Names of the layers and views that would have run had no layer before them answered by itself, in order.
    pub fn never_ran(&self) -> Vec<&str> {
        let sites = self.never_ran.iter().filter_map(|i| self.sites.get(*i));
        sites.map(|s| s.name.as_str()).collect()
    }

    /// The message as it was in the end: the request that came furthest, the response that went out.
    fn last(&self, side: Side) -> Option<&Message> {
        let last = u32::try_from(self.steps.len()).ok()?.checked_sub(1)?;
        match side {
            Side::Request => self.replay.request(last),
            Side::Response => self.replay.response(last),
        }
    }

    /// Who made the change that this step shows.
    fn author(&self, step: u32) -> Option<&str> {
        let step = self.steps.get(step as usize)?;
        let author = text::edits::author(&self.cycle, step)?;
        self.sites.get(author).map(|s| s.name.as_str())
    }

    /// The folded messages.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Statements that sqlx ran, in order; needs [`crate::log_layer`].
    pub fn sql(&self) -> Vec<&str> {
        self.marks
            .iter()
            .filter_map(|m| match &m.what {
                MarkKind::Sql { statement, .. } => Some(statement.as_str()),
                _ => None,
            })
            .collect()
    }

    fn name_of(&self, step: &Step) -> Option<&str> {
        self.sites.get(step.site?).map(|s| s.name.as_str())
    }
}

impl Deref for Recorded {
    type Target = Cycle;

    fn deref(&self) -> &Cycle {
        &self.cycle
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::timeline(&self.cycle).without_times().fmt(f)
    }
}

/// What one layer or view did in a cycle.
#[derive(Clone, Copy, Debug)]
pub struct LayerSeen<'a> {
    recorded: &'a Recorded,
    site: usize,
}

impl<'a> LayerSeen<'a> {
    fn steps(&self, edge: Edge) -> impl Iterator<Item = &'a Step> + use<'a> {
        let site = self.site;
        self.recorded
            .cycle
            .steps
            .iter()
            .filter(move |s| s.edge == edge && s.site == Some(site))
    }

    /// Whether the request reached it.
    pub fn ran(&self) -> bool {
        self.attempts() > 0
    }

    /// How often the request entered it.
    pub fn attempts(&self) -> usize {
        self.steps(Edge::In).count()
    }

    /// Whether it answered without asking the service inside it.
    pub fn answered(&self) -> bool {
        let outcome = &self.recorded.outcome;
        matches!(outcome, Outcome::ShortCircuited { site } | Outcome::TimedOut { site } if *site == self.site)
    }

    /// Whether it would have run had no layer before it answered by itself.
    pub fn never_ran(&self) -> bool {
        self.recorded.cycle.never_ran.contains(&self.site)
    }

    /// Whether a panic passed it.
    pub fn panicked(&self) -> bool {
        self.steps(Edge::Out).any(|s| s.left == Some(Left::Unwound))
    }

    /// Whether it was given up before it answered.
    pub fn was_dropped(&self) -> bool {
        self.steps(Edge::Out).any(|s| s.left == Some(Left::Dropped))
    }

    /// What it changed in the response, each time it answered.
    pub fn response_changes(&self) -> Vec<&'a Delta> {
        self.steps(Edge::Out)
            .filter_map(|s| s.delta.as_ref())
            .collect()
    }

    /// What it changed in the request before it asked the service inside it, each time it did.
    pub fn request_changes(&self) -> Vec<&'a Delta> {
        let cycle = &self.recorded.cycle;
        let inside = |s: &&Step| {
            let parent = s.parent.and_then(|p| cycle.steps.get(p as usize));
            s.edge == Edge::In
                && s.entry == s.seq
                && parent.is_some_and(|p| p.site == Some(self.site))
        };
        cycle
            .steps
            .iter()
            .filter(inside)
            .filter_map(|s| s.delta.as_ref())
            .collect()
    }

    /// Whether it left request and response as they were.
    pub fn changed_nothing(&self) -> bool {
        self.request_changes()
            .iter()
            .chain(&self.response_changes())
            .all(|d| d.is_empty())
    }
}
