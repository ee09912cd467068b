//! What is generated: a request, an app, and a client that takes the answer. Everything here prints well with `{:#?}`.

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    pub request: RequestPlan,
    pub app: AppPlan,
    pub client: Client,
}

/// The request as the client sends it.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    pub method: &'static str,
    pub path: &'static str,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: BodyPlan,
}

/// The app: layers from outside to inside, spread over its routers.
#[derive(Clone, Debug)]
pub struct AppPlan {
    /// Outermost first.
    pub layers: Vec<LayerPlan>,
    /// How many of them, the innermost, are layers of the `MethodRouter`.
    pub on_method: usize,
    /// How many of those, the innermost, may fail: the next layer outside turns the error into a response.
    pub fallible: usize,
    /// How many of the others, the innermost, are layers of the inner router.
    pub on_inner: usize,
    /// The last of the outer router's layers is a `route_layer`.
    pub route_layer: bool,
    /// Whether the inner router is nested below `/n`, or merged.
    pub nested: bool,
    /// Whether the outer router has a fallback of the app's own.
    pub fallback: bool,
    /// Whether the inner one has (only where it is nested).
    pub inner_fallback: bool,
    pub view: ViewPlan,
}

/// What one layer does.
#[derive(Clone, Debug)]
pub struct LayerPlan {
    /// Whether it is added as `traced("T…", layer)`.
    pub traced: bool,
    pub on_request: Vec<Edit>,
    pub wait_before: u8,
    pub mode: Mode,
    pub wait_after: u8,
    pub on_response: Vec<Edit>,
}

/// How a layer calls the service inside it.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    Pass,
    /// It answers by itself.
    Answer(u16),
    /// It throws the inner answer away and gives another.
    Instead(u16),
    /// One call after the other.
    Twice(Keep),
    /// Two calls at once.
    Join(Keep),
    /// The inner service runs on a task of its own.
    Spawn,
    /// Two calls at once, each on a task of its own.
    SpawnTwice(Keep),
    /// It gives up after so many milliseconds, and answers with this status.
    Timeout(u8, u16),
    /// It gives up after so many polls, and answers with this status.
    GiveUp(u8, u16),
    /// It hands on a request made afresh: without its extensions.
    Rebuild,
    /// It takes the answer apart and builds a new response of the parts.
    Reassemble,
    Panic(Moment),
    /// It turns a panic inside into a response.
    Catch,
    /// As [`Mode::Catch`], and then calls again.
    CatchAndRetry,
    Fail(Moment),
    /// It never answers.
    Hang,
}

/// Which of two answers is handed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keep {
    First,
    Second,
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    InCall,
    Before,
    After,
}

/// One thing done to a message.
#[derive(Clone, Debug)]
pub enum Edit {
    Set(&'static str, Vec<u8>),
    Append(&'static str, Vec<u8>),
    Remove(&'static str),
    Sensitive(&'static str, Vec<u8>),
    Uri(&'static str),
    Method(&'static str),
    Status(u16),
    Ext(usize),
    NoExt(usize),
    Body(BodyEdit),
}

/// One thing done to a body.
#[derive(Clone, Debug)]
pub enum BodyEdit {
    Replace(BodyPlan),
    /// Wrapped in a body that puts a chunk before it.
    Prefix,
    /// Wrapped in a body that changes bytes and announces the same length.
    Disguise,
    /// Read whole, and put back as one chunk.
    Buffer,
    Empty,
}

/// A body of the kit.
#[derive(Clone, Debug, Default)]
pub struct BodyPlan {
    pub chunks: Vec<Vec<u8>>,
    /// Whether the size hint is exact.
    pub exact: bool,
    /// Whether `is_end_stream` says so at the end.
    pub tells_end: bool,
    /// Whether each frame is first `Pending`.
    pub waits: bool,
    pub trailers: Vec<(&'static str, Vec<u8>)>,
    pub end: End,
}

/// How a body of the kit ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum End {
    #[default]
    Well,
    Error,
    Panic,
    /// Never: it gives its chunks again and again.
    Never,
}

/// The view.
#[derive(Clone, Debug)]
pub struct ViewPlan {
    pub mode: Mode,
    /// How many frames of the request's body it reads.
    pub reads: usize,
    pub wait: u8,
    pub edits: Vec<Edit>,
    pub body: BodyPlan,
}

/// Who sends the request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Drops the future after it was pending so often.
    pub gives_up: Option<u8>,
    /// How many frames of the answer's body it takes; none: all of them.
    pub takes: Option<usize>,
}
