//! A cycle with assertions.

use crate::{
    replay::{Held, Message, Replay},
    text,
    wire::{Cycle, Delta, Edge, Extension, Header, Left, MarkKind, Outcome, Side, Step},
};
use std::{any::type_name, fmt, ops::Deref};

/// What happened to a request in a test. It is a [`Cycle`], and prints as a timeline without times.
///
/// # Example
///
/// Each of its questions, asked once:
///
/// ```
/// use onionskin::{
///     Router, body::Body, extract::Request, http::{HeaderValue, StatusCode}, middleware::{Next, from_fn},
///     response::Response, routing::get, testing,
/// };
///
/// #[derive(Clone)]
/// struct User;
///
/// /// Everything is of its making but the header that says the body's type.
/// async fn disguise(mut request: Request, next: Next) -> Response {
///     request.headers_mut().insert("x-user", HeaderValue::from_static("7"));
///     request.extensions_mut().insert(User);
///     *request.body_mut() = Body::from("milk, please");
///     let mut response = next.run(request).await;
///     *response.status_mut() = StatusCode::IM_A_TEAPOT;
///     *response.body_mut() = Body::from("tea");
///     response
/// }
///
/// async fn cup() -> &'static str {
///     "coffee"
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new().route("/cups/{size}", get(cup)).layer(from_fn(disguise));
/// let request = Request::get("/cups/large").header("accept", "*/*").body(Body::empty()).unwrap();
/// let (_, cycle) = testing::run(app, request).await;
///
/// assert!(cycle.layer("disguise").ran());
/// assert_eq!(cycle.order(), ["serve", "router", "disguise", "cup", "serve"]);
/// assert_eq!(cycle.header_set_by("content-type"), Some("cup"));
/// assert_eq!(cycle.header_set_by("x-user"), None); // that is the request's
/// assert_eq!(cycle.request_header_set_by("x-user"), Some("disguise"));
/// assert_eq!(cycle.request_header_set_by("accept"), None); // the client's own
/// assert_eq!(cycle.status_set_by(), Some("disguise"));
/// assert_eq!(cycle.body_set_by(), Some("disguise"));
/// assert_eq!(cycle.request_body_set_by(), Some("disguise"));
/// assert_eq!(cycle.extension_set_by::<User>(), Some("disguise"));
/// assert_eq!(cycle.param("size"), Some("large"));
/// assert!(cycle.never_ran().is_empty());
/// assert!(cycle.sql().is_empty());
/// let seen = cycle.replay().request(cycle.steps.len() as u32 - 1).unwrap();
/// assert!(seen.headers.iter().any(|held| held.value.name == "x-user"));
/// assert!(cycle.to_string().starts_with("GET /cups/large"), "{cycle}");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorded {
    cycle: Cycle,
    replay: Replay,
}

/// The example of [`Recorded`] asks each of them.
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

    /// Names of the places in the order in which they were entered: the server that reads, layers, the router, the view, and
    /// the server again, when it sends.
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

    /// The value of a parameter of the path, as it stood there; none if the route has no such parameter, or there was none.
    pub fn param(&self, name: &str) -> Option<&str> {
        let resolved = self.steps.iter().filter_map(|s| s.resolved.as_ref());
        let mut params = resolved.flat_map(|r| &r.params);
        let (_, value) = params.rfind(|(n, _)| n == name)?;
        Some(value)
    }

    /// Names of the layers and views that would have run had no layer before them answered by itself, in order; empty if none
    /// did.
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

    /// The folded messages: request and response as they were at each step.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Statements that ran, in order: of sqlx with `log_layer` (feature `subscriber`), of diesel with `diesel_instrumentation`
    /// (feature `diesel`); empty without these.
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
///
/// # Example
///
/// Each of its questions, asked once:
///
/// ```
/// use onionskin::{
///     Router, body::Body, extract::Request, http::{HeaderValue, StatusCode}, middleware::{Next, from_fn},
///     response::{IntoResponse, Response}, routing::get, testing::{self, Tap},
/// };
/// use tower_service::Service;
///
/// async fn stamp(mut request: Request, next: Next) -> Response {
///     request.headers_mut().insert("x-stamp", HeaderValue::from_static("1"));
///     next.run(request).await
/// }
///
/// async fn doorkeeper(request: Request, next: Next) -> Response {
///     match request.uri().path() {
///         "/" => StatusCode::FORBIDDEN.into_response(),
///         _ => next.run(request).await,
///     }
/// }
///
/// async fn view() {}
///
/// async fn broken() {
///     panic!("broken");
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut app: Router = Router::new()
///     .route("/", get(view))
///     .route("/broken", get(broken))
///     .route("/stuck", get(|| std::future::pending::<()>()))
///     .layer(from_fn(doorkeeper))
///     .layer(from_fn(stamp));
/// let (_, cycle) = testing::run(app.clone(), Request::new(Body::empty())).await;
///
/// let stamp = cycle.layer("stamp");
/// assert!(stamp.ran());
/// assert_eq!(stamp.attempts(), 1);
/// assert!(!stamp.answered());
/// assert_eq!(stamp.request_changes()[0].headers.len(), 1);
/// assert!(stamp.response_changes().iter().all(|delta| delta.is_empty()));
/// assert!(!stamp.changed_nothing());
/// assert!(!stamp.panicked() && !stamp.was_dropped());
/// assert!(cycle.layer("doorkeeper").answered());
/// assert!(cycle.layer("view").never_ran());
///
/// let tap = Tap::new();
/// let request = |path| tap.attach(Request::get(path).body(Body::empty()).unwrap());
/// # std::panic::set_hook(Box::new(|_| {}));
/// let broken = tokio::spawn(app.call(request("/broken")));
/// assert!(broken.await.unwrap_err().is_panic());
/// assert!(tap.take()[0].layer("stamp").panicked());
///
/// let stuck = tokio::spawn(app.call(request("/stuck")));
/// tokio::task::yield_now().await;
/// stuck.abort(); // the client goes away
/// assert!(stuck.await.unwrap_err().is_cancelled());
/// assert!(tap.take()[0].layer("stamp").was_dropped());
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LayerSeen<'a> {
    recorded: &'a Recorded,
    site: usize,
}

/// The example of [`LayerSeen`] asks each of them.
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

    /// How often the request entered it: more than once if a layer around it tried again.
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

    /// What it changed in the response, each time it answered; empty if it never did.
    pub fn response_changes(&self) -> Vec<&'a Delta> {
        self.steps(Edge::Out)
            .filter_map(|s| s.delta.as_ref())
            .collect()
    }

    /// What it changed in the request before it asked the service inside it, each time it did; empty if it never did.
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
