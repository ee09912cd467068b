//! JSON as flat lines, and the structural difference of two of them.
//!
//! Objects are compared by key (duplicate keys in their order), arrays by their longest common subsequence, what stands between
//! two common elements in its order. The order of an object's keys is no difference.

mod difference;
mod flat;
mod tree;

use super::lines;
use crate::model::Content;
use flat::{Place, Writer};
use tree::Tree;

pub(super) fn content(bytes: &[u8], is_cut: bool) -> Content {
    let text = tree::text(bytes);
    let tree = Tree::parse(&text);
    let mut writer = Writer::new(&tree);
    for (number, node) in tree.roots().enumerate() {
        writer.subtree(&tree, Place { node, number }, None);
    }
    json(writer, &tree, is_cut)
}

/// What is no JSON is compared by lines.
pub(super) fn difference(old: &[u8], new: &[u8], is_cut: bool) -> Content {
    let (old_text, new_text) = (tree::text(old), tree::text(new));
    let (old_tree, new_tree) = (Tree::parse(&old_text), Tree::parse(&new_text));
    if old_tree.nodes.is_empty() || new_tree.nodes.is_empty() {
        return lines::text(&lines::of_text(new), Some(&lines::of_text(old)));
    }
    let writer = difference::difference(&old_tree, &new_tree);
    json(writer, &new_tree, is_cut)
}

/// Whether bytes are JSON, cut perhaps. Of what is said to be JSON it is enough that some of it is.
pub(super) fn is_json(bytes: &[u8], is_said: bool) -> bool {
    let text = tree::text(bytes);
    let tree = Tree::parse(&text);
    match &tree.error {
        Some(error) if !error.is_end => is_said && tree.nodes.len() > 1,
        _ => !tree.nodes.is_empty(),
    }
}

fn json(writer: Writer, tree: &Tree<'_>, is_cut: bool) -> Content {
    let error = tree.error.as_ref().map(|error| {
        let (what, at) = (error.what, error.at);
        match error.is_end && is_cut {
            true => format!("the rest is not there: {what} (byte {at})"),
            false => format!("no JSON from here: {what} (byte {at})"),
        }
    });
    Content::Json {
        lines: writer.lines,
        more: writer.more,
        error,
    }
}

#[cfg(test)]
mod tests;
