//! The table of fields.

/// A field of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    AnsweredBy,
    App,
    Body,
    ChangedBy,
    Conn,
    Cookie,
    Error,
    Ext,
    Extractor,
    Handler,
    Header,
    Layer,
    Level,
    Log,
    Logs,
    Method,
    Number,
    Outcome,
    Panic,
    Param,
    Path,
    Query,
    RequestHeader,
    ResponseHeader,
    Route,
    Run,
    Since,
    Size,
    Sql,
    Status,
    Target,
    Time,
}

/// What may stand behind a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name: `:` compares all of it, with `*` for any characters.
    Name,
    /// A longer text: `:` looks for it inside.
    Prose,
    /// A name, and perhaps a test of its value: `header:x-id`, `header:x-id:7`, `header:x-id~^a`.
    Named,
    /// A type, which has `::` in it, and perhaps a test of what its value shows: `ext:app::User`, `ext:app::User:bob`.
    Typed,
    /// A number; `4xx` is a class.
    Number(Unit),
    /// A number, or with `~` a text that is counted.
    Counted,
    /// A level of logs: itself and all that are worse.
    Level,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Just a number.
    One,
    /// Nanoseconds, written with a unit.
    Time,
    /// Bytes, written with or without a unit.
    Bytes,
    /// An age: nanoseconds, written with a unit; alone it means that or less.
    Age,
}

/// What must be looked at to answer; a later one costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needs {
    /// The line of the list.
    Line,
    /// Which places were passed.
    Places,
    /// The whole cycle, decoded.
    Cycle,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Info {
    pub(super) field: Field,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) needs: Needs,
    /// Whether `none` asks for cycles that have no such thing.
    pub(super) none: bool,
    pub(super) what: &'static str,
    pub(super) example: &'static str,
}

impl Field {
    pub(super) fn info(self) -> &'static Info {
        let info = FIELDS.iter().find(|info| info.field == self);
        info.expect("every field is in the table")
    }

    /// The field of a name, in whatever case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let info = FIELDS.iter().find(|i| i.name.eq_ignore_ascii_case(name));
        info.map(|info| info.field)
    }
}

const fn row(
    field: Field,
    name: &'static str,
    kind: Kind,
    needs: Needs,
    what: &'static str,
    example: &'static str,
) -> Info {
    Info {
        field,
        name,
        kind,
        needs,
        none: matches!(field, Field::Route | Field::Status),
        what,
        example,
    }
}

/// All fields, those first that are wanted most.
#[rustfmt::skip]
pub(super) const FIELDS: &[Info] = &[
    row(Field::Method, "method", Kind::Name, Needs::Line, "method of the request", "method:POST"),
    row(Field::Status, "status", Kind::Number(Unit::One), Needs::Line, "status as sent; `none`: there was no answer", "status:>=500"),
    row(Field::Path, "path", Kind::Name, Needs::Line, "path as received, without the query", "path:/api/*"),
    row(Field::Query, "query", Kind::Named, Needs::Line, "parameter in the query, as received (not decoded)", "query:page:2"),
    row(Field::Target, "target", Kind::Name, Needs::Line, "path and query as received", "target:*page=2*"),
    row(Field::Route, "route", Kind::Name, Needs::Line, "pattern that matched; `none`: a fallback or nested service answered", "route:/books/{id}"),
    row(Field::Time, "time", Kind::Number(Unit::Time), Needs::Line, "from the first byte to the last", "time:>100ms"),
    row(Field::Outcome, "outcome", Kind::Name, Needs::Line, "how it ended: `completed`, `short_circuited`, `rejected`, `failed`, `panicked`, `timed_out`, `cancelled`, `upgraded`", "outcome:rejected"),
    row(Field::AnsweredBy, "answered-by", Kind::Name, Needs::Line, "layer that answered by itself, or gave up waiting and answered", "answered-by:auth"),
    row(Field::ChangedBy, "changed-by", Kind::Name, Needs::Places, "layer or handler that changed anything of the request or the response, by its name or `name@file:line`", "changed-by:session"),
    row(Field::Layer, "layer", Kind::Name, Needs::Places, "layer that was passed, by its name or `name@file:line`", "layer:TimeoutLayer"),
    row(Field::Handler, "handler", Kind::Name, Needs::Places, "handler, service or fallback that was reached, by its name or `name@file:line`", "handler:show_book"),
    row(Field::Extractor, "extractor", Kind::Name, Needs::Line, "extractor that refused the request, or its rejection", "extractor:*Json*"),
    row(Field::Header, "header", Kind::Named, Needs::Cycle, "header of request or response, at any step", "header:x-id~^a"),
    row(Field::RequestHeader, "request-header", Kind::Named, Needs::Cycle, "header of the request, at any step", "request-header:accept:*json*"),
    row(Field::ResponseHeader, "response-header", Kind::Named, Needs::Cycle, "header of the response, at any step", "response-header:location"),
    row(Field::Cookie, "cookie", Kind::Named, Needs::Cycle, "cookie that came or was set", "cookie:sid"),
    row(Field::Param, "param", Kind::Named, Needs::Cycle, "parameter in the path", "param:id:7"),
    row(Field::Ext, "ext", Kind::Typed, Needs::Cycle, "type of an extension that was put in, with or without its path; behind it what its value shows, if the app watches the type", "ext:User:bob"),
    row(Field::Body, "body", Kind::Prose, Needs::Cycle, "in what was kept of a body, as it was sent", "body~\"out of stock\""),
    row(Field::Size, "size", Kind::Number(Unit::Bytes), Needs::Cycle, "bytes of the response's body", "size:>1mb"),
    row(Field::Sql, "sql", Kind::Counted, Needs::Line, "how many statements ran; with `~` in a statement", "sql:>10"),
    row(Field::Logs, "logs", Kind::Number(Unit::One), Needs::Line, "how many events were logged", "logs:0"),
    row(Field::Log, "log", Kind::Prose, Needs::Cycle, "in a logged message, its target or its fields", "log~timeout"),
    row(Field::Level, "level", Kind::Level, Needs::Cycle, "something was logged at this level or a worse one", "level:warn"),
    row(Field::Error, "error", Kind::Prose, Needs::Cycle, "in an error: why it failed, what the response stands for, how a body broke", "error:refused"),
    row(Field::Panic, "panic", Kind::Prose, Needs::Cycle, "in the message of a panic, or its file and line", "panic:unwrap"),
    row(Field::App, "app", Kind::Name, Needs::Line, "name of the app", "app:shop"),
    row(Field::Run, "run", Kind::Name, Needs::Line, "app run: its id, its number, or `last` for each app's newest", "run:last"),
    row(Field::Number, "number", Kind::Number(Unit::One), Needs::Line, "number of the cycle in its run", "number:100..200"),
    row(Field::Since, "since", Kind::Number(Unit::Age), Needs::Line, "how long ago it began, at most (exact to 1 %)", "since:5m"),
    row(Field::Conn, "conn", Kind::Number(Unit::One), Needs::Cycle, "number of the connection in its run", "conn:3"),
];
