//! What is said to whoever runs the app.

use std::{fmt, io::Write as _};

/// Says it on the standard error, if anybody hears that. `eprintln!` panics where nobody does, and the app must not end, or
/// recording, because a terminal is gone.
pub(crate) fn report(what: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "onionskin: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn nobody_has_to_hear_it() {
        const CHILD: &str = "ONIONSKIN_TEST_REPORTS";
        if std::env::var_os(CHILD).is_some() {
            return report(format_args!("is anybody there?"));
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "report::tests::nobody_has_to_hear_it",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .stdout(Stdio::null())
            .stderr(writer)
            .status();
        assert!(status.unwrap().success());
    }
}
