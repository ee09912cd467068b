//! A tree as lines.

use super::tree::Tree;
use crate::{
    model::{JsonLine, JsonValue, LineOp},
    view::bodies::MAX_LINES,
};

/// The longest path that is written: there may be one for each line.
const MAX_PATH: usize = 256;

/// Takes lines up to a cap, and counts the others.
pub(super) struct Writer {
    pub(super) lines: Vec<JsonLine>,
    pub(super) more: usize,
    path: Path,
    depth: usize,
    /// Whether there are several values one behind the other: the path begins with a number then.
    several: bool,
}

impl Writer {
    pub(super) fn new(tree: &Tree<'_>) -> Self {
        Self {
            lines: Vec::new(),
            more: 0,
            path: Path::default(),
            depth: 0,
            several: tree.roots().nth(1).is_some(),
        }
    }

    /// The lines of a value and of all that is in it. `place`: which value of the array around it, or of the text, it is.
    pub(super) fn subtree(&mut self, tree: &Tree<'_>, root: Place, op: Option<LineOp>) {
        // What is open, with the number of the next value in it.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for at in root.node..tree.end(root.node) {
            while let Some((top, _)) = open.last()
                && tree.end(*top) <= at
            {
                self.close(tree, *top, op);
                open.pop();
            }
            let number = match open.last_mut() {
                Some((_, next)) => std::mem::replace(next, *next + 1),
                None => root.number,
            };
            self.open(
                tree,
                Place { node: at, number },
                op,
                tree.nodes[at].count == 0,
            );
            match tree.nodes[at].count {
                0 => self.path.pop(),
                _ => open.push((at, 0)),
            }
        }
        while let Some((top, _)) = open.pop() {
            self.close(tree, top, op);
        }
    }

    /// The line of a value; what is written next is in it, if `is_leaf` is false. Its place is left with [`Writer::close`].
    pub(super) fn open(
        &mut self,
        tree: &Tree<'_>,
        place: Place,
        op: Option<LineOp>,
        is_leaf: bool,
    ) {
        let node = &tree.nodes[place.node];
        match tree.key(place.node) {
            Some(key) => self.path.push(&key),
            None if self.depth == 0 && !self.several => self.path.push_nothing(),
            None => self.path.push(&place.number.to_string()),
        }
        if self.lines.len() < MAX_LINES {
            let ends = if node.is_closed && is_leaf {
                ("{}", "[]")
            } else {
                ("{", "[")
            };
            let (text, count) = match node.value {
                JsonValue::Object => (ends.0.into(), Some(node.count as usize)),
                JsonValue::Array => (ends.1.into(), Some(node.count as usize)),
                _ => (tree.scalar(place.node).into_owned(), None),
            };
            self.lines.push(JsonLine {
                depth: self.depth,
                key: tree.key(place.node).map(Into::into),
                value: node.value,
                text,
                count,
                op,
                before: None,
                path: self.path.get(),
            });
        } else {
            self.more += 1;
        }
        self.depth += usize::from(!is_leaf);
    }

    /// The line that ends a value in which others were, if its end is there.
    pub(super) fn close(&mut self, tree: &Tree<'_>, node: usize, op: Option<LineOp>) {
        self.depth -= 1;
        let node = &tree.nodes[node];
        if node.is_closed && self.lines.len() < MAX_LINES {
            let is_object = node.value == JsonValue::Object;
            self.lines.push(JsonLine {
                depth: self.depth,
                key: None,
                value: JsonValue::End,
                text: if is_object { "}" } else { "]" }.into(),
                count: None,
                op,
                before: None,
                path: self.path.get(),
            });
        } else {
            self.more += usize::from(node.is_closed);
        }
        self.path.pop();
    }

    /// The line of a scalar that took the place of another.
    pub(super) fn changed(&mut self, tree: &Tree<'_>, place: Place, before: &str) {
        let len = self.lines.len();
        self.open(tree, place, Some(LineOp::Change), true);
        if let Some(line) = self.lines.get_mut(len) {
            line.before = Some(before.into());
        }
        self.path.pop();
    }
}

/// A value, and which of those around it it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) node: usize,
    pub(super) number: usize,
}

/// A JSON Pointer that is not longer than it may be.
#[derive(Default)]
struct Path {
    text: String,
    marks: Vec<usize>,
    /// How many of the last parts are left out.
    over: usize,
}

impl Path {
    fn push(&mut self, part: &str) {
        if self.over > 0 || self.text.len() + part.len() >= MAX_PATH {
            self.over += 1;
            return;
        }
        self.marks.push(self.text.len());
        self.text.push('/');
        self.text += &part.replace('~', "~0").replace('/', "~1");
    }

    fn push_nothing(&mut self) {
        self.marks.push(self.text.len());
    }

    fn pop(&mut self) {
        if self.over > 0 {
            self.over -= 1;
        } else if let Some(mark) = self.marks.pop() {
            self.text.truncate(mark);
        }
    }

    fn get(&self) -> Option<String> {
        (self.over == 0).then(|| self.text.clone())
    }
}
