//! What the kit says that happened, in the order in which it happened: the oracle.

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{Extensions, HeaderMap};
use http_body::Body as _;
use std::{
    cell::Cell,
    sync::{Arc, Mutex},
};

/// Which body a message has: a [`crate::reel::Reel`] by its number, or one of axum's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    Reel(usize),
    /// The body of the default fallback that answered this call.
    Default(usize),
    /// What is left of the answer to `HEAD`.
    Head,
}

/// A message as the kit saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub method: Option<String>,
    pub uri: Option<String>,
    pub status: Option<u16>,
    pub version: String,
    pub headers: Vec<(String, Vec<u8>, bool)>,
    pub exts: Vec<usize>,
    pub label: Label,
    pub exact: Option<u64>,
    pub ended: bool,
    pub route: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Ext<const N: usize>;

fn exts(extensions: &Extensions) -> Vec<usize> {
    let there = [
        extensions.get::<Ext<0>>().is_some(),
        extensions.get::<Ext<1>>().is_some(),
        extensions.get::<Ext<2>>().is_some(),
    ];
    (0..3).filter(|i| there[*i]).collect()
}

fn headers(map: &HeaderMap) -> Vec<(String, Vec<u8>, bool)> {
    map.iter()
        .map(|(n, v)| (n.to_string(), v.as_bytes().to_vec(), v.is_sensitive()))
        .collect()
}

impl Seen {
    pub fn request(request: &Request, label: Label) -> Self {
        Self {
            method: Some(request.method().to_string()),
            uri: Some(request.uri().to_string()),
            status: None,
            version: format!("{:?}", request.version()),
            headers: headers(request.headers()),
            exts: exts(request.extensions()),
            label,
            exact: request.body().size_hint().exact(),
            ended: request.body().is_end_stream(),
            route: request
                .extensions()
                .get::<MatchedPath>()
                .map(|p| p.as_str().to_owned()),
        }
    }

    pub fn response(response: &Response, label: Label) -> Self {
        Self {
            method: None,
            uri: None,
            status: Some(response.status().as_u16()),
            version: format!("{:?}", response.version()),
            headers: headers(response.headers()),
            exts: exts(response.extensions()),
            label,
            exact: response.body().size_hint().exact(),
            ended: response.body().is_end_stream(),
            route: None,
        }
    }
}

/// Where something of the kit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Router,
    /// By its index in the plan.
    Layer(usize),
    /// The views, by number.
    View(usize),
}

/// How something of the kit was left.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    Returned(Box<Seen>),
    Error,
    Dropped,
    Unwound,
}

/// Number of a visit: one passing of a layer or view.
pub type Visit = usize;
/// Number of a call that a visit made to the service inside.
pub type Call = usize;

#[derive(Clone, Debug)]
pub enum Event {
    /// A request came to a place.
    Enter {
        visit: Visit,
        place: Place,
        caller: Option<Call>,
        seen: Box<Seen>,
    },
    /// A visit calls the service inside.
    Call {
        call: Call,
        by: Visit,
        seen: Box<Seen>,
        rebuilt: bool,
    },
    /// A call ended.
    Back { call: Call, how: How },
    /// A visit ended.
    Leave { visit: Visit, how: How },
    /// The client does not wait any longer.
    GaveUp,
    /// The client has the head of the response.
    Head,
    /// The client is done with the body: it took all of it, it broke, or the client stopped.
    Body(BodyLeft),
}

#[derive(Clone, Debug, PartialEq)]
pub enum BodyLeft {
    All,
    Broke,
    Stopped,
    Panicked,
}

/// What a body of the kit has given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub data: Vec<u8>,
    pub frames: u64,
    pub trailers: Vec<(String, Vec<u8>)>,
    pub polls: u64,
    /// It said that it is over.
    pub said_end: bool,
    /// It was dropped when it was over, and would have said so.
    pub dropped_at_end: bool,
    pub broke: bool,
}

#[derive(Debug, Default)]
pub struct Inner {
    pub events: Vec<Event>,
    pub reels: Vec<Given>,
    visits: usize,
    calls: usize,
}

/// The log of one case.
#[derive(Clone, Debug, Default)]
pub struct Log(pub Arc<Mutex<Inner>>);

thread_local! {
    static CALLER: Cell<Option<Call>> = const { Cell::new(None) };
}

/// Runs code on behalf of a call.
pub fn within<R>(call: Option<Call>, code: impl FnOnce() -> R) -> R {
    struct Back(Option<Call>);
    impl Drop for Back {
        fn drop(&mut self) {
            CALLER.set(self.0);
        }
    }
    let _back = Back(CALLER.replace(call));
    code()
}

impl Log {
    pub fn with<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        f(&mut self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn push(&self, event: Event) {
        self.with(|l| l.events.push(event));
    }

    /// A request came to a place. Returns the visit and the request's body.
    pub fn enter(&self, place: Place, request: &Request) -> (Visit, Label) {
        let caller = CALLER.get();
        let label = caller.map_or(Label::Reel(0), |call| self.label_of(call));
        let visit = self.with(|l| {
            l.visits += 1;
            l.visits - 1
        });
        let seen = Box::new(Seen::request(request, label));
        self.push(Event::Enter {
            visit,
            place,
            caller,
            seen,
        });
        (visit, label)
    }

    pub fn call(&self, by: Visit, request: &Request, label: Label, rebuilt: bool) -> Call {
        let call = self.with(|l| {
            l.calls += 1;
            l.calls - 1
        });
        let seen = Box::new(Seen::request(request, label));
        self.push(Event::Call {
            call,
            by,
            seen,
            rebuilt,
        });
        call
    }

    /// Returns the body that came back.
    pub fn back(&self, call: Call, response: &Response) -> Label {
        let label = self.label_back(call);
        let seen = Box::new(Seen::response(response, label));
        self.push(Event::Back {
            call,
            how: How::Returned(seen),
        });
        label
    }

    pub fn back_without(&self, call: Call, how: How) {
        self.push(Event::Back { call, how });
    }

    pub fn leave(&self, visit: Visit, how: How) {
        self.push(Event::Leave { visit, how });
    }

    pub fn gave_up(&self) {
        self.push(Event::GaveUp);
    }

    pub fn head(&self) {
        self.push(Event::Head);
    }

    pub fn body(&self, left: BodyLeft) {
        self.push(Event::Body(left));
    }

    fn label_of(&self, call: Call) -> Label {
        self.with(|l| {
            l.events.iter().find_map(|e| match e {
                Event::Call { call: c, seen, .. } if *c == call => Some(seen.label),
                _ => None,
            })
        })
        .expect("the call is in the log")
    }

    /// The body of the answer to a call: that of the visit which it led to.
    pub fn label_back(&self, call: Call) -> Label {
        self.with(|l| {
            let visit = l.events.iter().find_map(|e| match e {
                Event::Enter { caller, visit, .. } if *caller == Some(call) => Some(*visit),
                _ => None,
            })?;
            l.events.iter().find_map(|e| match e {
                Event::Leave {
                    visit: v,
                    how: How::Returned(seen),
                } if *v == visit => Some(seen.label),
                _ => None,
            })
        })
        .unwrap_or(Label::Default(call))
    }
}
