//! Text made to fit a number of columns.

pub(super) use onionskin::text::grouped;
use unicode_width::UnicodeWidthChar;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text cut to at most so many columns, with `…` for what is cut off.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.into();
    }
    cut_off(text, columns)
}

/// As much of the text as fits before a `…`, which stands there in any case.
pub(super) fn cut_off(text: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// The text in lines of at most so many columns.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let needs = c.width().unwrap_or(0);
        if used + needs > columns.max(1) {
            lines.push(String::new());
            used = 0;
        }
        used += needs;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

/// The same, broken between words where there is a space; what is a line longer than that, wherever it has to be.
pub(super) fn words(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let joined = width(&line) + 1 + width(word);
        if !line.is_empty() && joined > columns {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if width(&line) > columns {
            let mut wrapped = wrap(&line, columns);
            line = wrapped.pop().unwrap_or_default();
            lines.append(&mut wrapped);
        }
    }
    lines.push(line);
    lines
}

/// The text cut or filled up to exactly so many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    let missing = columns - width(&out).min(columns);
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// The same, text to the right.
pub(super) fn pad_left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns - width(&text).min(columns);
    format!("{}{text}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_exact() {
        for text in ["", "abc", "本の紹介", "a本b本c", "ünïcödé text"] {
            for columns in 0..12 {
                assert_eq!(width(&pad(text, columns)), columns, "{text} {columns}");
                assert_eq!(width(&pad_left(text, columns)), columns);
                assert!(width(&cut(text, columns)) <= columns);
            }
        }
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(words("one two  three", 7), ["one two", "three"]);
        assert_eq!(words("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(words("", 4), [""]);
        assert_eq!(grouped(1_204), "1,204");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
