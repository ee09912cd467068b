//! Labels on all that one can go to: typing one does what a click there does.

use super::Spot;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What labels are made of: the letters that fingers rest on first.
const LETTERS: &[u8; 26] = b"asdfghjklqwertyuiopzxcvbnm";

/// What can be gone to, each with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jump {
    targets: Vec<(String, Spot)>,
    typed: String,
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The rest of a label is to be typed.
    Part,
    /// A label is whole.
    To(Spot),
    /// It was given up.
    GivenUp,
}

impl Jump {
    /// With a label for each of these, the shorter ones first.
    pub fn new(spots: impl ExactSizeIterator<Item = Spot>) -> Self {
        Self {
            targets: labels(spots.len()).zip(spots).collect(),
            typed: String::new(),
        }
    }

    /// What is left to be typed to go there; none: no label, or one that begins otherwise.
    pub fn left(&self, spot: Spot) -> Option<&str> {
        let (label, _) = self.targets.iter().find(|(_, to)| *to == spot)?;
        label.strip_prefix(&*self.typed)
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        match key.code {
            KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.typed.push(c.to_ascii_lowercase());
            }
            _ => return Typed::GivenUp,
        }
        let mut left = self.targets.iter();
        match left.find(|(label, _)| label.starts_with(&self.typed)) {
            Some((label, to)) if *label == self.typed => Typed::To(*to),
            Some(_) => Typed::Part,
            None => Typed::GivenUp,
        }
    }
}

/// So many labels, or as many as there are of two letters. None begins another: as few letters as possible begin two.
fn labels(count: usize) -> impl Iterator<Item = String> {
    let all = LETTERS.len();
    let pairs = count.saturating_sub(all).div_ceil(all - 1).min(all);
    let (alone, first) = LETTERS.split_at(all - pairs);
    let alone = alone.iter().map(|a| char::from(*a).to_string());
    let two = |a: u8| {
        LETTERS
            .iter()
            .map(move |b| [a, *b].map(char::from).iter().collect())
    };
    alone
        .chain(first.iter().flat_map(move |a| two(*a)))
        .take(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_none_begins_another() {
        for (count, of_two) in [(0, 0), (1, 0), (26, 0), (27, 2), (51, 26), (676, 676)] {
            let labels: Vec<String> = labels(count).collect();
            assert_eq!(labels.len(), count);
            let longer = labels.iter().filter(|label| label.len() == 2).count();
            assert_eq!(longer, of_two, "{count}");
            for (at, label) in labels.iter().enumerate() {
                let others = labels[..at].iter().chain(&labels[at + 1..]);
                assert!(others.into_iter().all(|other| !other.starts_with(&**label)));
            }
        }
        assert_eq!(labels(10_000).count(), 676);
    }

    #[test]
    fn a_label_leads_to_its_spot_and_anything_else_gives_up() {
        let press = |jump: &mut Jump, code| jump.key(KeyEvent::new(code, KeyModifiers::NONE));
        let few = Jump::new((0..3).map(Spot::Row));
        assert_eq!(few.left(Spot::Row(1)), Some("s"));
        let mut jump = few.clone();
        assert_eq!(
            press(&mut jump, KeyCode::Char('S')),
            Typed::To(Spot::Row(1))
        );
        for other in [KeyCode::Esc, KeyCode::Char('x'), KeyCode::Enter] {
            assert_eq!(press(&mut few.clone(), other), Typed::GivenUp);
        }
        let mut many = Jump::new((0..30).map(Spot::Row));
        assert_eq!(press(&mut many, KeyCode::Char('m')), Typed::Part);
        assert_eq!(many.left(Spot::Row(0)), None, "begins otherwise");
        assert_eq!(many.left(Spot::Row(26)), Some("s"));
        assert_eq!(
            press(&mut many, KeyCode::Char('s')),
            Typed::To(Spot::Row(26))
        );
    }
}
