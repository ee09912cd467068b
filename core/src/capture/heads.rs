//! What the head of a message looked like, each time a probe saw it.
//!
//! A head is kept as a version: a list of fields that only grows while the cycle lasts. To see whether a message still
//! looks as it did costs one ordered comparison in place and copies nothing; only what differs is copied. Versions stay, so
//! that a layer which calls its inner service twice is compared with what it was given itself.

mod fields;
mod types;
mod values;

use super::{unmasked::Unmasked, watch::Shown};
use crate::codec::format::{part, put_bytes, put_varint};
use fields::{Field, Names};

pub(crate) use fields::Compared;
use http::{Extensions, HeaderMap, Method, Uri, Version};
use std::ops::Range;
use types::{ListId, Types};
use values::Value;

/// What is compared of a body: which one it is, and the length its size hint announces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BodyState {
    /// Index into the recording's bodies.
    pub(crate) body: Option<u16>,
    /// Exact length by the size hint.
    pub(crate) announced: Option<u64>,
}

/// The head of a message as a probe sees it.
pub(crate) struct Head<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) version: Version,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
    /// The values of those that are watched.
    pub(crate) watched: &'a [Shown],
    pub(crate) body: BodyState,
    pub(crate) since: Since,
}

/// What can have touched a message since its base was seen. What nothing can have touched is not looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// Code of the app's: anything.
    App,
    /// axum's router: it puts extensions in and takes the prefix of a nest off the path, and leaves headers alone.
    Routing,
    /// Nothing.
    Nothing,
}

/// What is special to requests and to responses.
pub(crate) enum Line<'a> {
    Request(&'a Method, &'a Uri),
    Response(u16),
}

/// A part of one of the buffers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

impl Span {
    pub(crate) fn range(self) -> Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }

    #[inline]
    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.range()]
    }

    /// All that came into `list` behind `at`.
    fn behind<T>(list: &[T], at: usize) -> Self {
        let (at, end) = (at as u32, list.len() as u32);
        Self { at, len: end - at }
    }

    pub(crate) fn tail(bytes: &[u8], len: usize) -> Self {
        Self::behind(bytes, bytes.len() - len)
    }

    fn put(bytes: &mut Vec<u8>, more: &[u8]) -> Self {
        bytes.extend_from_slice(more);
        Self::tail(bytes, more.len())
    }
}

#[derive(Clone, Default)]
struct HeadVersion {
    method: Method,
    /// The target of a request: in the events.
    uri: Span,
    version: Version,
    status: u16,
    fields: Span,
    /// The types of its extensions.
    types: ListId,
    values: Span,
    body: BodyState,
}

/// Number of a version.
pub(crate) type VersionId = u32;

/// All versions of one message.
#[derive(Default)]
pub(crate) struct Heads {
    versions: Vec<HeadVersion>,
    fields: Vec<Field>,
    names: Names,
    /// What is to be masked in the events.
    pub(crate) unmasked: Vec<Unmasked>,
    /// The true values of what is watched, for comparison: forgotten with the cycle.
    secrets: Vec<u8>,
    /// Fields that were marked sensitive when a probe saw them.
    sensitive: Vec<Field>,
    types: Types,
    values: Vec<Value>,
}

impl Heads {
    /// Forgets everything and keeps the memory, up to a limit.
    pub(crate) fn clear(&mut self) {
        const KEEP: usize = 64 << 10;
        self.secrets.fill(0);
        self.secrets.clear();
        self.secrets.shrink_to(KEEP);
        self.unmasked.clear();
        self.fields.clear();
        self.fields.shrink_to(KEEP / 16);
        self.names.clear();
        self.sensitive.clear();
        self.types.clear();
        self.values.clear();
        self.versions.clear();
    }

    /// Bytes in use, beside those in the events.
    pub(crate) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Compares a message with the version `base` (none: with nothing). `Ok`: it still looks like that.
    #[inline]
    pub(crate) fn compare(
        &self,
        base: Option<VersionId>,
        head: &Head<'_>,
        events: &[u8],
    ) -> Result<VersionId, Compared> {
        let Some(base) = base else {
            return Err(Compared::default());
        };
        let old = &self.versions[base as usize];
        let same_types = head.since == Since::Nothing || self.types.are(old.types, head.extensions);
        let mut compared = match head.since {
            Since::App => self.compare_fields(events, old.fields, head.headers),
            Since::Routing | Since::Nothing => Compared::all(head.headers.len()),
        };
        compared.same_types = same_types;
        compared.same_rest = Self::is_same_rest(old, head, events);
        let is_same = same_types
            && compared.same_rest
            && [compared.same; 2] == [old.fields.len as usize, head.headers.len()]
            && !compared.sensitive
            && self.same_values(old.values, head.watched);
        if is_same { Ok(base) } else { Err(compared) }
    }

    /// Appends the delta to the events, after a comparison. Returns the version that the message has now: `base` itself if
    /// nothing changed after all.
    pub(crate) fn put_delta(
        &mut self,
        base: Option<VersionId>,
        compared: Compared,
        head: &Head<'_>,
        events: &mut Vec<u8>,
    ) -> VersionId {
        let mask_at = events.len();
        events.push(0);
        let mut now = match base {
            Some(base) => self.versions[base as usize].clone(),
            None => HeadVersion::default(),
        };
        let is_first = base.is_none();
        let mut mask = 0;
        if !compared.same_rest {
            mask = self.put_line(is_first, &mut now, head, events);
        }
        if compared.sensitive {
            self.note_all_sensitive(now.fields, head.headers, compared.same);
        }
        if [compared.same; 2] != [now.fields.len as usize, head.headers.len()] {
            mask |= part::HEADERS;
            now.fields = self.put_fields(now.fields, compared.same, head.headers, events);
        }
        if !compared.same_types {
            let start = events.len();
            now.types = self.types.put(now.types, head.extensions, events);
            if events.len() > start {
                mask |= part::EXTENSIONS;
            }
        }
        if !compared.same_rest && (is_first || now.body != head.body) {
            mask |= part::BODY;
            now.body = head.body;
            put_varint(events, head.body.body.map_or(0, |b| u64::from(b) + 1));
            put_varint(
                events,
                head.body.announced.map_or(0, |n| n.saturating_add(1)),
            );
        }
        if !self.same_values(now.values, head.watched) {
            let start = events.len();
            now.values = self.put_values(now.values, head.watched, events);
            if events.len() > start {
                mask |= part::VALUES;
            }
        }
        events[mask_at] = mask;
        if let Some(base) = base
            && mask == 0
        {
            self.versions[base as usize].types = now.types;
            return base;
        }
        self.versions.push(now);
        self.versions.len() as u32 - 1
    }

    /// Appends method and target or status, and the version of HTTP, as far as they changed. Returns which did.
    fn put_line(
        &mut self,
        is_first: bool,
        now: &mut HeadVersion,
        head: &Head<'_>,
        events: &mut Vec<u8>,
    ) -> u8 {
        let mut mask = 0;
        if let Line::Request(method, uri) = head.line {
            if is_first || now.method != *method {
                mask |= part::METHOD;
                now.method = method.clone();
                put_bytes(events, method.as_str().as_bytes());
            }
            if is_first || !is_target(now.uri, uri, events) {
                mask |= part::URI;
                now.uri = self.put_target(uri, events);
            }
        }
        if is_first || now.version != head.version {
            mask |= part::VERSION;
            now.version = head.version;
            events.push(version_byte(head.version));
        }
        if let Line::Response(status) = head.line
            && (is_first || now.status != status)
        {
            mask |= part::STATUS;
            now.status = status;
            put_varint(events, u64::from(status));
        }
        mask
    }

    fn put_target(&mut self, uri: &Uri, events: &mut Vec<u8>) -> Span {
        let whole;
        let target = match origin_form(uri) {
            Some(target) => target.as_bytes(),
            None => {
                whole = uri.to_string();
                whole.as_bytes()
            }
        };
        put_varint(events, target.len() as u64);
        let text = Span::put(events, target);
        self.unmasked.push(Unmasked::target(text));
        text
    }

    /// Whether a message still is what it was, headers and extensions aside.
    #[inline]
    fn is_same_rest(old: &HeadVersion, head: &Head<'_>, events: &[u8]) -> bool {
        old.version == head.version
            && old.body == head.body
            && match head.line {
                Line::Request(method, uri) => {
                    old.method == *method && is_target(old.uri, uri, events)
                }
                Line::Response(status) => old.status == status,
            }
    }
}

fn is_target(kept: Span, uri: &Uri, events: &[u8]) -> bool {
    let kept = kept.of(events);
    match origin_form(uri) {
        Some(target) => target.as_bytes() == kept,
        None => uri.to_string().as_bytes() == kept,
    }
}

/// Appends what `write` writes, with its length before it.
fn put_counted<R>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let at = out.len();
    out.push(0);
    let result = write(out);
    let len = out.len() - at - 1;
    if len < 0x80 {
        out[at] = len as u8;
    } else {
        let end = out.len();
        put_varint(out, len as u64);
        let n = out.len() - end;
        out[at..].rotate_right(n);
        out.remove(at + n);
    }
    result
}

/// The target of a request in origin form, as it stands in the URI.
fn origin_form(uri: &Uri) -> Option<&str> {
    (uri.scheme().is_none() && uri.authority().is_none())
        .then(|| uri.path_and_query().map_or("", |p| p.as_str()))
}

fn version_byte(version: Version) -> u8 {
    match version {
        Version::HTTP_09 => 9,
        Version::HTTP_10 => 10,
        Version::HTTP_2 => 20,
        Version::HTTP_3 => 30,
        _ => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_cycle_is_left_for_the_next() {
        let mut heads = Heads::default();
        let mut request = http::Request::builder()
            .uri("/secret")
            .header("x-one", "value")
            .extension("extension")
            .body(())
            .unwrap();
        let value = request.headers_mut().get_mut("x-one").unwrap();
        value.set_sensitive(true);
        let watched = [Shown {
            name: 7,
            text: "watched".into(),
        }];
        let head = Head {
            line: Line::Request(request.method(), request.uri()),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            watched: &watched,
            body: BodyState::default(),
            since: Since::App,
        };
        let mut told = Vec::new();
        for _ in 0..2 {
            let mut events = Vec::new();
            let Err(compared) = heads.compare(None, &head, &events) else {
                panic!("the same as nothing");
            };
            assert_eq!(heads.put_delta(None, compared, &head, &mut events), 0);
            assert_eq!(heads.len(), "watched".len());
            told.push((events, heads.unmasked.len(), heads.sensitive.len()));
            let secrets = heads.secrets.as_ptr();
            heads.clear();
            assert_eq!((heads.len(), heads.secrets.as_ptr()), (0, secrets));
            assert_eq!((heads.fields.len(), heads.values.len()), (0, 0));
        }
        assert_eq!(told[0], told[1]);
    }
}
