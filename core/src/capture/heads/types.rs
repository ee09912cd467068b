//! The types of a message's extensions.
//!
//! `http::Extensions` tells them only through `Debug`: since http 1.4 that is a set of the types' names, each written in one
//! piece, and those are static. So nothing is formatted: the pieces are compared by address and length with those of a list
//! that is known.
//!
//! An app has few such lists, and its messages go from one to the next in the same ways, cycle after cycle. Each is kept
//! once, with those that came after it and what is encoded then: of a list that follows as it did before, no type is looked
//! up, and nothing is worked out.

use super::Span;
use crate::{capture::site, codec::format::put_varint};
use http::Extensions;
use std::fmt::{self, Write};

/// Most types in all lists that are kept for the next cycle.
const KEPT: usize = 1024;

/// A type, and where its name was read: a static text, by its address and length.
#[derive(Clone, Copy, PartialEq)]
struct Type {
    piece: Piece,
    id: u32,
}

type Piece = (usize, usize);

fn piece(text: &str) -> Piece {
    (text.as_ptr().addr(), text.len())
}

/// What stands between the names.
#[inline]
fn is_punctuation(text: &str) -> bool {
    text.len() <= 2 && matches!(text, "{" | "}" | ", ")
}

/// Number of our own extension, which is no part of the message.
const OURS: u32 = u32::MAX;

/// Number of a list; 0 is the empty one.
pub(super) type ListId = u32;

/// All lists that messages had.
#[derive(Default)]
pub(super) struct Types {
    types: Vec<Type>,
    /// Those that are not empty.
    lists: Vec<List>,
    after_empty: Option<u32>,
    follows: Vec<Follow>,
    encoded: Vec<u8>,
}

#[derive(Clone, Copy)]
struct List {
    types: Span,
    /// The last of [`Types::follows`] that begins here.
    after: Option<u32>,
}

/// A list that came after another.
#[derive(Clone, Copy)]
struct Follow {
    to: ListId,
    /// What came and went; nothing if only the order is another.
    encoded: Span,
    /// One more that begins at the same list.
    before: Option<u32>,
}

impl Types {
    /// Forgets all lists if they are many: for the next cycle.
    pub(super) fn clear(&mut self) {
        if self.types.len() > KEPT {
            *self = Self::default();
        }
    }

    fn list(&self, list: ListId) -> &[Type] {
        match list.checked_sub(1) {
            Some(at) => &self.types[self.lists[at as usize].types.range()],
            None => &[],
        }
    }

    fn after(&mut self, list: ListId) -> &mut Option<u32> {
        match list.checked_sub(1) {
            Some(at) => &mut self.lists[at as usize].after,
            None => &mut self.after_empty,
        }
    }

    /// Whether the names are the very same, so that the types are. (If not they may be all the same.)
    #[inline]
    pub(super) fn are(&self, list: ListId, extensions: &Extensions) -> bool {
        let kept = self.list(list);
        if extensions.len() != kept.len() || kept.is_empty() {
            return extensions.len() == kept.len();
        }
        let mut names = Compare { kept };
        write!(names, "{extensions:?}").is_ok() && names.kept.is_empty()
    }

    /// The list of these types, which came after `old`; what came and went is encoded: nothing if only the order changed.
    pub(super) fn put(
        &mut self,
        old: ListId,
        extensions: &Extensions,
        out: &mut Vec<u8>,
    ) -> ListId {
        if old == 0 && extensions.is_empty() {
            return 0;
        }
        let mut next = *self.after(old);
        while let Some(at) = next {
            let follow = self.follows[at as usize];
            if self.are(follow.to, extensions) {
                out.extend_from_slice(follow.encoded.of(&self.encoded));
                return follow.to;
            }
            next = follow.before;
        }
        self.learn(old, extensions, out)
    }

    /// They come after `old` for the first time.
    #[cold]
    fn learn(&mut self, old: ListId, extensions: &Extensions, out: &mut Vec<u8>) -> ListId {
        let to = (0..=self.lists.len() as u32).find(|list| self.are(*list, extensions));
        let to = to.unwrap_or_else(|| {
            let start = self.types.len();
            let mut take = Take(&mut self.types);
            write!(take, "{extensions:?}").expect("the sink takes everything");
            self.lists.push(List {
                types: Span::behind(&self.types, start),
                after: None,
            });
            self.lists.len() as u32
        });
        let start = self.encoded.len();
        let mut encoded = std::mem::take(&mut self.encoded);
        let any = put_missing(&mut encoded, self.list(to), self.list(old))
            | put_missing(&mut encoded, self.list(old), self.list(to));
        if !any {
            encoded.truncate(start);
        }
        out.extend_from_slice(&encoded[start..]);
        let follow = Follow {
            to,
            encoded: Span::behind(&encoded, start),
            before: *self.after(old),
        };
        self.encoded = encoded;
        *self.after(old) = Some(self.follows.len() as u32);
        self.follows.push(follow);
        to
    }
}

/// Holds what is written against the names of a list, up to the first that differs.
struct Compare<'a> {
    kept: &'a [Type],
}

impl Write for Compare<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.kept {
            [next, rest @ ..] if next.piece == piece(text) => {
                self.kept = rest;
                Ok(())
            }
            _ if is_punctuation(text) => Ok(()),
            _ => Err(fmt::Error),
        }
    }
}

/// Encodes how many types of a list are not in another, and which. Returns whether there are any.
fn put_missing(out: &mut Vec<u8>, list: &[Type], other: &[Type]) -> bool {
    let is_missing = |one: &&Type| one.id != OURS && !other.iter().any(|other| other.id == one.id);
    put_varint(out, list.iter().filter(is_missing).count() as u64);
    let mut any = false;
    for missing in list.iter().filter(is_missing) {
        put_varint(out, u64::from(missing.id));
        any = true;
    }
    any
}

/// Takes the types in.
struct Take<'a>(&'a mut Vec<Type>);

impl Write for Take<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !is_punctuation(text) {
            self.0.push(Type {
                piece: piece(text),
                id: if text.starts_with("onionskin::capture::") {
                    OURS
                } else {
                    site::name_id(text)
                },
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::heads::Heads;

    /// What is encoded on the way through these sets of types.
    fn told(types: &mut Types, way: &[&Extensions]) -> Vec<Vec<u8>> {
        let mut list = 0;
        let mut told = Vec::new();
        for extensions in way {
            let mut out = Vec::new();
            if !types.are(list, extensions) {
                list = types.put(list, extensions, &mut out);
            }
            assert!(types.are(list, extensions));
            told.push(out);
        }
        told
    }

    fn edits(came: &[&str], went: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for names in [came, went] {
            put_varint(&mut out, names.len() as u64);
            for name in names {
                put_varint(&mut out, u64::from(site::name_id(name)));
            }
        }
        out
    }

    fn of<T: Clone + Send + Sync + 'static>(value: T) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(value);
        extensions
    }

    #[test]
    fn what_was_learnt_is_told_again_and_nothing_else() {
        let (none, a, b) = (Extensions::new(), of(1_u8), of(1_u16));
        let mut both = of(1_u8);
        both.insert(1_u16);
        let mut types = Types::default();
        for _ in 0..2 {
            // One that takes another's place: their number alone would not tell.
            assert_eq!(
                told(&mut types, &[&none, &a, &b, &b, &both, &a, &none]),
                [
                    vec![],
                    edits(&["u8"], &[]),
                    edits(&["u16"], &["u8"]),
                    vec![],
                    edits(&["u8"], &[]),
                    edits(&[], &["u16"]),
                    edits(&[], &["u8"]),
                ]
            );
        }
        let known = (types.lists.len(), types.follows.len());
        assert_eq!(known, (3, 5), "each list and each way once");
        // The same lists by another way.
        let told = told(&mut types, &[&b, &a]);
        assert_eq!(told, [edits(&["u16"], &[]), edits(&["u8"], &["u16"])]);
        assert_eq!(types.lists.len(), 3);
    }

    type Edit = fn(&mut Extensions);

    /// Puts a type in, and takes it out.
    const SETS: [(Edit, Edit); 30] = {
        fn insert<const N: usize>(extensions: &mut Extensions) {
            extensions.insert([0_u8; N]);
        }
        fn remove<const N: usize>(extensions: &mut Extensions) {
            extensions.remove::<[u8; N]>();
        }
        macro_rules! all {
            ($($n:literal)*) => { [$((insert::<$n>, remove::<$n>)),*] };
        }
        all!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29)
    };

    #[test]
    fn another_order_is_no_change() {
        let mut small = of(1_u8);
        small.insert(1_u16);
        small.insert(1_u32);
        // One that was larger has more room, and so another order.
        let mut was_large = small.clone();
        SETS.iter().for_each(|(insert, _)| insert(&mut was_large));
        SETS.iter().for_each(|(_, remove)| remove(&mut was_large));
        let mut types = Types::default();
        let all = edits(&["u8", "u16", "u32"], &[]);
        let told = told(&mut types, &[&small, &was_large, &small]);
        let lengths: Vec<_> = told.iter().map(Vec::len).collect();
        assert_eq!(lengths, [all.len(), 0, 0]);
        assert_eq!(types.lists.len(), 2, "the order is another");
    }

    #[test]
    fn what_grows_too_large_is_forgotten_with_the_cycle() {
        let mut heads = Heads::default();
        let mut all = 0;
        for first in 0..SETS.len() {
            let mut extensions = Extensions::new();
            let mut list = 0;
            heads.clear();
            let types = &mut heads.types;
            for (insert, _) in SETS.iter().cycle().skip(first).take(SETS.len()) {
                insert(&mut extensions);
                list = types.put(list, &extensions, &mut Vec::new());
                all += 1;
            }
            assert!(types.types.len() <= KEPT + SETS.len() * SETS.len());
        }
        assert!(heads.types.lists.len() < all / 2);
    }
}
