//! Server-sent events, as WHATWG's HTML standard has them.

use super::MAX_LINES;
use crate::model::{Content, SentEvent};

pub(super) fn content(bytes: &[u8]) -> Content {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut events, mut more) = (Vec::new(), 0);
    let mut event = SentEvent::default();
    let mut has_data = false;
    for line in text.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
        if line.is_empty() {
            // One without data is no event.
            let done = std::mem::take(&mut event);
            match std::mem::take(&mut has_data) {
                true if events.len() < MAX_LINES => events.push(done),
                true => more += 1,
                false => {}
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.event = Some(value.into()),
            "id" => event.id = Some(value.into()),
            "data" => {
                if has_data {
                    event.data.push('\n');
                }
                event.data.push_str(value);
                has_data = true;
            }
            _ => {}
        }
    }
    // What has no empty line behind it: the last line of the text may be one that is not written to its end.
    let open = event != SentEvent::default() || has_data;
    if open && events.len() < MAX_LINES {
        events.push(event);
    }
    Content::Events { events, more, open }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_a_browser_does() {
        let text = b"\xef\xbb\xbf: hello\n\nevent: a\nid:1\ndata: x\r\ndata:  y\r\n\r\nevent: none\n\ndata\n\nretry: 5\ndata: z";
        let event = |event: Option<&str>, id: Option<&str>, data: &str| SentEvent {
            event: event.map(Into::into),
            id: id.map(Into::into),
            data: data.into(),
        };
        let expected = vec![
            event(Some("a"), Some("1"), "x\n y"),
            event(None, None, ""),
            event(None, None, "z"),
        ];
        let read = content(text);
        let (events, more, open) = (expected, 0, true);
        assert_eq!(read, Content::Events { events, more, open });
    }
}
