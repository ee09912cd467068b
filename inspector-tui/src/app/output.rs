//! What the app printed that was started here.

use crate::event::Printed;
use onionskin::text::counted;
use std::collections::VecDeque;

/// Most lines that are kept.
const KEPT: usize = 2_000;

/// Its newest lines.
#[derive(Debug)]
pub struct Output {
    lines: VecDeque<String>,
    /// Whether they are to be seen.
    pub shown: bool,
    /// How the app ended, if it has.
    pub ended: Option<String>,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            shown: true,
            ended: None,
        }
    }
}

impl Output {
    /// Takes in what was heard. Returns whether that is to be seen.
    pub(super) fn take(&mut self, printed: Printed) -> bool {
        let line = match printed {
            Printed::Line(line) => line,
            Printed::Missed(n) => {
                format!("({} left out: the app wrote too fast)", counted(n, "line"))
            }
            Printed::Ended(how) => {
                // Why it ended stands in its last lines.
                self.shown = true;
                self.ended = Some(how);
                return true;
            }
        };
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.shown
    }

    /// The newest lines, so many at most, oldest first.
    pub fn last(&self, count: usize) -> impl Iterator<Item = &str> {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_end_brings_them_up() {
        let mut output = Output::default();
        for n in 0..KEPT + 5 {
            assert!(output.take(Printed::Line(n.to_string())));
        }
        assert!(output.take(Printed::Missed(3)));
        let last: Vec<_> = output.last(2).collect();
        assert_eq!(last, ["2004", "(3 lines left out: the app wrote too fast)"]);
        assert_eq!(output.last(usize::MAX).next(), Some("6"));
        output.shown = false;
        assert!(!output.take(Printed::Line("quiet".into())));
        assert!(output.take(Printed::Ended("exit status: 1".into())));
        assert!(output.shown);
    }
}
