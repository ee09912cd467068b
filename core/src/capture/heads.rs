//! What the head of a message looked like, each time a probe saw it.
//!
//! A head is kept as a version: a list of fields in an arena that only grows while the cycle lasts. To see whether a
//! message still looks as it did costs one ordered comparison in place and copies nothing; only what differs is copied.
//! Versions stay, so that a layer which calls its inner service twice is compared with what it was given itself.
//! The values here are the true ones; they are masked on their way into the encoded delta and forgotten with the cycle.

use super::{redact, site};
use crate::codec::format::{part, put_bytes, put_varint};
use http::{Extensions, HeaderMap, Method, Uri, Version};
use std::fmt::{self, Write};

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
    pub(crate) body: BodyState,
    /// Nothing can have touched headers and extensions since the base was seen, so they need not be looked at.
    pub(crate) is_untouched: bool,
}

/// What is special to requests and to responses.
pub(crate) enum Line<'a> {
    Request(&'a Method, &'a Uri),
    Response(u16),
}

#[derive(Clone, Copy)]
struct Field {
    at: u32,
    name: u32,
    value: u32,
    /// Where the name stands, if it stands there for ever: then nothing else does.
    name_addr: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct Span {
    at: u32,
    len: u32,
}

struct HeadVersion {
    method: Method,
    uri: Span,
    version: Version,
    status: u16,
    fields: Span,
    extensions: Span,
    body: BodyState,
}

/// Number of a version.
pub(crate) type VersionId = u32;

/// All versions of one message.
#[derive(Default)]
pub(crate) struct Heads {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    types: Vec<Type>,
    versions: Vec<HeadVersion>,
    scratch: Vec<Type>,
}

/// The type of an extension. Its name is static, so its address and length tell it fast; since the same name may stand at
/// two addresses, its number tells it surely.
#[derive(Clone, Copy)]
struct Type {
    addr: usize,
    len: usize,
    id: u32,
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Number of our own extension, which is no part of the message.
const OURS: u32 = u32::MAX;

fn is_ours(type_name: &str) -> bool {
    type_name.starts_with("onionskin::capture::")
}

impl Heads {
    /// Forgets everything and keeps the memory, up to a limit.
    pub(crate) fn clear(&mut self) {
        const KEEP: usize = 64 << 10;
        // The true values of credentials were in here.
        self.bytes.fill(0);
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        self.fields.clear();
        self.fields.shrink_to(KEEP / 16);
        self.types.clear();
        self.versions.clear();
    }

    /// Bytes in use.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Compares with the version `base` (none: with nothing) and appends the delta to `out`. Returns the version that
    /// the message has now: `base` itself if nothing changed.
    pub(crate) fn delta(
        &mut self,
        base: Option<VersionId>,
        head: &Head<'_>,
        out: &mut Vec<u8>,
    ) -> VersionId {
        let old = base.map(|b| &self.versions[b as usize]);
        let (old_fields, old_types) =
            old.map_or_else(Default::default, |o| (o.fields, o.extensions));
        let known = base.is_some() && head.is_untouched;
        let same_run = if known {
            0
        } else {
            self.same_run(old_fields, head.headers)
        };
        let same_fields = known || [old_fields.len as usize, head.headers.len()] == [same_run; 2];
        let same_types = known || self.same_types(old_types, head.extensions);
        if let Some(base) = base
            && same_fields
            && same_types
            && self.is_unchanged(base, head)
        {
            out.push(0);
            return base;
        }
        let mask_at = out.len();
        out.push(0);
        let mut mask = 0;
        let old = base.map(|b| &self.versions[b as usize]);

        let (method, uri, status) = match head.line {
            Line::Request(method, uri) => {
                let same = old.is_some_and(|o| o.method == *method);
                let method = match (same, old) {
                    (true, Some(old)) => old.method.clone(),
                    _ => {
                        mask |= part::METHOD;
                        put_bytes(out, method.as_str().as_bytes());
                        method.clone()
                    }
                };
                let uri = match old {
                    Some(old) if same_uri(uri, self.slice(old.uri)) => old.uri,
                    _ => {
                        mask |= part::URI;
                        let span = self.keep_uri(uri);
                        put_counted(out, |out| {
                            redact::put_url(out, self.slice(span));
                        });
                        span
                    }
                };
                (method, uri, 0)
            }
            Line::Response(status) => (Method::GET, Span::default(), status),
        };
        let old = base.map(|b| &self.versions[b as usize]);
        if old.is_none_or(|o| o.version != head.version) {
            mask |= part::VERSION;
            out.push(version_byte(head.version));
        }
        if let Line::Response(status) = head.line
            && old.is_none_or(|o| o.status != status)
        {
            mask |= part::STATUS;
            put_varint(out, u64::from(status));
        }
        let same_body = old.is_some_and(|o| o.body == head.body);

        let fields = if same_fields {
            old_fields
        } else {
            mask |= part::HEADERS;
            self.put_fields(old_fields, same_run, head.headers, out)
        };
        let extensions = if same_types {
            old_types
        } else {
            let start = out.len();
            let types = self.put_types(old_types, out);
            if out.len() > start {
                mask |= part::EXTENSIONS;
            }
            types
        };
        if !same_body {
            mask |= part::BODY;
            put_varint(out, head.body.body.map_or(0, |b| u64::from(b) + 1));
            put_varint(out, head.body.announced.map_or(0, |n| n.saturating_add(1)));
        }
        out[mask_at] = mask;
        match base {
            Some(base) if mask == 0 => base,
            _ => {
                let version = head.version;
                self.versions.push(HeadVersion {
                    method,
                    uri,
                    version,
                    status,
                    fields,
                    extensions,
                    body: head.body,
                });
                self.versions.len() as u32 - 1
            }
        }
    }

    /// Whether a message still is what it was, headers and extensions aside.
    fn is_unchanged(&self, base: VersionId, head: &Head<'_>) -> bool {
        let old = &self.versions[base as usize];
        old.version == head.version
            && old.body == head.body
            && match head.line {
                Line::Request(method, uri) => {
                    old.method == *method && same_uri(uri, self.slice(old.uri))
                }
                Line::Response(status) => old.status == status,
            }
    }

    fn slice(&self, span: Span) -> &[u8] {
        &self.bytes[span.at as usize..(span.at + span.len) as usize]
    }

    fn keep_uri(&mut self, uri: &Uri) -> Span {
        let at = self.bytes.len() as u32;
        match origin_form(uri) {
            Some(target) => self.bytes.extend_from_slice(target.as_bytes()),
            None => {
                use std::io::Write as _;
                write!(self.bytes, "{uri}").expect("a Vec takes everything");
            }
        }
        Span {
            at,
            len: self.bytes.len() as u32 - at,
        }
    }

    fn list(&self, span: Span) -> &[Field] {
        &self.fields[span.at as usize..(span.at + span.len) as usize]
    }

    #[inline]
    fn is(&self, field: &Field, name: &str, value: &[u8]) -> bool {
        if (field.name as usize, field.value as usize) != (name.len(), value.len()) {
            return false;
        }
        let start = field.at as usize;
        let middle = start + name.len();
        (field.name_addr == Some(name.as_ptr().addr())
            || self.bytes[start..middle] == *name.as_bytes())
            && self.bytes[middle..middle + value.len()] == *value
    }

    /// How many headers there are, from the first on, that are as they were.
    fn same_run(&self, old: Span, headers: &HeaderMap) -> usize {
        let old = self.list(old);
        let mut n = 0;
        for (name, value) in headers {
            match old.get(n) {
                Some(field) if self.is(field, redact::name_text(name), value.as_bytes()) => n += 1,
                _ => break,
            }
        }
        n
    }

    /// Encodes the new list as runs of the old one and new headers, the first `same` being as they were.
    fn put_fields(
        &mut self,
        old: Span,
        same: usize,
        headers: &HeaderMap,
        out: &mut Vec<u8>,
    ) -> Span {
        let start = self.fields.len() as u32;
        let at = old.at as usize;
        self.fields.extend_from_within(at..at + same);
        let (mut run_start, mut run) = (0_usize, same);
        let flush = |run_start: usize, run: &mut usize, out: &mut Vec<u8>| {
            if *run > 0 {
                put_varint(out, ((*run as u64) << 1) | 1);
                put_varint(out, run_start as u64);
                *run = 0;
            }
        };
        for (name, value) in headers.iter().skip(same) {
            let (name_text, value_bytes) = (redact::name_text(name), value.as_bytes());
            let found = {
                let list = self.list(old);
                let next = run_start + run;
                let is = |i: &usize| self.is(&list[*i], name_text, value_bytes);
                if next < list.len() && is(&next) {
                    Some(next)
                } else {
                    (0..list.len()).find(is)
                }
            };
            let field = match found {
                Some(i) => {
                    if run == 0 || i != run_start + run {
                        flush(run_start, &mut run, out);
                        run_start = i;
                    }
                    run += 1;
                    self.list(old)[i]
                }
                None => {
                    // A run goes on behind what is put between.
                    let next = run_start + run;
                    flush(run_start, &mut run, out);
                    run_start = next;
                    out.push(2);
                    put_bytes(out, name_text.as_bytes());
                    let flag = out.len();
                    out.push(0);
                    let known = redact::name_of(name_text);
                    let masked = put_counted(out, |out| {
                        redact::put_value(out, known.class, value.is_sensitive(), value_bytes)
                    });
                    out[flag] = u8::from(masked);
                    let at = self.bytes.len() as u32;
                    self.bytes.extend_from_slice(name_text.as_bytes());
                    self.bytes.extend_from_slice(value_bytes);
                    Field {
                        at,
                        name: name_text.len() as u32,
                        value: value_bytes.len() as u32,
                        name_addr: known.addr.filter(|addr| *addr == name_text.as_ptr().addr()),
                    }
                }
            };
            self.fields.push(field);
        }
        flush(run_start, &mut run, out);
        out.push(0);
        Span {
            at: start,
            len: self.fields.len() as u32 - start,
        }
    }

    /// Compares the types with the version's. Where they differ, `scratch` holds them afterwards.
    fn same_types(&mut self, old: Span, extensions: &Extensions) -> bool {
        let before = &self.types[old.at as usize..(old.at + old.len) as usize];
        self.scratch.clear();
        let mut names = TypeNames {
            before,
            rest: before,
            now: &mut self.scratch,
        };
        if !extensions.is_empty() {
            write!(names, "{extensions:?}").expect("the sink takes everything");
        }
        if names.now.is_empty() {
            if names.rest.is_empty() {
                return true;
            }
            names.part();
        }
        before == &self.scratch[..]
    }

    /// Encodes which types came and went: nothing if only their order changed.
    fn put_types(&mut self, old: Span, out: &mut Vec<u8>) -> Span {
        let before = &self.types[old.at as usize..(old.at + old.len) as usize];
        let now = &self.scratch;
        let added = now.iter().filter(|t| t.id != OURS && !before.contains(t));
        let removed = before.iter().filter(|t| t.id != OURS && !now.contains(t));
        let (n_added, n_removed) = (added.clone().count(), removed.clone().count());
        if n_added + n_removed > 0 {
            put_varint(out, n_added as u64);
            added.for_each(|t| put_varint(out, u64::from(t.id)));
            put_varint(out, n_removed as u64);
            removed.for_each(|t| put_varint(out, u64::from(t.id)));
        }
        let at = self.types.len() as u32;
        self.types.extend_from_slice(&self.scratch);
        Span {
            at,
            len: self.scratch.len() as u32,
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

fn same_uri(uri: &Uri, kept: &[u8]) -> bool {
    match origin_form(uri) {
        Some(target) => target.as_bytes() == kept,
        None => uri.to_string().as_bytes() == kept,
    }
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

/// Takes the type names out of the `Debug` form of extensions: since http 1.4 that is a set of the types' names, each
/// written in one piece.
struct TypeNames<'a> {
    before: &'a [Type],
    /// Those before that are still to come, as long as they come in their order. Nothing is copied until one does not.
    rest: &'a [Type],
    now: &'a mut Vec<Type>,
}

impl TypeNames<'_> {
    /// From here on they are another list than the one before.
    fn part(&mut self) {
        let same = self.before.len() - self.rest.len();
        self.now.extend_from_slice(&self.before[..same]);
        self.rest = &[];
    }

    #[cold]
    fn push(&mut self, name: &str) {
        if self.now.is_empty() {
            self.part();
        }
        self.now.push(Type {
            addr: name.as_ptr().addr(),
            len: name.len(),
            id: type_id(name),
        });
    }
}

impl Write for TypeNames<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if let [next, rest @ ..] = self.rest
            && (next.addr, next.len) == (piece.as_ptr().addr(), piece.len())
        {
            self.rest = rest;
        } else if !is_punctuation(piece) {
            self.push(piece);
        }
        Ok(())
    }
}

fn is_punctuation(piece: &str) -> bool {
    piece.len() <= 2 && matches!(piece, "{" | "}" | ", ")
}

thread_local! {
    /// Types seen by this thread, so that the table of names is asked once for each.
    static TYPES: std::cell::RefCell<Vec<Type>> = const { std::cell::RefCell::new(Vec::new()) };
}

fn type_id(name: &str) -> u32 {
    let (addr, len) = (name.as_ptr().addr(), name.len());
    TYPES
        .try_with(|types| {
            let mut types = types.borrow_mut();
            if let Some(known) = types.iter().find(|t| (t.addr, t.len) == (addr, len)) {
                return known.id;
            }
            let id = if is_ours(name) {
                OURS
            } else {
                site::name_id(name)
            };
            types.push(Type { addr, len, id });
            id
        })
        .unwrap_or_else(|_| {
            if is_ours(name) {
                OURS
            } else {
                site::name_id(name)
            }
        })
}
