//! What headers say of those who set them.

use super::{about, insight, name};
use crate::{
    model::{Insight, InsightKind},
    view::places::Places,
};
use onionskin::{
    replay::{Message, Part, Replay},
    times::RowState,
    wire::{Header, HeaderEdit, Side},
};

/// Headers that layers are there to rewrite, or that several write parts of.
const REWRITTEN: [&str; 8] = [
    "age",
    "connection",
    "content-length",
    "date",
    "server-timing",
    "transfer-encoding",
    "vary",
    "via",
];

/// The response as it was last, and the step at which that was.
fn last<'r>(places: &Places<'_>, replay: &'r Replay) -> Option<(&'r Message, u32)> {
    let step = u32::try_from(places.cycle.steps.len())
        .ok()?
        .checked_sub(1)?;
    Some((replay.response(step)?, step))
}

fn value<'m>(message: &'m Message, name: &str) -> Option<&'m Header> {
    let headers = message.headers.iter().map(|held| &held.value);
    headers.rev().find(|h| h.name == name)
}

/// Headers of the response that were set twice, to something else. One that was added to keeps what was there.
pub(super) fn overwritten(places: &Places<'_>, replay: &Replay) -> Vec<Insight> {
    let Some((response, step)) = last(places, replay) else {
        return Vec::new();
    };
    let headers = response.headers.iter().enumerate();
    let set_twice = |(at, held): (usize, &onionskin::replay::Held<Header>)| {
        let header = &held.value;
        if REWRITTEN.contains(&&*header.name) || header.redacted {
            return None;
        }
        let history = replay.history(places.cycle, step, Side::Response, Part::Header(at));
        let [now, before, ..] = &history[..] else {
            return None;
        };
        let (new, old) = (now.value.as_ref()?, before.value.as_ref()?);
        let (new_text, old_text) = (new.to_text(), old.to_text());
        let keeps = new_text.contains(&*old_text);
        let (row, by) = (
            places.author(now.step as usize),
            places.author(before.step as usize),
        );
        if keeps || row.is_none() || row == by {
            return None;
        }
        let text = format!(
            "{} set {}: {new_text}, where {} had set {old_text}",
            name(places, row),
            header.name,
            name(places, by),
        );
        let remark = insight(InsightKind::HeaderOverwritten, text, row, Some(now.step));
        Some(about(&header.name, remark))
    };
    headers.filter_map(set_twice).collect()
}

/// Media types whose bytes are compressed as they are.
fn is_compressed(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    const IMAGES: [&str; 5] = [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
    ];
    const FILES: [&str; 6] = [
        "application/zip",
        "application/gzip",
        "application/zstd",
        "application/x-7z-compressed",
        "font/woff",
        "font/woff2",
    ];
    IMAGES.contains(&&*essence)
        || FILES.contains(&&*essence)
        || (essence.starts_with("video/") || essence.starts_with("audio/"))
            && essence != "audio/wav"
}

/// A coding that somebody added to what has one, or is compressed by nature.
pub(super) fn compressed_twice(places: &Places<'_>, replay: &Replay) -> Vec<Insight> {
    let mut insights = Vec::new();
    for (at, step) in places.cycle.steps.iter().enumerate() {
        let edits = step
            .delta
            .as_ref()
            .filter(|d| d.base.is_some())
            .map(|d| &d.headers);
        let coded = edits.into_iter().flatten().any(|edit| {
            let to = match edit {
                HeaderEdit::Add { header, .. } => header,
                HeaderEdit::Change { to, .. } => to,
                _ => return false,
            };
            to.name == "content-encoding" && to.value.as_str() != Some("identity")
        });
        let (true, Some(response)) = (coded, replay.response(step.seq)) else {
            continue;
        };
        let text = |name: &str| value(response, name).map(|h| h.value.to_text().into_owned());
        let row = places.author(at);
        let (who, coding) = (
            name(places, row),
            text("content-encoding").unwrap_or_default(),
        );
        let (subject, text) = match text("content-type").filter(|of| is_compressed(of)) {
            Some(of) => {
                let text = format!("{who} compressed {of} ({coding}), which is compressed already");
                (of, text)
            }
            None if coding.contains(',') => {
                let text = format!("{who} compressed a body for the second time ({coding})");
                (coding, text)
            }
            None => continue,
        };
        let remark = insight(InsightKind::CompressedTwice, text, row, Some(step.seq));
        insights.push(about(&subject, remark));
    }
    insights
}

/// Cookies that hold a session by their name and that scripts can read. Tokens against CSRF are there to be read.
pub(super) fn readable_cookies(places: &Places<'_>, replay: &Replay) -> Vec<Insight> {
    let Some((response, _)) = last(places, replay) else {
        return Vec::new();
    };
    let cookies = response
        .headers
        .iter()
        .filter(|h| h.value.name == "set-cookie");
    let readable = |held: &onionskin::replay::Held<Header>| {
        let text = held.value.value.to_text();
        let mut parts = text.split(';').map(str::trim);
        let (cookie, _) = parts.next()?.split_once('=')?;
        // `Max-Age=0` takes a cookie away.
        let harmless = ["httponly", "max-age=0"];
        let is_harmless = |part: &str| harmless.iter().any(|h| part.eq_ignore_ascii_case(h));
        if parts.any(is_harmless) || !holds_a_session(cookie) {
            return None;
        }
        let row = places.author(held.by as usize);
        let text = format!(
            "{} set the cookie {cookie} without HttpOnly",
            name(places, row)
        );
        let remark = insight(InsightKind::ReadableCookie, text, row, Some(held.by));
        Some(about(cookie, remark))
    };
    cookies.filter_map(readable).collect()
}

fn holds_a_session(cookie: &str) -> bool {
    let cookie = cookie.to_ascii_lowercase();
    let words = cookie.split(|c: char| !c.is_ascii_alphanumeric());
    let is_session = |word: &str| {
        matches!(
            word,
            "sid" | "session" | "sessionid" | "sess" | "jwt" | "auth" | "phpsessid" | "jsessionid"
        )
    };
    words.into_iter().any(is_session) && !cookie.contains("csrf") && !cookie.contains("xsrf")
}

/// A browser asked whether it may, and a layer said no before the CORS layer could answer.
pub(super) fn preflight_refused(places: &Places<'_>, replay: &Replay) -> Option<Insight> {
    let cycle = places.cycle;
    let request = replay.request(0)?;
    let asks = ["origin", "access-control-request-method"];
    let is_preflight =
        cycle.method == "OPTIONS" && asks.iter().all(|n| value(request, n).is_some());
    let refused = cycle.status.is_some_and(|status| status >= 400);
    let (response, _) = last(places, replay)?;
    let allowed = value(response, "access-control-allow-origin").is_some();
    let cors = places.rows.iter().find(|row| {
        row.state == RowState::NeverRan && row.name(cycle).to_ascii_lowercase().contains("cors")
    })?;
    let answered = cycle
        .outcome
        .site()
        .and_then(|site| places.row_of_site(site))?;
    let text = format!(
        "{} refused a preflight before {} could answer it: the browser will not send the request",
        name(places, Some(answered)),
        cors.name(cycle),
    );
    let step = places.rows[answered]
        .entry
        .and_then(|entry| u32::try_from(entry).ok());
    (is_preflight && refused && !allowed)
        .then(|| insight(InsightKind::PreflightRefused, text, Some(answered), step))
}
