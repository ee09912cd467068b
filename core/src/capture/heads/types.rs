//! The types of a message's extensions.
//!
//! `http::Extensions` tells them only through `Debug`: since http 1.4 that is a set of the types' names, each written in one
//! piece, and those are static. So nothing is formatted: the pieces are compared by address and length with those of the
//! last time, and looked at more closely only where they differ.

use super::{Heads, Span};
use crate::{capture::site, codec::format::put_varint};
use http::Extensions;
use std::{
    cell::Cell,
    fmt::{self, Write},
};

/// The types of a version.
#[derive(Clone, Copy, Default)]
pub(super) struct Types {
    /// In [`Heads::pieces`].
    pieces: Span,
    /// In [`Heads::types`].
    ids: Span,
}

/// A static text by its address and length.
pub(super) type Piece = (usize, usize);

fn piece(text: &str) -> Piece {
    (text.as_ptr().addr(), text.len())
}

/// Number of our own extension, which is no part of the message.
const OURS: u32 = u32::MAX;

impl Heads {
    /// Whether the pieces are the very same, so that the types are. (If not they may be all the same.)
    #[inline]
    pub(super) fn same_pieces(&self, old: Types, extensions: &Extensions) -> bool {
        if extensions.len() != old.ids.len as usize || extensions.is_empty() {
            return extensions.len() == old.ids.len as usize;
        }
        let kept = &self.pieces[old.pieces.range()];
        let mut pieces = Compare { kept };
        write!(pieces, "{extensions:?}").is_ok() && pieces.kept.is_empty()
    }

    /// Takes the types in, and encodes which came and went: nothing if only their order changed.
    pub(super) fn put_types(
        &mut self,
        old: Types,
        extensions: &Extensions,
        out: &mut Vec<u8>,
    ) -> Types {
        let (pieces, ids) = (self.pieces.len(), self.types.len());
        if !extensions.is_empty() {
            let mut take = Take {
                pieces: &mut self.pieces,
                types: &mut self.types,
            };
            write!(take, "{extensions:?}").expect("the sink takes everything");
        }
        let (before, now) = (&self.types[old.ids.range()], &self.types[ids..]);
        let start = out.len();
        let any = put_missing(out, now, before) | put_missing(out, before, now);
        if !any {
            out.truncate(start);
        }
        Types {
            pieces: Span::behind(&self.pieces, pieces),
            ids: Span::behind(&self.types, ids),
        }
    }
}

/// Holds what is written against the pieces of the last time, up to the first that differs.
struct Compare<'a> {
    kept: &'a [Piece],
}

impl Write for Compare<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.kept {
            [next, rest @ ..] if *next == piece(text) => {
                self.kept = rest;
                Ok(())
            }
            _ => Err(fmt::Error),
        }
    }
}

/// Encodes how many types of a list are not in another, and which. Returns whether there are any.
fn put_missing(out: &mut Vec<u8>, list: &[u32], other: &[u32]) -> bool {
    let at = out.len();
    out.push(0);
    let mut missing = 0_u64;
    for id in list {
        if *id != OURS && !other.contains(id) {
            put_varint(out, u64::from(*id));
            missing += 1;
        }
    }
    if missing < 0x80 {
        out[at] = missing as u8;
    } else {
        let mut count = Vec::new();
        put_varint(&mut count, missing);
        out.splice(at..=at, count);
    }
    missing > 0
}

struct Take<'a> {
    pieces: &'a mut Vec<Piece>,
    types: &'a mut Vec<u32>,
}

impl Write for Take<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.pieces.push(piece(text));
        let is_punctuation = text.len() <= 2 && matches!(text, "{" | "}" | ", ");
        if !is_punctuation {
            self.types.push(type_id(text));
        }
        Ok(())
    }
}

/// Places for types met by a thread: an app has few. More are asked for in the table of names every time.
const PLACES: usize = 256;

thread_local! {
    /// Types met by this thread, so that the table of names is asked once for each; each stands in its place, or in the next
    /// one that is free. The same name may stand at two addresses; its number tells it surely.
    static MET: [Cell<(Piece, u32)>; PLACES] = const { [const { Cell::new(((0, 0), 0)) }; PLACES] };
}

fn type_id(name: &str) -> u32 {
    let piece = piece(name);
    MET.with(|met| {
        let place = piece.0 / 2 + piece.1 * 37;
        for at in place..place + 8 {
            let cell = &met[at % PLACES];
            match cell.get() {
                (known, id) if known == piece => return id,
                ((0, _), _) => {
                    let id = ask(name);
                    cell.set((piece, id));
                    return id;
                }
                _ => {}
            }
        }
        ask(name)
    })
}

#[cold]
fn ask(name: &str) -> u32 {
    if name.starts_with("onionskin::capture::") {
        OURS
    } else {
        site::name_id(name)
    }
}
