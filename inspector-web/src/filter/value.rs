//! Numbers with units, ranges, classes.

use super::{ast::Range, field::Unit, lexer::Op};

/// Understands a number or a range behind an operator.
///
/// # Errors
/// With what to write instead.
pub(super) fn range(op: Op, text: &str, unit: Unit) -> Result<Range, String> {
    let (from, to) = match (op, text.split_once("..")) {
        (Op::Is, Some((from, to))) => {
            let low = if from.is_empty() {
                0
            } else {
                number(from, unit)?.0
            };
            let high = if to.is_empty() {
                u64::MAX
            } else {
                number(to, unit)?.1
            };
            if from.len() + to.len() == 0 || low > high {
                return Err("a range goes from a smaller number to a greater one".into());
            }
            (low, high)
        }
        (_, Some(_)) => return Err("a range needs no other operator".into()),
        (op, None) => {
            let (low, high) = number(text, unit)?;
            let above = high.saturating_add(1);
            match op {
                // An age alone is the greatest that is meant.
                Op::Is if unit == Unit::Age => (0, high),
                Op::Is => (low, high),
                Op::AtLeast => (low, u64::MAX),
                Op::More => (above, u64::MAX),
                Op::AtMost => (0, high),
                Op::Less if low == 0 => return Err("nothing is less than 0".into()),
                Op::Less => (0, low - 1),
                Op::Regex => return Err(format!("this is a number; {}", hint(unit))),
            }
        }
    };
    let text = format!("{}{text}", op.as_str());
    Ok(Range { from, to, text })
}

/// The smallest and the greatest number that a text means: `4xx` is 400 to 499.
fn number(text: &str, unit: Unit) -> Result<(u64, u64), String> {
    let wrong = || format!("{text:?} is no number here; {}", hint(unit));
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'));
    let (digits, suffix) = text.split_at(digits.unwrap_or(text.len()));
    let suffix = suffix.to_ascii_lowercase();
    if unit == Unit::One && matches!(suffix.as_str(), "x" | "xx") {
        let class: u64 = digits.parse().map_err(|_| wrong())?;
        let size = 10u64.pow(suffix.len() as u32);
        let low = class.checked_mul(size).ok_or_else(wrong)?;
        return Ok((low, low.checked_add(size - 1).ok_or_else(wrong)?));
    }
    let factor = factor(&suffix, unit).ok_or_else(wrong)?;
    let value = scaled(digits, factor).ok_or_else(wrong)?;
    Ok((value, value))
}

fn factor(suffix: &str, unit: Unit) -> Option<u64> {
    const SECOND: u64 = 1_000_000_000;
    Some(match (unit, suffix) {
        (Unit::One | Unit::Bytes, "") | (Unit::Bytes, "b") => 1,
        (Unit::Bytes, "k" | "kb" | "kib") => 1 << 10,
        (Unit::Bytes, "m" | "mb" | "mib") => 1 << 20,
        (Unit::Bytes, "g" | "gb" | "gib") => 1 << 30,
        (Unit::Time | Unit::Age, "ns") => 1,
        (Unit::Time | Unit::Age, "us" | "µs") => 1_000,
        (Unit::Time | Unit::Age, "ms") => 1_000_000,
        (Unit::Time | Unit::Age, "s") => SECOND,
        (Unit::Time | Unit::Age, "m" | "min") => 60 * SECOND,
        (Unit::Time | Unit::Age, "h") => 3600 * SECOND,
        (Unit::Age, "d") => 24 * 3600 * SECOND,
        _ => return None,
    })
}

/// Digits, perhaps with a point, times a factor; what is below one is cut off.
fn scaled(digits: &str, factor: u64) -> Option<u64> {
    let digits = digits.replace('_', "");
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, "0"));
    if whole.is_empty() || part.is_empty() || part.len() > 18 {
        return None;
    }
    let tenths = 10u128.pow(part.len() as u32);
    let whole = u128::from(whole.parse::<u64>().ok()?) * u128::from(factor);
    let part = u128::from(part.parse::<u64>().ok()?) * u128::from(factor) / tenths;
    u64::try_from(whole + part).ok()
}

fn hint(unit: Unit) -> &'static str {
    match unit {
        Unit::One => "write 404, >=500, 400..499 or 4xx",
        Unit::Time => "write a time with its unit: 150us, >100ms, 1s..2.5s",
        Unit::Bytes => "write bytes: 512, >10kb, 1mb..2mb",
        Unit::Age => "write an age with its unit: 30s, 5m, 2h",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (op, text, unit, from, to) in [
            (Op::Is, "404", Unit::One, 404, 404),
            (Op::Is, "4xx", Unit::One, 400, 499),
            (Op::More, "4xx", Unit::One, 500, u64::MAX),
            (Op::Less, "4xx", Unit::One, 0, 399),
            (Op::AtMost, "4XX", Unit::One, 0, 499),
            (Op::Is, "50x..504", Unit::One, 500, 504),
            (Op::Is, "10..", Unit::One, 10, u64::MAX),
            (Op::Is, "..10", Unit::One, 0, 10),
            (Op::AtLeast, "1.5ms", Unit::Time, 1_500_000, u64::MAX),
            (Op::Is, "0.5us..1m", Unit::Time, 500, 60_000_000_000),
            (Op::Is, "2kb", Unit::Bytes, 2048, 2048),
            (Op::Is, "5m", Unit::Age, 0, 300_000_000_000),
        ] {
            let range = range(op, text, unit).unwrap();
            assert_eq!((range.from, range.to), (from, to), "{op:?} {text}");
        }
        for (op, text, unit) in [
            (Op::Is, "", Unit::One),
            (Op::Is, "..", Unit::One),
            (Op::Is, "5..4", Unit::One),
            (Op::More, "4..5", Unit::One),
            (Op::Less, "0", Unit::One),
            (Op::Regex, "4", Unit::One),
            (Op::Is, "5", Unit::Time),
            (Op::Is, "5ms", Unit::One),
            (Op::Is, "5 ms", Unit::Time),
            (Op::Is, "1.ms", Unit::Time),
            (Op::Is, "99999999999999999999", Unit::One),
            (Op::Is, "9999999999999999999xx", Unit::One),
            (Op::Is, "9999999999999999h", Unit::Time),
            (Op::Is, "1e5", Unit::One),
            (Op::Is, "-5", Unit::One),
        ] {
            range(op, text, unit).unwrap_err();
        }
    }
}
