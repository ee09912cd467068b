//! What there is to say of a step beside what changed: of the connection, the place, the routes tried, the bytes sent. All of it
//! is escaped.

use super::{duration, escape, escape_bytes, size};
use crate::{
    codec::MOST_TRIED,
    times::Times,
    wire::{
        Body, BodyEnd, Connection, Cycle, Edge, Header, Resolved, Sent, Side, Stage, Step, Tried,
        Why,
    },
};

/// What there is to say of a step, line by line, escaped. `times`: what differs from run to run too.
pub(super) fn of_step(cycle: &Cycle, step: &Step, times: bool) -> Vec<String> {
    let site = step.site.and_then(|i| cycle.sites.get(i));
    match (step.stage, step.edge) {
        (stage, _) if times && step.seq == 0 && stage != Stage::Parse => {
            vec![UNSERVED.into()]
        }
        (Stage::Parse, Edge::In) if times => cycle.connection.iter().map(received).collect(),
        (Stage::View, Edge::In) => site.map_or(Vec::new(), |site| {
            let at = Some((&*site.file, site.line)).filter(|(file, _)| times && !file.is_empty());
            view(at, &site.extractors)
        }),
        (Stage::Resolve, Edge::Out) => step
            .resolved
            .iter()
            .flat_map(|r| refused(&r.tried))
            .collect(),
        (Stage::Send, Edge::Out) => step
            .sent
            .iter()
            .flat_map(|sent| self::sent(sent, times))
            .collect(),
        _ => Vec::new(),
    }
}

/// What there is to say where a cycle does not begin with `parse`.
pub const UNSERVED: &str = "not behind `axum::serve`: what the server read before, and when the client had its answer, is not seen";

/// `request 2 on connection 3 from 127.0.0.1:50412`, escaped.
pub fn connection(connection: &Connection) -> String {
    let mut text = format!(
        "request {} on connection {}",
        connection.reuse, connection.number
    );
    if let Some(peer) = &connection.peer {
        text += &format!(" from {}", escape(peer));
    }
    text
}

/// When the bytes of the request came.
pub fn received(connection: &Connection) -> String {
    match connection.bytes_in {
        // They came with the request before, or belong to no request alone (HTTP/2).
        0 => "no bytes of its own".into(),
        bytes if connection.first_byte_before_ns == 0 => format!("{} read", size(bytes)),
        bytes => format!(
            "{} read, the first {} before this, the last {}",
            size(bytes),
            duration(connection.first_byte_before_ns),
            duration(connection.last_byte_before_ns)
        ),
    }
}

/// What a view is made of, escaped: where its route stands (file and line), and its extractors in order.
pub fn view(at: Option<(&str, u32)>, extractors: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((file, line)) = at {
        lines.push(format!("at {}:{line}", escape(file)));
    }
    if !extractors.is_empty() {
        lines.push(format!("extractors: {}", escape(&extractors.join(", "))));
    }
    lines
}

/// What a place took: for a layer its parts, for everything else the whole.
pub fn times(stage: Stage, times: Times) -> String {
    let mut text = match stage {
        Stage::Middleware if times.inner_ns > 0 || times.out_ns > 0 => format!(
            "in {}, inner {}, out {}",
            duration(times.in_ns),
            duration(times.inner_ns),
            duration(times.out_ns)
        ),
        Stage::Parse | Stage::Resolve => duration(times.in_ns),
        _ => duration(times.own_ns()),
    };
    if times.idle_ns > 0 {
        text += &format!(
            " (busy {}, idle {})",
            duration(times.busy_ns()),
            duration(times.idle_ns)
        );
    }
    text
}

/// What the router found, escaped: a route, or the place where a service is nested, for which axum has no route.
pub fn found(resolved: &Resolved, nest: Option<&str>) -> String {
    let mut text = match (&resolved.route, nest) {
        (Some(route), _) => escape(route).into_owned(),
        (None, Some(nest)) if resolved.tried.is_empty() => escape(nest).into_owned(),
        (None, _) => "no route".into(),
    };
    for (name, value) in &resolved.params {
        text += &format!("  {}={}", escape(name), escape(value));
    }
    text
}

/// How many of the routes that were tried say most: those of this path, where it is the method that was refused; else the nearest
/// few.
pub fn nearest(routes: &[Tried]) -> usize {
    const FEW: usize = 3;
    let of_path = routes.iter().take_while(|route| route.is_of_path()).count();
    match of_path {
        0 => routes.len().min(FEW),
        n => n,
    }
}

/// The routes that were tried and refused, where no view took the request, escaped.
pub fn refused(routes: &[Tried]) -> Vec<String> {
    let (nearest, others) = routes.split_at(nearest(routes));
    let mut lines: Vec<_> = nearest
        .iter()
        .map(|route| format!("tried {}", tried(route)))
        .collect();
    match others.len() {
        0 => {}
        // The codec makes no more.
        n if routes.len() >= MOST_TRIED => lines.push(format!("tried {n} more at least")),
        n => lines.push(format!("tried {n} more")),
    }
    lines
}

/// A route that was tried, and why it was refused, on one line, escaped.
fn tried(tried: &Tried) -> String {
    let route = escape(&tried.route);
    // A segment without text is what stands behind a last slash.
    match &tried.why {
        Why::Path { wanted, got } => match (wanted.as_deref(), got.as_deref()) {
            (Some(""), None) => format!("{route}: the path ends before the last slash"),
            (Some(wanted), None | Some("")) => {
                format!("{route}: the path ends before {}", escape(wanted))
            }
            (None, None | Some("")) => format!("{route}: the path has one slash more"),
            (None | Some(""), Some(got)) => {
                format!("{route}: the path goes on with {:?}", escape(got))
            }
            (Some(wanted), Some(got)) => {
                format!("{route}: {:?} is not {}", escape(got), escape(wanted))
            }
        },
        Why::Method { allowed } => {
            format!("{route}: almost, it takes {}", escape(&allowed.join(", ")))
        }
        Why::Matched => format!("{route}: it matches"),
    }
}

/// What the connection wrote, escaped. `times`: what differs from run to run too.
pub fn sent(sent: &Sent, times: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let (true, Some(first), Some(last)) = (times, sent.first_byte_ns, sent.last_byte_ns) {
        let (first, last) = (duration(first), duration(last));
        lines.push(format!("first byte at {first}, last at {last}"));
    }
    let Some(traffic) = &sent.upgraded else {
        return lines;
    };
    let (bytes_in, bytes_out) = (size(traffic.bytes_in), size(traffic.bytes_out));
    lines.push(format!("upgraded: {bytes_in} in, {bytes_out} out"));
    lines.extend(traffic.frames.iter().map(|count| {
        let from = match count.side {
            Side::Request => "from the client",
            Side::Response => "to the client",
        };
        let (frames, kind, bytes) = (count.frames, count.kind.as_str(), size(count.bytes));
        let s = if frames == 1 { "" } else { "s" };
        format!("{frames} {kind} frame{s} {from}, {bytes}")
    }));
    lines
}

/// A body, and its trailers.
pub(super) fn of_body(body: &Body, times: bool) -> Vec<String> {
    let side = match body.side {
        Side::Request => "request",
        Side::Response => "response",
    };
    let mut line = format!(
        "{side} body: {}",
        passed(body.len, body.frames, body.events, &body.end)
    );
    if let Some(hash) = body.hash.as_ref().filter(|_| times && body.frames > 0) {
        line += &format!(", xxh64 {}", escape(hash));
    }
    let mut lines = vec![line];
    lines.extend(trailers(&body.trailers));
    lines
}

/// How a body passed: `1.5 KiB in 2 frames, complete`, or `unread`.
pub fn passed(len: u64, frames: u64, events: Option<u64>, end: &BodyEnd) -> String {
    if (len, frames, end) == (0, 0, &BodyEnd::Cut) {
        return "unread".into();
    }
    let end = match end {
        BodyEnd::Complete => "complete".into(),
        BodyEnd::Cut => "not read to its end".into(),
        BodyEnd::Error { error } => format!("broke: {}", escape(error)),
    };
    let s = if frames == 1 { "" } else { "s" };
    let events = match events {
        Some(1) => ", 1 event".into(),
        Some(n) => format!(", {n} events"),
        None => String::new(),
    };
    format!("{} in {frames} frame{s}{events}, {end}", size(len))
}

/// A line for each trailer.
pub fn trailers(trailers: &[Header]) -> impl Iterator<Item = String> {
    trailers.iter().map(|trailer| {
        let (name, value) = (escape(&trailer.name), escape_bytes(&trailer.value.0));
        format!("  trailer {name}: {value}")
    })
}
