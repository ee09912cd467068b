//! From the log of the kit to the steps that the timeline must have.

use crate::{
    log::{BodyLeft, Call, Event, How, Label, Place, Seen, Visit},
    plan::{AppPlan, Case},
};
use onionskin::wire::{Edge, SiteKind, Stage};
use std::collections::HashMap;

/// A site: what stands there, and its name.
pub type At = (SiteKind, String);

/// A step that must be there.
#[derive(Clone, Debug)]
pub struct Want {
    pub edge: Edge,
    pub stage: Stage,
    pub at: At,
    /// Index of the step that entered.
    pub entry: usize,
    pub parent: Option<usize>,
    pub attempt: u32,
    /// The message as the kit saw it there.
    pub seen: Option<Seen>,
    /// The step that it is compared with.
    pub base: Option<usize>,
    pub left: Option<&'static str>,
    /// For the end of `resolve`: the route.
    pub resolved: Option<Option<String>>,
}

/// Everything that must be there.
#[derive(Debug, Default)]
pub struct Wanted {
    pub steps: Vec<Want>,
    /// For each: the step before it, the step it happened inside of.
    pub rebuilt: Vec<(usize, usize)>,
    /// The steps that entered for each visit: from outside to inside.
    pub entries: HashMap<Visit, Vec<usize>>,
    /// The step that entered the inner edge, for calls of traced layers.
    pub edges: HashMap<Call, usize>,
    calls: HashMap<Call, CallMade>,
    places: HashMap<Visit, Place>,
    attempts: HashMap<(Option<usize>, At), u32>,
    /// The step at which each entry got its last answer from inside.
    inner: HashMap<usize, usize>,
}

/// A call, and where it comes from.
#[derive(Debug)]
struct CallMade {
    by: Visit,
    from: usize,
    seen: Seen,
    rebuilt: bool,
    reached: bool,
}

/// The probes that stand around a place, from outside to inside.
pub fn sites(app: &AppPlan, place: Place) -> Vec<At> {
    let layer = |index: usize| {
        let inner_end = app.layers.len() - app.on_method;
        let outer_end = inner_end - app.on_inner;
        match index {
            i if i >= inner_end => SiteKind::MethodLayer,
            i if app.route_layer && i + 1 == outer_end => SiteKind::RouteLayer,
            _ => SiteKind::Layer,
        }
    };
    match place {
        Place::Router => vec![(SiteKind::Router, "router".into())],
        Place::Layer(i) if app.layers[i].traced => vec![
            (layer(i), "Traced".into()),
            (SiteKind::Traced, format!("T{i}")),
        ],
        Place::Layer(i) => vec![(layer(i), format!("L{i}"))],
        Place::View(0 | 2) => vec![(SiteKind::Service, "View".into())],
        Place::View(1) => vec![(SiteKind::Handler, "closure".into())],
        Place::View(3) => vec![(SiteKind::Fallback, "View".into())],
        Place::View(_) => vec![(SiteKind::Fallback, "closure".into())],
    }
}

/// Whether a place is in the inner router.
pub fn is_inner(app: &AppPlan, place: Place) -> bool {
    let outer_end = app.layers.len() - app.on_method - app.on_inner;
    match place {
        Place::Layer(index) => index >= outer_end,
        Place::View(number) => matches!(number, 0 | 3),
        Place::Router => false,
    }
}

/// The steps that this log asks for.
pub fn wanted(case: &Case, events: &[Event]) -> Wanted {
    let mut wanted = Wanted::default();
    let mut places = HashMap::new();
    for event in events {
        match event {
            Event::Enter {
                visit,
                place,
                caller,
                seen,
            } => {
                places.insert(*visit, *place);
                wanted.enter(&case.app, *visit, *place, *caller, seen);
            }
            Event::Call {
                call,
                by,
                seen,
                rebuilt,
            } => {
                let traced = match places[by] {
                    Place::Layer(i) if case.app.layers[i].traced => Some(i),
                    _ => None,
                };
                wanted.call(*call, *by, seen, *rebuilt, traced);
            }
            Event::Back { call, how } => wanted.back(&case.app, *call, how),
            Event::Leave { visit, how } => {
                for entry in wanted.entries[visit].clone().into_iter().rev() {
                    wanted.out(entry, how);
                }
                if places[visit] == Place::Router && !matches!(how, How::Returned(_)) {
                    break;
                }
            }
            Event::GaveUp => {}
            Event::Head => wanted.send(),
            Event::Body(left) => {
                wanted.sent(left);
                break;
            }
        }
    }
    wanted
}

impl Wanted {
    fn step(&mut self, edge: Edge, at: At, entry: usize, parent: Option<usize>) -> &mut Want {
        let stage = match (at.0, edge) {
            (SiteKind::Router, Edge::Out) => Stage::Middleware,
            (kind, _) => kind.stage(),
        };
        self.steps.push(Want {
            edge,
            stage,
            at,
            entry,
            parent,
            attempt: 1,
            seen: None,
            base: None,
            left: None,
            resolved: None,
        });
        self.steps.last_mut().expect("just pushed")
    }

    fn enter_one(&mut self, at: At, parent: Option<usize>, seen: &Seen) -> usize {
        let attempt = self.attempts.entry((parent, at.clone())).or_default();
        *attempt += 1;
        let (attempt, seq) = (*attempt, self.steps.len());
        let step = self.step(Edge::In, at, seq, parent);
        (step.attempt, step.base) = (attempt, parent);
        step.seen = Some(seen.clone());
        seq
    }

    /// The first probe that a call reaches, if this is it.
    fn reach(&mut self, call: Call, seen: &Seen) -> usize {
        let made = self.calls.get_mut(&call).expect("a call in the log");
        let first = !std::mem::replace(&mut made.reached, true);
        let (from, rebuilt) = (made.from, made.rebuilt);
        if first && self.steps[from].at.0 == SiteKind::Router {
            let step = self.step(Edge::Out, (SiteKind::Router, "router".into()), from, None);
            step.stage = Stage::Resolve;
            step.resolved = Some(seen.route.clone());
        }
        if first && rebuilt {
            self.rebuilt.push((self.steps.len() - 1, from));
        }
        from
    }

    fn enter(
        &mut self,
        app: &AppPlan,
        visit: Visit,
        place: Place,
        caller: Option<Call>,
        seen: &Seen,
    ) {
        let mut parent = caller.map(|call| match self.edges.get(&call) {
            Some(edge) => {
                self.calls.get_mut(&call).expect("a call").reached = true;
                *edge
            }
            None => self.reach(call, seen),
        });
        let mut entries = Vec::new();
        if let Some(call) = caller
            && self.goes_into_nest(app, call, place)
        {
            entries = self.enter_nest(call, parent, seen);
            parent = entries.last().copied();
        }
        for at in sites(app, place) {
            let entry = self.enter_one(at, parent, seen);
            entries.push(entry);
            parent = Some(entry);
        }
        self.places.insert(visit, place);
        self.entries.insert(visit, entries);
    }

    /// Whether a call leads from the outer router into the nested one.
    fn goes_into_nest(&self, app: &AppPlan, call: Call, place: Place) -> bool {
        app.nested && is_inner(app, place) && !is_inner(app, self.places[&self.calls[&call].by])
    }

    /// The two probes around a nested router: before and behind its prefix is taken off.
    fn enter_nest(&mut self, call: Call, parent: Option<usize>, seen: &Seen) -> Vec<usize> {
        let before = self.calls[&call].seen.clone();
        let mut before = Seen {
            route: seen.route.clone(),
            ..before
        };
        // Where the layer outside has changed the target, no probe tells its change from the nest's.
        let outside = parent.and_then(|p| self.steps[p].seen.as_ref());
        if outside.is_some_and(|o| o.uri != before.uri) {
            before.uri.clone_from(&seen.uri);
        }
        let nest = self.enter_one((SiteKind::Nest, "nest /n".into()), parent, &before);
        let edge = (SiteKind::Edge, "inside nest /n".into());
        vec![nest, self.enter_one(edge, Some(nest), seen)]
    }

    fn call(&mut self, call: Call, by: Visit, seen: &Seen, rebuilt: bool, traced: Option<usize>) {
        let from = *self.entries[&by].last().expect("a visit has an entry");
        let made = CallMade {
            by,
            from,
            seen: seen.clone(),
            rebuilt,
            reached: false,
        };
        self.calls.insert(call, made);
        if let Some(index) = traced {
            let from = self.reach(call, seen);
            self.calls.get_mut(&call).expect("a call").reached = false;
            let edge = self.enter_one(
                (SiteKind::Edge, format!("inside T{index}")),
                Some(from),
                seen,
            );
            self.edges.insert(call, edge);
        }
    }

    fn back(&mut self, app: &AppPlan, call: Call, how: &How) {
        let edge = self.edges.get(&call).copied();
        let made = &self.calls[&call];
        if let (false, How::Returned(seen)) = (made.reached, how) {
            // None of the kit's views: axum's own answer.
            let name = seen.status.map_or_else(String::new, |s| s.to_string());
            let mut request = made.seen.clone();
            // A nested router may have taken its prefix off, which no layer of the kit sees.
            request.uri = None;
            // As the router had it: what layers make of it changes no route.
            let target = self.steps[0].seen.as_ref().and_then(|s| s.uri.clone());
            let path = target.unwrap_or_default();
            if seen.status == Some(405) && request.route.is_none() {
                // No layer was there to see it: the route of this path, which has no such method.
                let routes = ["/plain", "/n/items/{id}", "/items/{id}"];
                let start = |r: &&&str| path.starts_with(r.trim_end_matches("{id}"));
                request.route = routes.iter().find(start).map(|r| (*r).to_owned());
            }
            let parent = match edge {
                Some(edge) => edge,
                None => self.reach(call, &request),
            };
            let (from_outside, mut inside) = (parent, parent);
            let mut nest = Vec::new();
            if name == "405"
                && self.goes_into_nest(app, call, Place::View(0))
                && path.starts_with("/n/")
            {
                nest = self.enter_nest(call, Some(parent), &request);
                inside = nest[1];
            }
            let entry = self.enter_one((SiteKind::DefaultFallback, name), Some(inside), &request);
            let how = match self.steps[from_outside].at.0 {
                SiteKind::Router => &How::Returned(Box::new(bare(seen, call))),
                _ => how,
            };
            for entry in [entry].into_iter().chain(nest.into_iter().rev()) {
                self.out(entry, how);
            }
        }
        if let Some(edge) = edge {
            self.out(edge, how);
        }
    }

    fn out(&mut self, entry: usize, how: &How) {
        let entered = self.steps[entry].clone();
        let base = self.inner.get(&entry).copied();
        let seq = self.steps.len();
        let step = self.step(Edge::Out, entered.at, entry, entered.parent);
        step.attempt = entered.attempt;
        step.left = Some(match how {
            How::Returned(_) => "returned",
            How::Error => "error",
            How::Dropped => "dropped",
            How::Unwound => "unwound",
        });
        if let How::Returned(seen) = how {
            step.seen = Some((**seen).clone());
            step.base = base;
            self.inner.insert(entry, seq);
            if let Some(parent) = entered.parent {
                self.inner.insert(parent, seq);
            }
        }
    }

    fn send(&mut self) {
        let before = self.steps.last().cloned().expect("the router has answered");
        let seq = self.steps.len();
        let step = self.step(Edge::In, before.at, seq, Some(0));
        (step.stage, step.base) = (Stage::Send, Some(seq - 1));
        step.seen = before.seen;
    }

    fn sent(&mut self, left: &BodyLeft) {
        let send = self.steps.iter().rposition(|s| s.stage == Stage::Send);
        let send = send.expect("a body comes behind a head");
        let at = self.steps[send].at.clone();
        let step = self.step(Edge::Out, at, send, None);
        step.stage = Stage::Send;
        step.left = Some(match left {
            BodyLeft::All => "sent",
            _ => "cut",
        });
    }
}

/// An answer of axum's own, before its router adds what it adds.
fn bare(seen: &Seen, call: Call) -> Seen {
    let mut bare = seen.clone();
    bare.headers
        .retain(|(name, ..)| name != "content-length" && name != "allow");
    bare.label = Label::Default(call);
    bare
}
