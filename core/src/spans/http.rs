//! What the root says: the stable semantic conventions for HTTP servers (1.42).

use super::{Attribute, Options, Parent, Status, key};
use crate::{
    replay::Replay,
    wire::{Cycle, Edge, Header, HeaderEdit, Outcome},
};

/// The methods that the conventions know; another one could be anything.
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
];

/// The request as it came: the headers of the first step, which is relative to nothing.
pub(super) struct Request<'a> {
    headers: Vec<&'a Header>,
    version: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub(super) fn of(cycle: &'a Cycle) -> Self {
        let first = cycle.steps.iter().find(|s| s.edge == Edge::In);
        let delta = first
            .and_then(|s| s.delta.as_ref())
            .filter(|d| d.base.is_none());
        let headers = delta.map_or(&[][..], |d| &d.headers);
        let added = |edit: &'a HeaderEdit| match edit {
            HeaderEdit::Add { header, .. } => Some(header),
            _ => None,
        };
        Self {
            headers: headers.iter().filter_map(added).collect(),
            version: delta.and_then(|d| Some(d.version.as_ref()?.to.as_str())),
        }
    }

    fn all(&self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(move |h| h.name == name);
        named.map(|h| &h.value.0[..])
    }

    fn text(&self, name: &'a str) -> Option<&'a str> {
        std::str::from_utf8(self.all(name).next()?).ok()
    }

    /// Whose span this cycle happened in.
    pub(super) fn parent(&self) -> Parent {
        Parent::of(self.all("traceparent"))
    }

    /// The `tracestate` that goes with a valid parent.
    pub(super) fn state(&self) -> String {
        const LONGEST: usize = 512;
        let values: Vec<_> = self.all("tracestate").map(std::str::from_utf8).collect();
        let joined = values.into_iter().collect::<Result<Vec<_>, _>>();
        let joined = joined.map(|v| v.join(",")).unwrap_or_default();
        if joined.len() > LONGEST {
            return String::new();
        }
        joined
    }
}

fn known_method(method: &str) -> bool {
    METHODS.contains(&method)
}

/// `{method} {route}`: never the path, of which there are too many.
pub(super) fn name(cycle: &Cycle) -> String {
    let method = match known_method(&cycle.method) {
        true => cycle.method.as_str(),
        false => "HTTP",
    };
    match &cycle.route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    }
}

/// An error is what the server did wrong: a status of 500 or above, or no response at all.
pub(super) fn status(cycle: &Cycle) -> Status {
    if error_type(cycle).is_none() {
        return Status::Unset;
    }
    let site = cycle.outcome.site().and_then(|s| cycle.sites.get(s));
    let message = match cycle.outcome {
        // The status says it, and the conventions want no more than that.
        Outcome::Completed | Outcome::ShortCircuited { .. } => String::new(),
        _ => cycle.outcome.describe(site.map(|s| s.name.as_str())),
    };
    Status::Error { message }
}

fn error_type(cycle: &Cycle) -> Option<String> {
    match (&cycle.outcome, cycle.status) {
        (Outcome::Panicked { .. }, _) => Some("panic".into()),
        (Outcome::Failed { .. }, None | Some(..500)) => Some("error".into()),
        (_, Some(status @ 500..)) => Some(status.to_string()),
        _ => None,
    }
}

/// All attributes of the root that are not ours.
pub(super) fn attributes(
    cycle: &Cycle,
    request: &Request<'_>,
    options: &Options,
) -> Vec<Attribute> {
    let mut all = Vec::new();
    let mut put = |key: &str, value: super::Value| all.push(Attribute::new(key, value));
    if known_method(&cycle.method) {
        put("http.request.method", cycle.method.as_str().into());
    } else {
        put("http.request.method", "_OTHER".into());
        put("http.request.method_original", cycle.method.as_str().into());
    }
    let (path, query) = path_and_query(&cycle.target);
    put("url.path", path.into());
    if let Some(query) = query.filter(|q| !q.is_empty()) {
        put("url.query", query.into());
    }
    let forwarded = request.text("x-forwarded-proto");
    let scheme = forwarded.filter(|s| matches!(*s, "http" | "https"));
    put("url.scheme", scheme.unwrap_or("http").into());
    if let Some(route) = &cycle.route {
        put("http.route", route.as_str().into());
    }
    if let Some(status) = cycle.status {
        put("http.response.status_code", u64::from(status).into());
    }
    if let Some(error) = error_type(cycle) {
        put("error.type", error.into());
    }
    if let Some(version) = request.version.and_then(|v| v.strip_prefix("HTTP/")) {
        let version = version
            .strip_suffix(".0")
            .filter(|v| *v != "1")
            .unwrap_or(version);
        put("network.protocol.version", version.into());
    }
    if let Some((host, port)) = request.text("host").map(host_and_port) {
        put("server.address", host.into());
        if let Some(port) = port {
            put("server.port", port.into());
        }
    }
    let peer = cycle.connection.as_ref().and_then(|c| c.peer.as_deref());
    let peer: Option<std::net::SocketAddr> = peer.and_then(|p| p.parse().ok());
    let forwarded = request
        .text("x-forwarded-for")
        .and_then(|v| v.split(',').next());
    let client = forwarded
        .and_then(|v| v.trim().parse().ok())
        .or(peer.map(|p| p.ip()));
    if let Some(client) = client {
        put("client.address", client.to_string().into());
    }
    if let Some(peer) = peer {
        put("network.peer.address", peer.ip().to_string().into());
        put("network.peer.port", u64::from(peer.port()).into());
    }
    if let Some(agent) = request.text("user-agent").filter(|a| !a.is_empty()) {
        put("user_agent.original", agent.into());
    }
    if let Parent::Invalid(raw) = request.parent() {
        let raw = if raw.is_empty() {
            "(empty)".into()
        } else {
            raw
        };
        put(key::INVALID_PARENT, raw.into());
    }
    allowed_headers(cycle, request, &options.headers, &mut all);
    all
}

/// The headers that the list allows. Values of one name are joined by commas, as HTTP does it.
fn allowed_headers(
    cycle: &Cycle,
    request: &Request<'_>,
    allowed: &[String],
    all: &mut Vec<Attribute>,
) {
    if allowed.is_empty() {
        return;
    }
    let replay = Replay::new(cycle).ok();
    let last = cycle.steps.last().map(|s| s.seq);
    let snapshot = replay.and_then(|r| r.snapshot(last?));
    let response = snapshot.and_then(|s| s.response);
    let response: Vec<&Header> = response
        .iter()
        .flat_map(|r| &r.headers)
        .map(|h| &h.value)
        .collect();
    for (side, headers) in [("request", &request.headers), ("response", &response)] {
        for name in allowed {
            let named = headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
            let values: Vec<_> = named.map(|h| h.value.to_text()).collect();
            let key = format!("http.{side}.header.{}", name.to_ascii_lowercase());
            if !values.is_empty() && super::find(all, &key).is_none() {
                all.push(Attribute::new(key, values.join(", ")));
            }
        }
    }
}

/// The target may be a path, a whole URL (of a proxy's client), an authority or `*`.
fn path_and_query(target: &str) -> (&str, Option<&str>) {
    let path = match target.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    }
}

fn host_and_port(host: &str) -> (&str, Option<u64>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && !name.ends_with(':') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (host, None),
        },
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_hosts_of_all_forms_are_taken_apart() {
        assert_eq!(path_and_query("/a?b=c?d"), ("/a", Some("b=c?d")));
        assert_eq!(path_and_query("http://x:1/a?b"), ("/a", Some("b")));
        assert_eq!(path_and_query("http://x"), ("/", None));
        assert_eq!(
            path_and_query("/go?to=http://x/y"),
            ("/go", Some("to=http://x/y"))
        );
        assert_eq!(path_and_query("*"), ("*", None));
        assert_eq!(host_and_port("shop:80"), ("shop", Some(80)));
        assert_eq!(host_and_port("shop"), ("shop", None));
        assert_eq!(host_and_port("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(host_and_port("[::1]"), ("[::1]", None));
    }
}
