//! What the head of a message looked like, each time a probe saw it.
//!
//! A head is kept as a version: a list of fields that only grows while the cycle lasts. To see whether a message still
//! looks as it did costs one ordered comparison in place and copies nothing; only what differs is copied. Versions stay, so
//! that a layer which calls its inner service twice is compared with what it was given itself.

mod fields;
mod types;
mod values;

use super::{redact, watch::Shown};
use crate::codec::format::{part, put_bytes, put_varint};
use fields::Field;

pub(crate) use fields::Compared;
use http::{Extensions, HeaderMap, Method, Uri, Version};
use std::ops::Range;
use types::{Piece, Types};
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
    fn range(self) -> Range<usize> {
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

    fn tail(bytes: &[u8], len: usize) -> Self {
        Self::behind(bytes, bytes.len() - len)
    }

    fn put(bytes: &mut Vec<u8>, more: &[u8]) -> Self {
        bytes.extend_from_slice(more);
        Self::tail(bytes, more.len())
    }
}

struct HeadVersion {
    method: Method,
    uri: Target,
    version: Version,
    status: u16,
    fields: Span,
    types: Types,
    values: Span,
    body: BodyState,
}

/// The target of a request: in the events, or in [`Heads::secrets`] if something in it was masked.
#[derive(Clone, Copy, Default)]
struct Target {
    text: Span,
    secret: bool,
}

/// Number of a version.
pub(crate) type VersionId = u32;

/// All versions of one message.
#[derive(Default)]
pub(crate) struct Heads {
    versions: Vec<HeadVersion>,
    fields: Vec<Field>,
    /// The true values of what is masked in the events, for comparison: forgotten with the cycle.
    secrets: Vec<u8>,
    /// Fields that were marked sensitive when a probe saw them.
    sensitive: Vec<Field>,
    types: Vec<u32>,
    pieces: Vec<Piece>,
    values: Vec<Value>,
}

impl Heads {
    /// Forgets everything and keeps the memory, up to a limit.
    pub(crate) fn clear(&mut self) {
        const KEEP: usize = 64 << 10;
        self.secrets.fill(0);
        self.secrets.clear();
        self.secrets.shrink_to(KEEP);
        self.fields.clear();
        self.fields.shrink_to(KEEP / 16);
        self.sensitive.clear();
        self.types.clear();
        self.pieces.clear();
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
        let same_types =
            head.since == Since::Nothing || self.same_pieces(old.types, head.extensions);
        let mut compared = match head.since {
            Since::App => self.compare_fields(events, old.fields, head.headers),
            Since::Routing | Since::Nothing => Compared::all(head.headers.len()),
        };
        compared.same_types = same_types;
        let is_same = same_types
            && [compared.same; 2] == [old.fields.len as usize, head.headers.len()]
            && !compared.sensitive
            && self.same_values(old.values, head.watched)
            && self.is_unchanged(old, head, events);
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
        let mut mask = 0;
        let (method, uri, status) = match head.line {
            Line::Request(method, uri) => (
                self.put_method(base, method, &mut mask, events),
                self.put_uri(base, uri, &mut mask, events),
                0,
            ),
            Line::Response(status) => (Method::GET, Target::default(), status),
        };
        let old = base.map(|b| &self.versions[b as usize]);
        let old_fields = old.map_or_else(Span::default, |o| o.fields);
        let old_types = old.map_or_else(Types::default, |o| o.types);
        let same_body = old.is_some_and(|o| o.body == head.body);
        if old.is_none_or(|o| o.version != head.version) {
            mask |= part::VERSION;
            events.push(version_byte(head.version));
        }
        if let Line::Response(status) = head.line
            && old.is_none_or(|o| o.status != status)
        {
            mask |= part::STATUS;
            put_varint(events, u64::from(status));
        }
        if compared.sensitive {
            self.note_all_sensitive(old_fields, head.headers, compared.same);
        }
        let all_same = [compared.same; 2] == [old_fields.len as usize, head.headers.len()];
        let fields = if all_same {
            old_fields
        } else {
            mask |= part::HEADERS;
            self.put_fields(old_fields, compared.same, head.headers, events)
        };
        let types = if compared.same_types {
            old_types
        } else {
            let start = events.len();
            let types = self.put_types(old_types, head.extensions, events);
            if events.len() > start {
                mask |= part::EXTENSIONS;
            }
            types
        };
        if !same_body {
            mask |= part::BODY;
            put_varint(events, head.body.body.map_or(0, |b| u64::from(b) + 1));
            put_varint(
                events,
                head.body.announced.map_or(0, |n| n.saturating_add(1)),
            );
        }
        let old_values = base.map_or_else(Span::default, |b| self.versions[b as usize].values);
        let start = events.len();
        let values = if self.same_values(old_values, head.watched) {
            old_values
        } else {
            self.put_values(old_values, head.watched, events)
        };
        if events.len() > start {
            mask |= part::VALUES;
        }
        events[mask_at] = mask;
        if let Some(base) = base
            && mask == 0
        {
            self.versions[base as usize].types = types;
            return base;
        }
        let version = head.version;
        self.versions.push(HeadVersion {
            method,
            uri,
            version,
            status,
            fields,
            types,
            values,
            body: head.body,
        });
        self.versions.len() as u32 - 1
    }

    fn put_method(
        &self,
        base: Option<VersionId>,
        method: &Method,
        mask: &mut u8,
        events: &mut Vec<u8>,
    ) -> Method {
        if base.is_none_or(|b| self.versions[b as usize].method != *method) {
            *mask |= part::METHOD;
            put_bytes(events, method.as_str().as_bytes());
        }
        method.clone()
    }

    fn put_uri(
        &mut self,
        base: Option<VersionId>,
        uri: &Uri,
        mask: &mut u8,
        events: &mut Vec<u8>,
    ) -> Target {
        if let Some(base) = base {
            let old = self.versions[base as usize].uri;
            if self.is_target(old, uri, events) {
                return old;
            }
        }
        *mask |= part::URI;
        let whole;
        let target = match origin_form(uri) {
            Some(target) => target.as_bytes(),
            None => {
                whole = uri.to_string();
                whole.as_bytes()
            }
        };
        let secret = put_counted(events, |out| redact::put_url(out, target));
        let text = if secret {
            Span::put(&mut self.secrets, target)
        } else {
            Span::tail(events, target.len())
        };
        Target { text, secret }
    }

    fn is_target(&self, kept: Target, uri: &Uri, events: &[u8]) -> bool {
        let kept = kept
            .text
            .of(if kept.secret { &self.secrets } else { events });
        match origin_form(uri) {
            Some(target) => target.as_bytes() == kept,
            None => uri.to_string().as_bytes() == kept,
        }
    }

    /// Whether a message still is what it was, headers and extensions aside.
    #[inline]
    fn is_unchanged(&self, old: &HeadVersion, head: &Head<'_>, events: &[u8]) -> bool {
        old.version == head.version
            && old.body == head.body
            && match head.line {
                Line::Request(method, uri) => {
                    old.method == *method && self.is_target(old.uri, uri, events)
                }
                Line::Response(status) => old.status == status,
            }
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
