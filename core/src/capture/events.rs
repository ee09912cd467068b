//! Server-sent events, counted as their bytes pass: the HTML standard, section 9.2.6.

/// Counts the events of a stream: blocks of lines with data in them, each ended by an empty line.
#[derive(Debug, Default)]
pub(crate) struct EventCounter {
    /// The beginning of the line, as far as it tells a data field: the name and what follows it.
    line: [u8; 5],
    len: usize,
    has_data: bool,
    after_cr: bool,
    pub(crate) events: u64,
}

impl EventCounter {
    /// Bytes pass.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                // CR LF is one end of line.
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.end_line(),
                _ => {
                    if let Some(slot) = self.line.get_mut(self.len) {
                        *slot = *byte;
                    }
                    self.len += 1;
                }
            }
            self.after_cr = *byte == b'\r';
        }
    }

    fn end_line(&mut self) {
        if self.len > 0 {
            self.has_data |= match self.len {
                4 => self.line.starts_with(b"data"),
                len => len > 4 && self.line == *b"data:",
            };
            self.len = 0;
        } else if std::mem::take(&mut self.has_data) {
            self.events += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    #[test]
    fn events_are_counted_and_comments_are_not() {
        let stream = b"data: one\n\n: keep-alive\n\nevent: tick\r\ndata: two\r\ndata: more\r\n\r\nid: 7\n\ndata\n\nd\n\ndatabase: x\n\ndata: cut";
        for piece in [1, 3, stream.len()] {
            let mut counter = EventCounter::default();
            stream.chunks(piece).for_each(|bytes| counter.feed(bytes));
            assert_eq!(counter.events, 3, "in pieces of {piece}");
        }
    }

    /// As the standard says it, of the whole text: lines end with CR LF, LF or CR; an empty one ends an event, which is one if
    /// it has data.
    fn by_the_standard(text: &str) -> u64 {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines: Vec<&str> = text.split('\n').collect();
        // What no end of line follows is no line yet.
        lines.pop();
        let (mut events, mut has_data) = (0, false);
        for line in lines {
            let field = line.split(':').next().unwrap_or_default();
            match line {
                "" => events += u64::from(std::mem::take(&mut has_data)),
                _ => has_data |= field == "data",
            }
        }
        events
    }

    proptest! {
        #[test]
        fn any_text_has_the_events_that_the_standard_says(
            pieces in prop::collection::vec("(data|dat|event|:|: |x|\u{e9}|\r|\n|\r\n|\n\n){0,4}", 0..40),
        ) {
            let mut counter = EventCounter::default();
            pieces.iter().for_each(|piece| counter.feed(piece.as_bytes()));
            let text = pieces.concat();
            prop_assert_eq!(counter.events, by_the_standard(&text), "{:?}", text);
        }
    }
}
