//! Bars of block characters, an eighth of a column fine.

use crate::theme::Part;

/// Blocks of one to seven eighths, from the left.
const LEFT: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Blocks of one to eight eighths, from the bottom.
const HIGH: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A span of a bar that is filled, in the unit of the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) part: Part,
    /// Most of it was waiting, not work.
    pub(super) waits: bool,
}

/// A column of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) symbol: char,
    /// What it stands for; none for a blank and for the line between filled spans.
    pub(super) part: Option<Part>,
}

/// A bar of so many columns for `total`: a line over `span`, with filled spans in it. What is filled at all is seen, were
/// it an eighth of a column.
pub(super) fn bar(columns: usize, total: u64, span: (u64, u64), filled: &[Filled]) -> Vec<Column> {
    if columns == 0 {
        return Vec::new();
    }
    let eighths = columns as u64 * 8;
    let scale =
        |t: u64| (u128::from(t.min(total)) * u128::from(eighths) / u128::from(total.max(1))) as u64;
    let visible = |from: u64, to: u64| {
        let from = scale(from).min(eighths.saturating_sub(1));
        (from, scale(to).max(from + 1))
    };
    let (line_from, line_to) = visible(span.0, span.1);
    let mut bar: Vec<_> = (0..columns as u64)
        .map(|i| Column {
            symbol: match line_from < i * 8 + 8 && i * 8 < line_to {
                true => '─',
                false => ' ',
            },
            part: None,
        })
        .collect();
    for f in filled.iter().filter(|f| f.to >= f.from) {
        let (from, to) = visible(f.from, f.to);
        for i in from / 8..to.div_ceil(8) {
            let column = &mut bar[i as usize];
            let (lo, hi) = (from.max(i * 8), to.min(i * 8 + 8));
            // Two spans in one column: the first one is there, the second would hide it.
            if column.part.is_none() || hi - lo == 8 {
                *column = Column {
                    symbol: match block(lo - i * 8, hi - i * 8) {
                        '█' if f.waits => '▒',
                        symbol => symbol,
                    },
                    part: Some(f.part),
                };
            }
        }
    }
    bar
}

/// A block that covers a column from one eighth to another, as near as there is a character for it.
fn block(from: u64, to: u64) -> char {
    match (from, to) {
        (0, 8) => '█',
        (0, to) => LEFT[to as usize - 1],
        (from, 8) if from <= 2 => '█',
        (from, 8) if from <= 5 => '▐',
        (_, 8) => '▕',
        (from, to) if from < 4 => LEFT[(to - from) as usize - 1],
        _ => '▕',
    }
}

/// A column for each value, as high as its share of the sum; a value above zero is seen.
pub(super) fn columns<const N: usize>(values: [u64; N]) -> [char; N] {
    let sum = values.iter().fold(0u64, |a, b| a.saturating_add(*b)).max(1);
    values.map(|v| match (u128::from(v) * 8).div_ceil(u128::from(sum)) {
        0 => ' ',
        n => HIGH[n as usize - 1],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: usize, span: (u64, u64), filled: &[(u64, u64)]) -> String {
        let filled: Vec<_> = filled
            .iter()
            .map(|&(from, to)| Filled {
                from,
                to,
                part: Part::In,
                waits: false,
            })
            .collect();
        let bar = bar(columns, 80, span, &filled);
        bar.iter().map(|c| c.symbol).collect()
    }

    #[test]
    fn spans_are_where_they_belong() {
        assert_eq!(shown(10, (0, 80), &[(0, 20), (60, 80)]), "██▌────▐██");
        assert_eq!(shown(10, (8, 72), &[(8, 16), (64, 72)]), " █──────█ ");
        assert_eq!(shown(10, (0, 80), &[(0, 4), (76, 80)]), "▌────────▐");
        assert_eq!(shown(10, (40, 40), &[(40, 40)]), "     ▏    ");
        assert_eq!(shown(10, (80, 80), &[(80, 80)]), "         ▕");
        assert_eq!(shown(0, (0, 80), &[(0, 80)]), "");
    }

    #[test]
    fn any_times_are_fine() {
        let odd = [0, 1, 79, 80, 81, u64::MAX];
        for (a, b) in odd.iter().flat_map(|a| odd.map(|b| (*a, b))) {
            assert_eq!(shown(10, (a, b), &[(a, b)]).chars().count(), 10);
        }
        assert_eq!(columns([u64::MAX, u64::MAX, 0, 1]), ['█', '█', ' ', '▁']);
    }

    #[test]
    fn shares_have_heights() {
        assert_eq!(columns([1, 6, 1, 0]), ['▁', '▆', '▁', ' ']);
        assert_eq!(columns([0, 0, 0, 0]), [' '; 4]);
    }
}
