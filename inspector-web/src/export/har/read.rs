//! HAR files read.
//!
//! A browser, a proxy or another tool saw the request and the response and nothing between them. So each entry becomes a
//! cycle of edges: it came, something that is not known answered, it went.

use super::super::time;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use onionskin::{
    redact, replay,
    wire::{
        Body, BodyEnd, BodyRef, Change, Cycle, Delta, Edge, Header, Left, Octets, Omitted, Outcome,
        Sent, Side, Site, SiteKind, Stage, Step, WIRE_VERSION,
    },
};
use serde::Deserialize;

/// What stands in a cycle for all that the file does not say.
pub(crate) const UNSEEN: &str = "not seen: from a HAR file, which knows the edges only";

/// Why a file is no HAR.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HarError {
    /// It is no JSON, or JSON of another kind.
    #[error("not a HAR file: {0}")]
    Form(#[from] serde_json::Error),
    /// An entry has a time that is none.
    #[error("entry {entry} of the HAR file has no time that is one: {time:?}")]
    Time {
        /// Its place, from 0.
        entry: usize,
        /// What it says.
        time: String,
    },
}

#[derive(Deserialize)]
struct File {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    creator: Named,
    entries: Vec<Entry>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: String,
    #[serde(default)]
    time: f64,
    request: Request,
    response: Response,
    #[serde(default)]
    timings: Timings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Pair>,
    post_data: Option<Content>,
    /// As it came, where it can't stand in a URL: ours.
    #[serde(rename = "_target")]
    target: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    status: i64,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    content: Content,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Default, Deserialize)]
struct Content {
    size: Option<i64>,
    text: Option<String>,
    #[serde(alias = "_encoding")]
    encoding: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Timings {
    send: f64,
    wait: f64,
}

/// The cycles of a HAR file, in its order, as the run `run` (12 hexadecimal digits) of an app named after the file's maker.
///
/// # Errors
/// If it is not a HAR file.
pub fn read(file: &[u8], run: &str) -> Result<Vec<Cycle>, HarError> {
    // Some tools begin their files with a byte order mark.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let File { log } = serde_json::from_slice(file)?;
    let app = match log.creator.name.is_empty() {
        true => "HAR".into(),
        false => format!("HAR of {}", log.creator.name),
    };
    let entries = log.entries.into_iter().enumerate();
    entries
        .map(|(at, entry)| cycle(entry, at, &app, run))
        .collect()
}

fn cycle(mut entry: Entry, at: usize, app: &str, run: &str) -> Result<Cycle, HarError> {
    let number = at as u64 + 1;
    let started_unix_us = time::parse_rfc3339(&entry.started_date_time).ok_or(HarError::Time {
        entry: at,
        time: entry.started_date_time,
    })?;
    let duration_ns = ns(entry.time);
    let parsed_ns = ns(entry.timings.send).min(duration_ns);
    let answered_ns = parsed_ns
        .saturating_add(ns(entry.timings.wait))
        .min(duration_ns);
    let (method, target) = (entry.request.method.clone(), entry.request.target());
    let mut bodies = Vec::new();
    let asked = entry.request.delta(&target, &mut bodies, parsed_ns);
    let status = entry.response.status();
    let answer = status.map(|status| entry.response.delta(status, &mut bodies, duration_ns));
    Ok(Cycle {
        wire: WIRE_VERSION,
        id: format!("{run}-{number}"),
        app: app.into(),
        run: run.into(),
        number,
        started_unix_us,
        duration_ns,
        idle_ns: 0,
        cost_ns: 0,
        method,
        target,
        route: None,
        status,
        outcome: match status {
            Some(_) => Outcome::Completed,
            None => Outcome::Cancelled {
                stage: Stage::View,
                site: Some(0),
            },
        },
        connection: None,
        sites: vec![unseen()],
        steps: steps(asked, answer, [parsed_ns, answered_ns, duration_ns]),
        marks: Vec::new(),
        bodies,
        never_ran: Vec::new(),
        omitted: Omitted::default(),
    })
}

impl Request {
    /// Path and query, credentials in them masked.
    fn target(&mut self) -> String {
        let said = self.target.take();
        let target = said.unwrap_or_else(|| target_of(&self.url));
        match redact::mask_url(target.as_bytes()) {
            Some(masked) => String::from_utf8_lossy(&masked).into_owned(),
            None => target,
        }
    }

    fn delta(self, target: &str, bodies: &mut Vec<Body>, at_ns: u64) -> Delta {
        Delta {
            method: to(self.method),
            uri: to(target.to_owned()),
            version: to(self.http_version),
            headers: replay::diff(&[], &headers(&self.headers, Some(&self.url))),
            body: body(bodies, Side::Request, self.post_data, at_ns),
            ..Delta::default()
        }
    }
}

impl Response {
    /// None if there was no response: tools write 0 then.
    fn status(&self) -> Option<u16> {
        let status = u16::try_from(self.status).ok();
        status.filter(|status| *status >= 100)
    }

    fn delta(self, status: u16, bodies: &mut Vec<Body>, at_ns: u64) -> Delta {
        Delta {
            status: to(status),
            version: to(self.http_version),
            headers: replay::diff(&[], &headers(&self.headers, None)),
            body: body(bodies, Side::Response, Some(self.content), at_ns),
            ..Delta::default()
        }
    }
}

/// The edges of a cycle: when it had been read, was answered, and had been sent.
fn steps(asked: Delta, answer: Option<Delta>, [parsed, answered, sent]: [u64; 3]) -> Vec<Step> {
    use {Edge::*, Stage::*};
    let is_answered = answer.is_some();
    let left = match is_answered {
        true => Left::Returned,
        false => Left::Dropped,
    };
    let mut steps = vec![
        step(Parse, In, 0, 0, Some(asked), None),
        step(Parse, Out, 0, parsed, None, Some(Left::Returned)),
        step(View, In, 2, parsed, None, None),
        step(View, Out, 2, answered, answer, Some(left)),
    ];
    if is_answered {
        let mut end = step(Send, Out, 4, sent, None, Some(Left::Sent));
        end.sent = Some(Sent {
            body_end_ns: sent,
            ..Sent::default()
        });
        steps.extend([step(Send, In, 4, answered, None, None), end]);
    }
    for (seq, step) in (0..).zip(&mut steps) {
        step.seq = seq;
        step.site = (step.stage == View).then_some(0);
    }
    steps
}

/// Milliseconds, -1 where they are not known, as nanoseconds.
fn ns(ms: f64) -> u64 {
    // A float that is too large or no number becomes the largest, or zero.
    (ms * 1e6).round() as u64
}

fn to<T>(to: T) -> Option<Change<T>> {
    Some(Change { from: None, to })
}

/// Path and query of a URL; what is no URL of that kind stays as it is.
fn target_of(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, rest)) = url.split_once("://") else {
        return url.into();
    };
    match rest.find(['/', '?']) {
        Some(at) if rest[at..].starts_with('/') => rest[at..].into(),
        Some(at) => format!("/{}", &rest[at..]),
        None => "/".into(),
    }
}

/// The headers. HTTP/2 has its target and host in names that begin with `:`; a host is put back from the URL.
fn headers(pairs: &[Pair], url: Option<&str>) -> Vec<Header> {
    let mut headers: Vec<Header> = pairs
        .iter()
        .filter(|pair| !pair.name.starts_with(':'))
        .map(|pair| masked(pair.name.to_ascii_lowercase(), &pair.value))
        .collect();
    let authority = url.and_then(|url| url.split_once("://")?.1.split(['/', '?', '#']).next());
    // Behind a user and a password, if there are any: they are no part of the host.
    let host = authority.and_then(|authority| authority.rsplit('@').next());
    if let Some(host) = host.filter(|_| !headers.iter().any(|h| h.name == "host")) {
        headers.insert(0, masked("host".into(), host));
    }
    headers
}

/// A header, its credentials masked: a HAR file has them in the clear, and what is opened here can be exported again.
fn masked(name: String, value: &str) -> Header {
    let masked = redact::mask_header(&name, value.as_bytes());
    Header {
        redacted: masked.is_some(),
        value: masked.map_or_else(|| value.into(), Octets),
        name,
    }
}

fn body(
    bodies: &mut Vec<Body>,
    side: Side,
    content: Option<Content>,
    at_ns: u64,
) -> Option<Change<BodyRef>> {
    let content = content?;
    let head = content
        .text
        .map_or(Vec::new(), |text| match content.encoding.as_deref() {
            Some("base64") => STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes()),
            _ => text.into_bytes(),
        });
    let masked = redact::mask_decoded(&head);
    let redacted = masked.is_some();
    let whole = head.len() as u64;
    let head = masked.unwrap_or(head);
    let said = content
        .size
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(0);
    let len = said.max(whole);
    let kept = !head.is_empty();
    if kept {
        bodies.push(Body {
            side,
            len,
            frames: 1,
            end: BodyEnd::Complete,
            hash: None,
            head: Octets(head),
            redacted,
            events: None,
            trailers: Vec::new(),
            first_ns: Some(at_ns),
            last_ns: Some(at_ns),
        });
    }
    to(BodyRef {
        body: kept.then(|| bodies.len() - 1),
        announced: Some(len),
    })
}

fn step(
    stage: Stage,
    edge: Edge,
    entry: u32,
    t_ns: u64,
    delta: Option<Delta>,
    left: Option<Left>,
) -> Step {
    Step {
        seq: 0,
        stage,
        edge,
        site: None,
        entry,
        parent: None,
        attempt: 1,
        t_ns,
        idle_ns: 0,
        cost_ns: 0,
        delta,
        left,
        resolved: None,
        sent: None,
    }
}

fn unseen() -> Site {
    Site {
        id: 0,
        kind: SiteKind::Opaque,
        name: UNSEEN.into(),
        type_name: String::new(),
        file: String::new(),
        line: 0,
        extractors: Vec::new(),
    }
}
