//! Lists of headers: compared in place, and only what differs is copied.
//!
//! The name of a header and its value stand in the encoded events already, as they came: a field says where. What is to be
//! masked there is only noted.

use super::{Heads, Span};
use crate::{
    capture::{
        redact::{self, Class, Known},
        unmasked::Unmasked,
    },
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
    /// In the events.
    value: Span,
}

impl Field {
    /// Whether it is this one.
    #[inline(always)]
    fn is(&self, events: &[u8], name: &HeaderName, value: &[u8]) -> bool {
        self.value.len as usize == value.len()
            && self.has_name(events, name)
            && self.value.of(events) == value
    }

    fn name_and_value<'a>(&self, events: &'a [u8]) -> (Name<'a>, &'a [u8]) {
        let name = (self.known.map(|known| known.id), self.name.of(events));
        (name, self.value.of(events))
    }

    #[inline(always)]
    fn has_name(&self, events: &[u8], name: &HeaderName) -> bool {
        match self.known {
            Some(known) => known.name == *name,
            None => self.name.of(events) == name.as_str().as_bytes(),
        }
    }
}

/// Most names that are guessed.
const GUESSED: usize = 64;

/// Which names were new in the last cycle, in order: most are in the next one too, and need not be looked for.
#[derive(Default)]
pub(super) struct Names {
    known: Vec<Option<&'static Known>>,
    /// How many were new in this one.
    new: usize,
}

impl Names {
    /// For the next cycle.
    pub(super) fn clear(&mut self) {
        self.new = 0;
    }

    #[inline]
    fn of(&mut self, name: &HeaderName) -> (Option<&'static Known>, Class) {
        let at = self.new;
        self.new += 1;
        if let Some(Some(guess)) = self.known.get(at)
            && guess.name == *name
        {
            return (Some(guess), guess.class);
        }
        let (known, class) = redact::name_of(name);
        if at < GUESSED {
            self.known.resize(self.known.len().max(at + 1), None);
            self.known[at] = known;
        }
        (known, class)
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
    /// Whether all else is: method, target, status, version of HTTP, body.
    pub(super) same_rest: bool,
}

impl Compared {
    pub(super) fn all(same: usize) -> Self {
        Self {
            same,
            ..Self::default()
        }
    }
}

/// A function of its own, so that it has the registers for itself: this loop is much of what recording costs.
#[inline(never)]
fn compare(old: &[Field], events: &[u8], headers: &HeaderMap) -> Compared {
    let mut found = Compared::default();
    for ((name, value), field) in headers.iter().zip(old) {
        if !field.is(events, name, value.as_bytes()) {
            break;
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
        compare(self.list(old), events, headers)
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
            // Behind all that there was, nothing is to be found.
            let kept = (same < old.len as usize)
                .then(|| self.find(events, old, next, name, value))
                .flatten();
            let field = match kept {
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
        let list = self.list(old);
        let is = |i: &usize| list[*i].is(events, name, value.as_bytes());
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
        let bytes = value.as_bytes();
        let (known, class) = self.names.of(name);
        let mut name_span = Span::default();
        match known {
            Some(known) if known.id < 0x80 && bytes.len() < 0x80 => {
                events.extend_from_slice(&[4, known.id as u8, 0, bytes.len() as u8]);
            }
            Some(known) => {
                events.push(4);
                put_varint(events, u64::from(known.id));
                events.push(0);
                put_varint(events, bytes.len() as u64);
            }
            None => {
                let name = name.as_str().as_bytes();
                events.push(2);
                put_varint(events, name.len() as u64);
                name_span = Span::put(events, name);
                events.push(0);
                put_varint(events, bytes.len() as u64);
            }
        }
        let field = Field {
            known,
            name: name_span,
            value: Span::put(events, bytes),
        };
        if value.is_sensitive() {
            self.note_sensitive(field);
        } else if class != Class::Known {
            self.unmasked.push(Unmasked::value(field.value, class));
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
        if !self.sensitive.iter().any(|f| f.value == field.value) {
            self.sensitive.push(field);
        }
    }

    /// Whether a layer marked values sensitive.
    #[inline]
    pub(in crate::capture) fn has_marked(&self) -> bool {
        !self.sensitive.is_empty()
    }

    /// The headers that were marked sensitive: name and value.
    pub(in crate::capture) fn marked<'a>(
        &'a self,
        events: &'a [u8],
    ) -> impl Iterator<Item = (Name<'a>, &'a [u8])> {
        self.sensitive.iter().map(|f| f.name_and_value(events))
    }

    /// Where in the events the value of this header stands.
    pub(in crate::capture) fn places_of<'a>(
        &'a self,
        events: &'a [u8],
        header: (Name<'a>, &'a [u8]),
    ) -> impl Iterator<Item = Span> {
        let is_it = move |f: &&Field| f.name_and_value(events) == header;
        self.fields.iter().filter(is_it).map(|f| f.value)
    }
}
