//! Lists of headers: compared in place, and only what differs is copied.
//!
//! The name of a header, and its value if nothing in it is masked, stands in the encoded events already: a field says
//! where. True values of credentials are kept apart, for the comparison only.

use super::{Heads, Span, put_counted};
use crate::{
    capture::redact::{self, Class, Known},
    codec::format::put_varint,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// A header as it was recorded.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// Its name, if that is one of everyday use: compared faster than text.
    known: Option<&'static Known>,
    /// In the events.
    name: Span,
    /// What is shown of the value: in the events.
    shown: Span,
    /// The true value: the same, or in [`Heads::secrets`].
    value: Span,
    secret: bool,
}

impl Field {
    /// Whether it is this one; `kept`: the events, and the secrets.
    #[inline(always)]
    fn is(&self, kept: [&[u8]; 2], name: &HeaderName, value: &[u8]) -> bool {
        self.value.len as usize == value.len()
            && self.has_name(kept[0], name)
            && self.true_value(kept) == value
    }

    fn name_in<'a>(&self, events: &'a [u8]) -> Name<'a> {
        (self.known.map(|known| known.id), self.name.of(events))
    }

    #[inline(always)]
    fn true_value<'a>(&self, kept: [&'a [u8]; 2]) -> &'a [u8] {
        self.value.of(kept[usize::from(self.secret)])
    }

    #[inline(always)]
    fn has_name(&self, events: &[u8], name: &HeaderName) -> bool {
        match self.known {
            Some(known) => known.name == *name,
            None => self.name.of(events) == name.as_str().as_bytes(),
        }
    }
}

/// A name: its number, or its text.
pub(in crate::capture) type Name<'a> = (Option<u32>, &'a [u8]);

/// What a comparison found.
#[derive(Clone, Copy, Default)]
pub(crate) struct Compared {
    /// How many headers there are, from the first on, that are as they were.
    pub(super) same: usize,
    /// Whether one of those is marked sensitive.
    pub(super) sensitive: bool,
    /// Whether the extensions have the same types.
    pub(super) same_types: bool,
}

impl Compared {
    pub(super) fn all(same: usize) -> Self {
        Self {
            same,
            ..Self::default()
        }
    }
}

/// A function of its own, so that it has the registers for itself: this loop is most of what recording costs.
#[inline(never)]
fn compare(old: &[Field], kept: [&[u8]; 2], headers: &HeaderMap) -> Compared {
    let mut found = Compared::default();
    let mut old = old.iter();
    for (name, value) in headers {
        match old.next() {
            Some(field) if field.is(kept, name, value.as_bytes()) => {}
            _ => break,
        }
        found.same += 1;
        found.sensitive |= value.is_sensitive();
    }
    found
}

impl Heads {
    pub(super) fn list(&self, span: Span) -> &[Field] {
        &self.fields[span.range()]
    }

    /// Compares headers with a list, in order.
    #[inline]
    pub(super) fn compare_fields(&self, events: &[u8], old: Span, headers: &HeaderMap) -> Compared {
        compare(self.list(old), [events, &self.secrets], headers)
    }

    /// Encodes the new list as runs of the old one and new headers, the first `same` being as they were.
    pub(super) fn put_fields(
        &mut self,
        old: Span,
        same: usize,
        headers: &HeaderMap,
        events: &mut Vec<u8>,
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
            let next = run_start + run;
            let field = match self.find(events, old, next, name, value) {
                Some(i) => {
                    if run == 0 || i != next {
                        flush(run_start, &mut run, events);
                        run_start = i;
                    }
                    run += 1;
                    self.list(old)[i]
                }
                None => {
                    // A run goes on behind what is put between.
                    flush(run_start, &mut run, events);
                    run_start = next;
                    self.put_field(name, value, events)
                }
            };
            self.fields.push(field);
        }
        flush(run_start, &mut run, events);
        events.push(0);
        Span {
            at: start,
            len: self.fields.len() as u32 - start,
        }
    }

    /// Where the header stands in a list: at `next`, or else anywhere.
    fn find(
        &mut self,
        events: &[u8],
        old: Span,
        next: usize,
        name: &HeaderName,
        value: &HeaderValue,
    ) -> Option<usize> {
        let (list, kept) = (self.list(old), [events, &self.secrets[..]]);
        let is = |i: &usize| list[*i].is(kept, name, value.as_bytes());
        let found = Some(next)
            .filter(|next| *next < list.len() && is(next))
            .or_else(|| (0..list.len()).find(is))?;
        if value.is_sensitive() {
            let field = list[found];
            self.note_sensitive(field);
        }
        Some(found)
    }

    fn put_field(&mut self, name: &HeaderName, value: &HeaderValue, events: &mut Vec<u8>) -> Field {
        let (known, class) = redact::name_of(name);
        let (mut name_span, bytes) = (Span::default(), value.as_bytes());
        // Nearly all headers: two copies.
        if let Some(known) = known
            && class == Class::Known
            && !value.is_sensitive()
            && known.id < 0x80
            && bytes.len() < 0x80
        {
            events.extend_from_slice(&[4, known.id as u8, 0, bytes.len() as u8]);
            let shown = Span::put(events, bytes);
            return Field {
                known: Some(known),
                name: name_span,
                shown,
                value: shown,
                secret: false,
            };
        }
        match known {
            Some(known) => {
                events.push(4);
                put_varint(events, u64::from(known.id));
            }
            None => {
                let name = name.as_str().as_bytes();
                events.push(2);
                put_varint(events, name.len() as u64);
                name_span = Span::put(events, name);
            }
        }
        let flag = events.len();
        events.push(0);
        let secret = put_counted(events, |out| {
            redact::put_value(out, class, value.is_sensitive(), bytes)
        });
        let varint = events[flag + 1..]
            .iter()
            .take_while(|b| **b >= 0x80)
            .count()
            + 1;
        let shown = Span::behind(events, flag + 1 + varint);
        events[flag] = u8::from(secret);
        let field = Field {
            known,
            name: name_span,
            shown,
            value: match secret {
                true => Span::put(&mut self.secrets, bytes),
                false => shown,
            },
            secret,
        };
        if value.is_sensitive() {
            self.note_sensitive(field);
        }
        field
    }

    /// A layer marked headers sensitive, those of the list at these places; they may have been recorded in clear before.
    #[cold]
    pub(super) fn note_all_sensitive(&mut self, list: Span, headers: &HeaderMap, same: usize) {
        for (i, value) in headers.values().take(same).enumerate() {
            if value.is_sensitive() {
                let field = self.list(list)[i];
                self.note_sensitive(field);
            }
        }
    }

    #[cold]
    fn note_sensitive(&mut self, field: Field) {
        let known = |f: &Field| (f.value, f.secret) == (field.value, field.secret);
        if !self.sensitive.iter().any(known) {
            self.sensitive.push(field);
        }
    }

    /// Whether a layer marked values sensitive.
    #[inline]
    pub(in crate::capture) fn has_marked(&self) -> bool {
        !self.sensitive.is_empty()
    }

    /// The headers that were marked sensitive: name and true value.
    pub(in crate::capture) fn marked<'a>(
        &'a self,
        events: &'a [u8],
    ) -> impl Iterator<Item = (Name<'a>, &'a [u8])> {
        let kept = [events, &self.secrets];
        let name_and_value = move |f: &Field| (f.name_in(events), f.true_value(kept));
        self.sensitive.iter().map(name_and_value)
    }

    /// Where in the events something is shown of the value of this header.
    pub(in crate::capture) fn shown_of<'a>(
        &'a self,
        events: &'a [u8],
        header: (Name<'a>, &'a [u8]),
    ) -> impl Iterator<Item = Span> {
        let kept = [events, &self.secrets];
        let is_it = move |f: &&Field| (f.name_in(events), f.true_value(kept)) == header;
        self.fields.iter().filter(is_it).map(|f| f.shown)
    }
}
