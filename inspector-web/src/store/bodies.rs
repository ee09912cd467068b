//! The bodies of all kept cycles, each content held once.
//!
//! Most answers of an app are like others of it. So the bodies of a frame are taken out of it, and those of the same bytes
//! are one for all cycles, until the last of these goes.

use bytes::Bytes;
use onionskin::codec;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, Hasher, RandomState},
    mem::size_of,
    sync::{Arc, LazyLock},
};

/// Shorter ones stay in their frame: to hold them apart would take more than they do.
const LEAST: usize = 256;

/// Seeded anew in each process, so that nobody can send bodies of one hash.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A content, with its hash, so that it is hashed once and not while the store is locked. What counts are the bytes.
#[derive(Clone, Debug)]
struct Content {
    hash: u64,
    bytes: Arc<[u8]>,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        Self {
            hash: HASHER.hash_one(bytes),
            bytes: bytes.into(),
        }
    }

    /// Bytes that it takes: itself, its counters, its place among all (which may have twice the room that it needs), and
    /// what the allocator rounds up.
    fn cost(&self) -> u64 {
        const FIXED: usize = 2 * size_of::<(Content, u64)>() + 2 * size_of::<usize>() + 16;
        (FIXED + self.bytes.len()) as u64
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.bytes == other.bytes
    }
}

impl Eq for Content {}

impl Hash for Content {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A frame whose bodies are apart.
#[derive(Debug)]
pub(crate) struct Apart {
    /// What is left of it.
    rest: Bytes,
    /// Where in the rest each stood.
    bodies: Box<[(u32, Content)]>,
}

impl Apart {
    /// Takes the bodies out of a frame; none if it has none that are worth it.
    pub(super) fn of(frame: &[u8]) -> Option<Self> {
        let mut heads = codec::heads(frame).ok()?;
        heads.retain(|head| head.len() >= LEAST);
        if heads.is_empty() {
            return None;
        }
        let apart = heads.iter().map(ExactSizeIterator::len).sum::<usize>();
        let mut rest = Vec::with_capacity(frame.len() - apart);
        let (mut bodies, mut copied) = (Vec::with_capacity(heads.len()), 0);
        for head in heads {
            rest.extend_from_slice(&frame[copied..head.start]);
            copied = head.end;
            bodies.push((u32::try_from(rest.len()).ok()?, Content::of(&frame[head])));
        }
        rest.extend_from_slice(&frame[copied..]);
        Some(Self {
            rest: rest.into(),
            bodies: bodies.into(),
        })
    }

    /// The frame.
    pub(super) fn whole(&self) -> Bytes {
        let bodies = self.bodies.iter();
        let len = self.rest.len()
            + bodies
                .clone()
                .map(|(_, body)| body.bytes.len())
                .sum::<usize>();
        let (mut frame, mut copied) = (Vec::with_capacity(len), 0);
        for (at, body) in bodies {
            let at = *at as usize;
            frame.extend_from_slice(&self.rest[copied..at]);
            frame.extend_from_slice(&body.bytes);
            copied = at;
        }
        frame.extend_from_slice(&self.rest[copied..]);
        frame.into()
    }

    /// Bytes that it takes, its bodies not counted.
    pub(super) fn len(&self) -> usize {
        self.rest.len() + size_of_val(&*self.bodies)
    }

    /// Bytes that its bodies take, if no other has them.
    pub(super) fn bodies_cost(&self) -> u64 {
        self.bodies.iter().map(|(_, body)| body.cost()).sum()
    }
}

/// The contents that kept cycles have, and how often.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    contents: HashMap<Content, u64>,
    bytes: u64,
}

impl Bodies {
    /// What they take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A cycle is kept: of what is here it takes that in place of its own.
    pub(super) fn take(&mut self, frame: &mut Apart) {
        for (_, body) in &mut frame.bodies {
            if let Some((held, _)) = self.contents.get_key_value(body) {
                *body = held.clone();
            } else {
                self.bytes += body.cost();
            }
            *self.contents.entry(body.clone()).or_default() += 1;
        }
    }

    /// A cycle is not kept any more, and with it go the bodies that no other has.
    pub(super) fn let_go(&mut self, frame: &Apart) {
        for (_, body) in &frame.bodies {
            let Some(cycles) = self.contents.get_mut(body) else {
                continue;
            };
            *cycles -= 1;
            if *cycles == 0 {
                self.contents.remove(body);
                self.bytes -= body.cost();
            }
        }
    }
}

#[cfg(test)]
mod tests;
