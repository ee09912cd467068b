//! Sizes and ages on the command line.

use std::time::Duration;

/// `500MB`, `2GiB`: units of 1000 and of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    read(
        text,
        &UNITS,
        "a number with kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB",
    )
}

/// `90m`, `7d`.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    read(text, &UNITS, "a number with s, m, h or d, such as 7d").map(Duration::from_secs)
}

fn read(text: &str, units: &[(&str, u64)], wanted: &str) -> Result<u64, String> {
    let number_and_unit = units.iter().find_map(|(unit, each)| {
        let number = text.strip_suffix(unit)?.trim_end().parse::<u64>().ok()?;
        number.checked_mul(*each)
    });
    let read = number_and_unit.filter(|n| *n > 0);
    read.ok_or_else(|| format!("wanted is {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_and_their_lack_is_said() {
        assert_eq!(size("500MB"), Ok(500_000_000));
        assert_eq!(size("2 GiB"), Ok(2 << 30));
        assert_eq!(age("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for bad in ["", "5", "MB", "-1MB", "0MB", "99999999999999TB", "1.5GB"] {
            assert!(size(bad).unwrap_err().contains("such as 500MB"), "{bad}");
        }
        assert!(age("7w").is_err());
    }
}
