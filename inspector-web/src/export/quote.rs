//! Words for a shell.
//!
//! Whatever bytes a request holds, the shell sees one word with exactly these, and whoever reads or pastes the command
//! sees nothing that steers a terminal, hides, or turns the direction of the text. `bash`, `zsh` and `ksh` read both
//! kinds of quotes; `printf` formats are POSIX.

use onionskin::text;
use std::fmt::Write as _;

/// A word; none if it holds a NUL byte, which no argument of a program can.
pub(super) fn word(bytes: &[u8]) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) if is_bare(text) => text.into(),
        Ok(text) if is_plain(text) && !text.contains('\'') => format!("'{text}'"),
        _ => format!("$'{}'", escaped(bytes, hex)),
    })
}

/// A `printf` command that writes these bytes, whatever they are.
pub(super) fn printf(bytes: &[u8]) -> String {
    // In the format `%` begins a directive and `\` an escape; in the quotes around it `'` ends them.
    let format = escaped(bytes, octal).replace('%', "%%");
    format!("printf -- '{format}'")
}

/// Whether it means itself without quotes.
fn is_bare(text: &str) -> bool {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-_./:,+@".contains(&b);
    !text.is_empty() && text.bytes().all(harmless)
}

/// Whether it shows as itself.
fn is_plain(text: &str) -> bool {
    text::escape(text).len() == text.len()
}

/// The bytes with all escaped that does not show as itself, or that means something in `$'…'` or `printf '…'`. `!` does in
/// the history of an interactive shell.
fn escaped(bytes: &[u8], escape: fn(&mut String, u8)) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut utf8 = [0; 4];
            let text = c.encode_utf8(&mut utf8);
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\\' => out.push_str("\\\\"),
                '\'' | '!' => escape(&mut out, c as u8),
                _ if is_plain(text) => out.push(c),
                _ => text.bytes().for_each(|b| escape(&mut out, b)),
            }
        }
        chunk.invalid().iter().for_each(|b| escape(&mut out, *b));
    }
    out
}

fn hex(out: &mut String, byte: u8) {
    // Writing to a `String` can't fail; the same below.
    let _ = write!(out, "\\x{byte:02x}");
}

fn octal(out: &mut String, byte: u8) {
    let _ = write!(out, "\\{byte:03o}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn bash(script: &str) -> Vec<u8> {
        let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
        assert!(output.status.success(), "{script:?}: {output:?}");
        output.stdout
    }

    /// Every byte, before and behind every kind of neighbour, and what others have broken out with.
    fn hostile() -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = (0..=255).map(|b| vec![b]).collect();
        all.extend((0..=255).map(|b| vec![b'a', b, b'1', b, b'f']));
        for text in [
            "",
            "-n",
            "--",
            "$(id)",
            "`id`",
            "${HOME}",
            "a'b\"c",
            "'; id; '",
            "\\",
            "\\'",
            "\\\\n",
            "%s%n",
            "100%",
            "!!",
            "~",
            "*",
            "a b",
            "#x",
            "\u{202e}gnp",
            "\u{9b}2J",
            "snö 本",
            "\n",
            "a\nid\n",
            "\u{2028}",
            "@/etc/passwd",
            "\\x41",
        ] {
            all.push(text.into());
        }
        all.push((0..=255).collect());
        all
    }

    #[test]
    fn a_real_shell_sees_every_byte_of_a_word() {
        let words: Vec<_> = hostile()
            .into_iter()
            .filter(|bytes| !bytes.contains(&0))
            .collect();
        let quoted: Vec<String> = words.iter().map(|bytes| word(bytes).unwrap()).collect();
        let seen = bash(&format!("printf '%s\\0' {}", quoted.join(" ")));
        let mut expected = Vec::new();
        for bytes in &words {
            expected.extend_from_slice(bytes);
            expected.push(0);
        }
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_real_printf_writes_every_byte() {
        let script: Vec<String> = hostile().iter().map(|bytes| printf(bytes)).collect();
        assert_eq!(bash(&script.join("\n")), hostile().concat());
    }

    #[test]
    fn nothing_in_a_command_steers_a_terminal() {
        for bytes in hostile() {
            for text in word(&bytes).into_iter().chain([printf(&bytes)]) {
                assert!(is_plain(&text), "{text:?}");
            }
        }
        assert_eq!(word(b"\0"), None);
        assert_eq!(word(b"plain/word").unwrap(), "plain/word");
    }
}
