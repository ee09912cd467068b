//! Figures with their units.

/// A number with a comma every three digits: `1,204`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many things, named in the singular: `1 cycle`, `1,204 cycles`.
pub fn counted(n: u64, thing: &str) -> String {
    match n {
        1 => format!("1 {thing}"),
        n => format!("{} {thing}s", grouped(n)),
    }
}

/// A time of so many nanoseconds, three figures: `412 ns`, `3.14 ms`, `12.8 s`.
pub fn duration(ns: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("ns", 1),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
    ];
    for (unit, size) in UNITS {
        if unit == "ns" && ns < 1_000 {
            return format!("{ns} ns");
        }
        // The next unit begins where rounding would show 1000 of this one.
        let value = ns as f64 / size as f64;
        let next = (unit != "s").then_some(999.5);
        if unit != "ns" && next.is_none_or(|limit| value < limit) {
            return format!("{} {unit}", three_figures(value));
        }
    }
    unreachable!("seconds have no limit")
}

/// So many bytes, in powers of 1024: `980 B`, `1.5 KiB`, `64 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", three_figures(value), UNITS[unit])
}

/// Three significant figures, without zeros that say nothing.
fn three_figures(value: f64) -> String {
    let text = match value {
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => return format!("{v:.0}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The time of day in UTC, of so many microseconds since the Unix epoch: `12:01:07.411Z`.
pub fn clock(unix_us: u64) -> String {
    let ms = unix_us / 1_000;
    let (s, ms) = (ms / 1_000, ms % 1_000);
    let (h, m, s) = (s / 3_600 % 24, s / 60 % 60, s % 60);
    format!("{h:02}:{m:02}:{s:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_one_is_one() {
        for (n, shown) in [
            (0, "0 cycles"),
            (1, "1 cycle"),
            (999, "999 cycles"),
            (1_204, "1,204 cycles"),
            (1_000_000, "1,000,000 cycles"),
        ] {
            assert_eq!(counted(n, "cycle"), shown);
        }
    }

    #[test]
    fn times_have_three_figures() {
        for (ns, shown) in crate::text::vectors::get().duration {
            assert_eq!(duration(ns), shown, "{ns}");
        }
        assert_eq!(duration(u64::MAX), "18446744074 s");
    }

    #[test]
    fn sizes_have_three_figures() {
        for (bytes, shown) in crate::text::vectors::get().size {
            assert_eq!(size(bytes), shown, "{bytes}");
        }
        assert_eq!(size(u64::MAX), "16 EiB");
    }

    #[test]
    fn the_clock_shows_milliseconds() {
        assert_eq!(clock(0), "00:00:00.000Z");
        assert_eq!(clock(1_763_726_467_411_999), "12:01:07.411Z");
    }
}
