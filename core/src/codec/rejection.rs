//! Which extractor refused a request.
//!
//! axum calls the extractors and the function of a handler in one piece, so no probe stands between them. What is known
//! comes from three sources, and the outcome says from which:
//!
//! 1. the app says it: [`Rejected`](crate::Rejected) in the response's extensions;
//! 2. axum says it, in an event that is heard while a `log_layer` is installed;
//! 3. the answer says it: status, content type and text are, word for word, those of one of axum's rejections, and the
//!    handler has an extractor that gives it.
//!
//! A handler that takes a `Result<Json<T>, JsonRejection>` is called all the same, and may answer with the rejection: that is
//! its answer, and no rejection.

use super::{
    decode::{Decoder, Entry},
    delta::Head,
};
use crate::wire::{BodyEnd, ExtensionEdit, KnownBy, MarkKind, Outcome};

/// A rejection of axum's: its type, its status, how its text begins, and the extractors that give it.
struct Known(&'static str, u16, &'static str, &'static [&'static str]);

const BODIES: &[&str] = &["Json", "Form", "RawForm", "Bytes", "String"];
const WEB_SOCKET: &[&str] = &["WebSocketUpgrade"];

/// axum 0.8 and axum-core 0.5: `extract/rejection.rs`, `extract/path/mod.rs`, `extract/ws.rs`, `extract/multipart.rs`.
const KNOWN: &[Known] = &[
    Known(
        "JsonDataError",
        422,
        "Failed to deserialize the JSON body into the target type",
        &["Json"],
    ),
    Known(
        "JsonSyntaxError",
        400,
        "Failed to parse the request body as JSON",
        &["Json"],
    ),
    Known(
        "MissingJsonContentType",
        415,
        "Expected request with `Content-Type: application/json`",
        &["Json"],
    ),
    Known(
        "LengthLimitError",
        413,
        "Failed to buffer the request body",
        BODIES,
    ),
    Known(
        "UnknownBodyError",
        400,
        "Failed to buffer the request body",
        BODIES,
    ),
    Known(
        "InvalidUtf8",
        400,
        "Request body didn't contain valid UTF-8",
        &["String"],
    ),
    Known(
        "InvalidFormContentType",
        415,
        "Form requests must have `Content-Type: application/x-www-form-urlencoded`",
        &["Form", "RawForm"],
    ),
    Known(
        "FailedToDeserializeForm",
        400,
        "Failed to deserialize form",
        &["Form"],
    ),
    Known(
        "FailedToDeserializeFormBody",
        422,
        "Failed to deserialize form body",
        &["Form"],
    ),
    Known(
        "FailedToDeserializeQueryString",
        400,
        "Failed to deserialize query string",
        &["Query"],
    ),
    Known(
        "FailedToDeserializePathParams",
        400,
        "Invalid URL",
        &["Path"],
    ),
    Known(
        "FailedToDeserializePathParams",
        500,
        "Wrong number of path arguments for `Path`. Expected ",
        &["Path"],
    ),
    Known(
        "FailedToDeserializePathParams",
        500,
        "Unsupported type `",
        &["Path"],
    ),
    Known(
        "MissingPathParams",
        500,
        "No paths parameters found for matched route",
        &["Path", "RawPathParams"],
    ),
    Known(
        "InvalidUtf8InPathParam",
        400,
        "Invalid UTF-8 in `",
        &["Path", "RawPathParams"],
    ),
    Known(
        "MissingExtension",
        500,
        "Missing request extension",
        &["Extension", "ConnectInfo"],
    ),
    Known(
        "MatchedPathMissing",
        500,
        "No matched path found",
        &["MatchedPath"],
    ),
    Known(
        "NestedPathRejection",
        500,
        "The matched route is not nested",
        &["NestedPath"],
    ),
    Known(
        "InvalidBoundary",
        400,
        "Invalid `boundary` for `multipart/form-data` request",
        &["Multipart"],
    ),
    Known(
        "MethodNotGet",
        405,
        "Request method must be `GET`",
        WEB_SOCKET,
    ),
    Known(
        "MethodNotConnect",
        405,
        "Request method must be `CONNECT`",
        WEB_SOCKET,
    ),
    Known(
        "InvalidConnectionHeader",
        400,
        "Connection header did not include 'upgrade'",
        WEB_SOCKET,
    ),
    Known(
        "InvalidUpgradeHeader",
        400,
        "`Upgrade` header did not include 'websocket'",
        WEB_SOCKET,
    ),
    Known(
        "InvalidProtocolPseudoheader",
        400,
        "`:protocol` pseudo-header did not include 'websocket'",
        WEB_SOCKET,
    ),
    Known(
        "InvalidWebSocketVersionHeader",
        400,
        "`Sec-WebSocket-Version` header did not include '13'",
        WEB_SOCKET,
    ),
    Known(
        "WebSocketKeyHeaderMissing",
        400,
        "`Sec-WebSocket-Key` header missing",
        WEB_SOCKET,
    ),
    Known(
        "ConnectionNotUpgradable",
        426,
        "WebSocket request couldn't be upgraded since no upgrade state was present",
        WEB_SOCKET,
    ),
    // axum-extra 0.12.
    Known(
        "TypedHeaderRejection",
        400,
        "Header of type `",
        &["TypedHeader"],
    ),
    Known(
        "TypedHeaderRejection",
        400,
        "invalid HTTP header (",
        &["TypedHeader"],
    ),
    Known(
        "FailedToResolveHost",
        400,
        "No host found in request",
        &["Host"],
    ),
    Known(
        "SchemeMissing",
        400,
        "No scheme found in request",
        &["Scheme"],
    ),
    Known(
        "ProtobufDecodeError",
        422,
        "Failed to decode the body",
        &["Protobuf"],
    ),
];

/// Extractors of axum's and axum-extra's that give no rejection but those above, or none at all.
const OF_AXUM: &[&str] = &[
    "State",
    "Method",
    "Uri",
    "Version",
    "HeaderMap",
    "OriginalUri",
    "Request",
    "Body",
    "Parts",
    "Extensions",
    "RawQuery",
    "Json",
    "Form",
    "RawForm",
    "Bytes",
    "String",
    "Query",
    "Path",
    "RawPathParams",
    "Extension",
    "ConnectInfo",
    "MatchedPath",
    "NestedPath",
    "Multipart",
    "WebSocketUpgrade",
    "()",
    "TypedHeader",
    "Host",
    "Scheme",
    "Protobuf",
    "CookieJar",
    "SignedCookieJar",
    "PrivateCookieJar",
];

/// The outcome of a cycle that was answered by the view of this entry, if one of its extractors refused the request.
pub(super) fn of(decoder: &Decoder<'_>, entry: &Entry) -> Option<Outcome> {
    let rejected = |extractor: String, rejection, known_by| Outcome::Rejected {
        site: Some(entry.site),
        extractor,
        rejection,
        read: read(decoder, entry),
        known_by,
    };
    if let Some(by) = said_by_the_app(decoder, entry) {
        return Some(rejected(by, None, KnownBy::App));
    }
    let extractors = &decoder.cycle.sites[entry.site].extractors;
    let (name, known_by) = match said_by_axum(decoder, entry) {
        Some(name) => (name, KnownBy::Event),
        None => (said_by_the_answer(decoder, entry)?, KnownBy::Answer),
    };
    let extractor = match gives(&name, extractors) {
        Given::By(extractor) => extractor.to_owned(),
        Given::BySome => name.clone(),
        // A route that is no handler (a router of others) has no list.
        Given::ByNone if extractors.is_empty() && known_by == KnownBy::Event => name.clone(),
        Given::ByNone => return None,
    };
    Some(rejected(extractor, Some(name), known_by))
}

enum Given<'a> {
    /// By this extractor.
    By(&'a str),
    /// By more than one of them, or perhaps by one that is not axum's.
    BySome,
    /// By none of them.
    ByNone,
}

/// Which of a handler's extractors gives a rejection of axum's.
fn gives<'a>(rejection: &str, extractors: &'a [String]) -> Given<'a> {
    let kinds = KNOWN.iter().filter(|known| known.0 == rejection);
    let kinds: Vec<_> = kinds.flat_map(|known| known.3).collect();
    // `Option<Json<T>>` refuses what is there and broken.
    let base = |extractor: &'a str| {
        let inside = extractor.strip_prefix("Option<").unwrap_or(extractor);
        inside.split(['<', '>']).next().unwrap_or_default()
    };
    let mut by = extractors.iter().filter(|e| kinds.contains(&&base(e)));
    match (by.next(), by.next()) {
        (Some(one), None) => Given::By(one),
        (Some(_), Some(_)) => Given::BySome,
        _ if extractors
            .iter()
            .any(|e| base(e) != "Result" && !OF_AXUM.contains(&base(e))) =>
        {
            Given::BySome
        }
        _ => Given::ByNone,
    }
}

/// The app put a [`Rejected`](crate::Rejected) into the response; its type says by which extractor.
fn said_by_the_app(decoder: &Decoder<'_>, entry: &Entry) -> Option<String> {
    let left = decoder.cycle.steps.get(entry.left_at as usize)?;
    let mut added = left.delta.iter().flat_map(|delta| &delta.extensions);
    let by = added.find_map(|edit| match edit {
        ExtensionEdit::Add { type_name, .. } => type_name
            .strip_prefix("onionskin::cause::Rejected<")?
            .strip_suffix('>'),
        _ => None,
    })?;
    let path = by.split('<').next().unwrap_or(by);
    Some(path.rsplit("::").next().unwrap_or(path).to_owned())
}

/// axum says in an event which rejection it makes a response of.
fn said_by_axum(decoder: &Decoder<'_>, entry: &Entry) -> Option<String> {
    decoder
        .cycle
        .marks
        .iter()
        .find_map(|mark| match &mark.what {
            MarkKind::Log { target, fields, .. }
                if target == "axum::rejection" && mark.inside == Some(entry.step) =>
            {
                let name = fields.get("rejection_type")?;
                Some(name.rsplit("::").next().unwrap_or(name).to_owned())
            }
            _ => None,
        })
}

/// The view's response is one of axum's rejections word for word.
fn said_by_the_answer(decoder: &Decoder<'_>, entry: &Entry) -> Option<String> {
    let (head, _) = entry.inner.as_ref()?;
    if head.header("content-type")? != "text/plain; charset=utf-8" {
        return None;
    }
    let body = decoder.cycle.bodies.get(body_of(head)?)?;
    if body.end != BodyEnd::Complete || body.frames != 1 {
        return None;
    }
    let text = std::str::from_utf8(&body.head.0).ok()?;
    let is_it = |known: &&Known| {
        let Known(_, status, begin, _) = known;
        let rest = text.strip_prefix(begin);
        // Either that is all, or what went wrong follows.
        let fits = rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(": ") || begin.ends_with(['`', ' ', '('])
        });
        head.status == Some(*status) && fits
    };
    KNOWN.iter().find(is_it).map(|known| known.0.to_owned())
}

fn body_of(head: &Head) -> Option<usize> {
    head.body.and_then(|body| body.body)
}

/// How much of its request's body the view had read: when it refused nobody else could read on.
fn read(decoder: &Decoder<'_>, entry: &Entry) -> Option<u64> {
    let body = decoder.cycle.bodies.get(body_of(&entry.request)?)?;
    Some(body.len)
}
