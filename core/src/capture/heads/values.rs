//! The values of extensions that the app wants to see.

use super::{Heads, Span, put_counted};
use crate::{capture::watch::Shown, codec::format::put_varint};

/// The value of an extension.
#[derive(Clone, Copy)]
pub(super) struct Value {
    /// Number of the type's name.
    name: u32,
    /// As it was shown, nothing masked: in [`Heads::secrets`].
    text: Span,
}

impl Heads {
    fn is_value(&self, kept: &Value, shown: &Shown) -> bool {
        kept.name == shown.name && kept.text.of(&self.secrets) == shown.text.as_bytes()
    }

    #[inline]
    pub(super) fn same_values(&self, old: Span, shown: &[Shown]) -> bool {
        old.len as usize == shown.len()
            && self.values[old.range()]
                .iter()
                .zip(shown)
                .all(|(kept, shown)| self.is_value(kept, shown))
    }

    /// Takes the values in, and encodes those that are new or others than before. What is gone went with its type.
    pub(super) fn put_values(&mut self, old: Span, shown: &[Shown], out: &mut Vec<u8>) -> Span {
        let before = self.values.len();
        let kept = |heads: &Self, shown: &Shown| {
            let old = heads.values[old.range()].iter();
            old.copied().find(|kept| heads.is_value(kept, shown))
        };
        let fresh = shown.iter().filter(|s| kept(self, s).is_none()).count();
        if fresh > 0 {
            put_varint(out, fresh as u64);
        }
        for shown in shown {
            let value = kept(self, shown).unwrap_or_else(|| {
                put_varint(out, u64::from(shown.name));
                put_counted(out, |out| shown.put(out));
                Value {
                    name: shown.name,
                    text: Span::put(&mut self.secrets, shown.text.as_bytes()),
                }
            });
            self.values.push(value);
        }
        Span::behind(&self.values, before)
    }
}
