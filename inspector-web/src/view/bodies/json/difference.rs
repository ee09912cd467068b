//! What is different between two trees.

use super::{
    flat::{Place, Writer},
    tree::Tree,
};
use crate::{
    model::{JsonValue, LineOp},
    view::lcs::ops,
};
use similar::DiffOp;
use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
};

/// How deep differences are looked for; below, a value is the same or another.
const MAX_DEPTH: usize = 100;

pub(super) fn difference(old: &Tree<'_>, new: &Tree<'_>) -> Writer {
    let hasher = RandomState::new();
    let mut compare = Compare {
        old: Hashed::new(old, &hasher),
        new: Hashed::new(new, &hasher),
        writer: Writer::new(new),
    };
    let (old_roots, new_roots): (Vec<_>, Vec<_>) = (old.roots().collect(), new.roots().collect());
    match (&old_roots[..], &new_roots[..]) {
        ([a], [b]) => compare.values(place(*a, 0), place(*b, 0), 0),
        (a, b) => compare.lists(a, b, 0),
    }
    compare.writer
}

fn place(node: usize, number: usize) -> Place {
    Place { node, number }
}

/// A tree, with a number for each value that is the same for the same values.
struct Hashed<'t> {
    tree: &'t Tree<'t>,
    hashes: Vec<u64>,
}

impl<'t> Hashed<'t> {
    fn new(tree: &'t Tree<'t>, hasher: &RandomState) -> Self {
        let mut hashes = vec![0; tree.nodes.len()];
        for at in (0..tree.nodes.len()).rev() {
            let value = tree.nodes[at].value;
            hashes[at] = match value {
                // Whatever the order.
                JsonValue::Object => tree
                    .children(at)
                    .map(|child| hasher.hash_one((tree.key(child), hashes[child])))
                    .fold(hasher.hash_one(value), u64::wrapping_add),
                JsonValue::Array => tree
                    .children(at)
                    .fold(hasher.hash_one(value), |sum, child| {
                        hasher.hash_one((sum, hashes[child]))
                    }),
                _ => hasher.hash_one((value, tree.scalar(at))),
            };
        }
        Self { tree, hashes }
    }
}

struct Compare<'t> {
    old: Hashed<'t>,
    new: Hashed<'t>,
    writer: Writer,
}

impl Compare<'_> {
    fn values(&mut self, a: Place, b: Place, depth: usize) {
        let (old, new) = (self.old.tree, self.new.tree);
        if self.old.hashes[a.node] == self.new.hashes[b.node] {
            return self.writer.subtree(new, b, None);
        }
        let same_kind = old.nodes[a.node].value == new.nodes[b.node].value;
        let is_container = |value| matches!(value, JsonValue::Object | JsonValue::Array);
        match new.nodes[b.node].value {
            value if same_kind && is_container(value) && depth < MAX_DEPTH => {
                self.writer.open(new, b, None, false);
                match value {
                    JsonValue::Object => self.objects(a.node, b.node, depth + 1),
                    _ => {
                        let (a, b): (Vec<_>, Vec<_>) = (
                            old.children(a.node).collect(),
                            new.children(b.node).collect(),
                        );
                        self.lists(&a, &b, depth + 1);
                    }
                }
                self.writer.close(new, b.node, None);
            }
            value if same_kind && !is_container(value) => {
                self.writer.changed(new, b, &old.scalar(a.node));
            }
            _ => {
                self.writer.subtree(old, a, Some(LineOp::Remove));
                self.writer.subtree(new, b, Some(LineOp::Add));
            }
        }
    }

    /// By key; what went stands where it was.
    fn objects(&mut self, a: usize, b: usize, depth: usize) {
        let (old, new) = (self.old.tree, self.new.tree);
        let olds: Vec<usize> = old.children(a).collect();
        let mut by_key: HashMap<Option<Cow<'_, str>>, VecDeque<usize>> = HashMap::new();
        for (number, node) in olds.iter().enumerate() {
            by_key.entry(old.key(*node)).or_default().push_back(number);
        }
        let news: Vec<(usize, Option<usize>)> = new
            .children(b)
            .map(|node| {
                let partner = by_key.get_mut(&new.key(node)).and_then(VecDeque::pop_front);
                (node, partner)
            })
            .collect();
        let mut has_partner = vec![false; olds.len()];
        for number in news.iter().filter_map(|(_, partner)| *partner) {
            has_partner[number] = true;
        }
        let mut gone = (0..olds.len())
            .filter(|number| !has_partner[*number])
            .peekable();
        for (number, (node, partner)) in news.into_iter().enumerate() {
            let Some(partner) = partner else {
                let added = Some(LineOp::Add);
                self.writer.subtree(new, place(node, number), added);
                continue;
            };
            while let Some(number) = gone.next_if(|number| *number < partner) {
                self.removed(olds[number], number);
            }
            self.values(place(olds[partner], partner), place(node, number), depth);
        }
        for number in gone {
            self.removed(olds[number], number);
        }
    }

    fn removed(&mut self, node: usize, number: usize) {
        let place = place(node, number);
        self.writer
            .subtree(self.old.tree, place, Some(LineOp::Remove));
    }

    /// By the longest common subsequence.
    fn lists(&mut self, a: &[usize], b: &[usize], depth: usize) {
        let hashes = |of: &Hashed<'_>, nodes: &[usize]| -> Vec<u64> {
            nodes.iter().map(|node| of.hashes[*node]).collect()
        };
        for op in ops(&hashes(&self.old, a), &hashes(&self.new, b)) {
            let (old, new) = (op.old_range(), op.new_range());
            if let DiffOp::Equal { .. } = op {
                for number in new {
                    let place = place(b[number], number);
                    self.writer.subtree(self.new.tree, place, None);
                }
                continue;
            }
            let pairs = old.len().min(new.len());
            for (i, j) in old.clone().zip(new.clone()) {
                self.values(place(a[i], i), place(b[j], j), depth);
            }
            for number in old.skip(pairs) {
                self.removed(a[number], number);
            }
            for number in new.skip(pairs) {
                let place = place(b[number], number);
                self.writer.subtree(self.new.tree, place, Some(LineOp::Add));
            }
        }
    }
}
