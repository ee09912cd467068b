//! What another program is to show: the editor or the pager of who sits here.

use super::{App, MessagePane, PageLine, Pane, Piece, Screen, View, pages};
use crate::{
    event::{Document, Effect, Reader},
    keys::Command,
};
use onionskin::{
    text::{escape, size},
    wire::Side,
};
use onionskin_web::model::{BodyView, ContentKind, Source};

/// A place in the source of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File and line, as the compiler has them.
    pub source: Source,
    /// The directory that the app was started in, if it said so.
    pub directory: Option<String>,
}

impl App {
    /// Has a program show what the cursor is at: a body, a value, or the whole step; of a page all of it.
    pub(super) fn read(&mut self, reader: Reader) -> Option<Effect> {
        if let Some(page) = self.pages.last() {
            let text = page_text(self, &page.screen);
            return Some(document(reader, "txt", text));
        }
        let in_body = self.focus.side().and_then(|side| {
            let view = self.view()?;
            let pane = view.pane(side);
            let is_body = pane.line()?.is_body;
            is_body.then(|| (body(view, pane, reader), lack(pane)))
        });
        if let Some((effect, lack)) = in_body {
            self.said = lack;
            return effect;
        }
        let at_cursor = self.focus.side().and_then(|side| {
            let line = self.view()?.pane(side).line()?;
            Some(document(reader, "txt", line.value.clone()?))
        });
        let read = at_cursor.or_else(|| {
            let text = self.step_text()?;
            Some(document(reader, "txt", text))
        });
        if read.is_none() {
            self.say_no_step();
        }
        read
    }

    /// Says why there is no text of a step.
    pub(super) fn say_no_step(&mut self) {
        let [up, down, open] =
            [Command::Up, Command::Down, Command::Open].map(|c| self.keys.hint(c));
        self.said = Some(match self.view() {
            Some(View {
                failed: Some(why), ..
            }) => format!("this step can't be shown: {}", escape(why)),
            Some(_) => "this step is loading; try again when it is here".into(),
            None => format!("open a cycle first, with {up}, {down} and {open}"),
        });
    }

    /// Has the editor show the source of what the cursor is at: of the layer that set a value, else of the row that the step
    /// is about; of a page, of what its line is about.
    pub(super) fn source(&mut self) -> Option<Effect> {
        let (source, run) = match self.pages.last() {
            Some(page) => {
                let line = pages::lines(self, &page.screen)
                    .into_iter()
                    .nth(page.cursor);
                (line.and_then(|line| line.source), self.run())
            }
            None => (self.source_in_cycle(), self.run()),
        };
        let Some(source) = source else {
            self.said = Some("no place in the source is known of this".into());
            return None;
        };
        let directory = run.and_then(|run| self.list.directory(run));
        let directory = directory.map(str::to_owned);
        Some(Effect::Source(Place { source, directory }))
    }

    fn source_in_cycle(&self) -> Option<Source> {
        let view = self.view().filter(|_| self.focus != Pane::List)?;
        let set_by = self.focus.side().and_then(|side| view.pane(side).line());
        let row = set_by.and_then(|line| line.row).or_else(|| view.row())?;
        view.timeline.rows.get(row)?.source.clone()
    }

    /// Both messages at the step that is shown, as they are shown; none before one is loaded.
    pub(super) fn step_text(&self) -> Option<String> {
        let view = self.view()?;
        let cycle = &view.timeline.cycle;
        let (method, target) = (escape(&cycle.method), escape(&cycle.target));
        // While the next one is loading, the one before is in view.
        let at = view.shown.as_ref()?.step as usize;
        let row = view.timeline.steps.get(at).and_then(|step| step.row);
        let row = row.and_then(|row| view.timeline.rows.get(row));
        let row = row.map_or("", |row| &row.name);
        let mut text = format!("{method} {target}, step {}: {}\n", at + 1, escape(row));
        for side in [Side::Request, Side::Response] {
            let Some(lines) = &view.pane(side).lines else {
                continue;
            };
            text += match side {
                Side::Request => "\nrequest\n",
                Side::Response => "\nresponse\n",
            };
            for line in lines {
                let sign = line.sign.map_or(' ', |sign| sign.as_char());
                let by = line
                    .by
                    .as_ref()
                    .map_or(String::new(), |by| format!("  ← {by}"));
                text += &format!("{sign} {}{by}\n", line.text());
            }
        }
        Some(text)
    }
}

fn document(reader: Reader, ending: &'static str, bytes: impl Into<Vec<u8>>) -> Effect {
    let bytes = bytes.into();
    Effect::Read(reader, Document { bytes, ending })
}

fn page_text(app: &App, screen: &Screen) -> String {
    let line = |line: PageLine| {
        let between = if line.right.is_empty() { "" } else { "  " };
        let text = |pieces: &[Piece]| -> String { pieces.iter().map(|p| &*p.text).collect() };
        let text = text(&line.pieces) + between + &text(&line.right);
        text.trim_end().to_owned() + "\n"
    };
    pages::lines(app, screen).into_iter().map(line).collect()
}

/// What is not there of the body of a pane.
fn lack(pane: &MessagePane) -> Option<String> {
    let body = pane.body.as_ref().ok()?.as_ref()?;
    Some(match body.kinds.first()? {
        ContentKind::Empty => "there is nothing in this body".into(),
        ContentKind::NotKept => "nothing of this body is kept".into(),
        _ if (body.kept as u64) < body.len => {
            let (kept, all) = (size(body.kept as u64), size(body.len));
            format!("that were the first {kept} of {all}: the rest is not kept")
        }
        _ => return None,
    })
}

/// The body of a pane: its bytes are asked for, if there are some.
fn body(view: &View, pane: &MessagePane, reader: Reader) -> Option<Effect> {
    let number = view.message(pane.side)?.body.as_ref()?.index?;
    let kind = pane
        .body
        .as_ref()
        .ok()?
        .as_ref()
        .and_then(|body| body.kinds.first());
    if matches!(kind, Some(ContentKind::Empty | ContentKind::NotKept)) {
        return None;
    }
    let ending = match &pane.body {
        Ok(Some(body)) if !pane.encoded => ending(body),
        _ => "bin",
    };
    Some(Effect::ReadBody {
        reader,
        id: view.id().to_owned(),
        number,
        encoded: pane.encoded,
        ending,
    })
}

/// The ending of a file's name by which programs know what is in it.
fn ending(body: &BodyView) -> &'static str {
    let content_type = body.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let known = ENDINGS
        .iter()
        .find(|(name, _)| media_type.eq_ignore_ascii_case(name));
    // What the bytes are is believed before what the message says of them.
    match body.kinds.first() {
        Some(ContentKind::Json) => "json",
        Some(ContentKind::Html) => "html",
        Some(ContentKind::Hex | ContentKind::Image) | None => known.map_or("bin", |(_, e)| e),
        Some(ContentKind::Xml) => known.map_or("xml", |(_, e)| e),
        Some(_) => known.map_or("txt", |(_, e)| e),
    }
}

const ENDINGS: [(&str, &str); 18] = [
    ("application/javascript", "js"),
    ("application/pdf", "pdf"),
    ("application/wasm", "wasm"),
    ("application/x-yaml", "yaml"),
    ("application/yaml", "yaml"),
    ("application/zip", "zip"),
    ("image/avif", "avif"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/webp", "webp"),
    ("image/x-icon", "ico"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/javascript", "js"),
    ("text/markdown", "md"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::Update,
        ask::Failure,
        event::{Event, News},
        testing::{answer, answer_to, busy, every, open, press, samples},
    };
    use crossterm::event::KeyCode;
    use std::time::Instant;

    fn read(app: &mut App, key: char) -> Option<Effect> {
        let Update { changed, effect } = press(app, KeyCode::Char(key));
        assert!(changed);
        effect
    }

    fn text(effect: Option<Effect>) -> String {
        match effect {
            Some(Effect::Read(
                _,
                Document {
                    bytes,
                    ending: "txt",
                },
            )) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// With the cursor at the first line that has this text.
    fn at(app: &mut App, pane: Pane, wanted: &str) {
        app.focus(pane);
        let side = pane.side().unwrap();
        let lines = app.view().unwrap().pane(side).lines.clone().unwrap();
        let line = lines.iter().position(|line| line.text().contains(wanted));
        app.view_mut().unwrap().pane_mut(side).cursor = line.expect(wanted);
    }

    #[test]
    fn what_the_cursor_is_at_is_read() {
        // The view answered: there is a body.
        let mut app = open(samples::completed(), 8);
        let step = text(read(&mut app, 'i'));
        assert!(
            step.starts_with("GET /books/7?full=1, step 9: show_book\n"),
            "{step}"
        );
        assert!(
            step.contains("\nresponse\n") && step.contains("<h1>"),
            "{step}"
        );
        at(&mut app, Pane::Request, "x-user-id");
        assert_eq!(text(read(&mut app, 'p')), "42");
        at(&mut app, Pane::Response, "<h1>");
        let Some(Effect::ReadBody {
            reader,
            id,
            number,
            encoded,
            ending,
        }) = read(&mut app, 'p')
        else {
            panic!();
        };
        assert_eq!(
            (reader, number, encoded, ending),
            (Reader::Pager, 0, false, "html")
        );
        assert_eq!(id, samples::completed().id);
        // Its codings and all: nobody knows how that is to be read.
        press(&mut app, KeyCode::Char('V'));
        answer(&mut app, &every());
        let effect = read(&mut app, 'i');
        assert!(
            matches!(
                effect,
                Some(Effect::ReadBody {
                    encoded: true,
                    ending: "bin",
                    ..
                })
            ),
            "{effect:?}"
        );
    }

    #[test]
    fn of_a_step_that_is_not_here_nothing_is_read_and_that_is_said() {
        let mut app = busy();
        press(&mut app, KeyCode::Up);
        press(&mut app, KeyCode::Enter);
        // The timeline came, the step did not.
        let question = app.questions(Instant::now()).remove(0);
        let result = Ok(answer_to(&question, &every()).unwrap());
        app.update(Event::News(News::Answered { question, result }));
        for key in ['p', 'i', 'Y'] {
            assert_eq!(read(&mut app, key), None);
            let said = "this step is loading; try again when it is here";
            assert_eq!(app.said.as_deref(), Some(said));
        }
        for question in app.questions(Instant::now()) {
            let failure = Failure {
                why: "gone\u{1b}".into(),
                passing: false,
            };
            let result = Err(failure);
            app.update(Event::News(News::Answered { question, result }));
        }
        assert_eq!(read(&mut app, 'p'), None);
        let said = "this step can't be shown: gone\\x1b";
        assert_eq!(app.said.as_deref(), Some(said));
    }

    #[test]
    fn what_is_not_there_of_a_body_is_said() {
        for (len, kept, reads, said) in [
            (50_000, 50, true, "the first 50 B of 48.8 KiB"),
            (50_000, 0, false, "nothing of this body is kept"),
            (0, 0, false, "there is nothing in this body"),
        ] {
            let mut cycle = samples::completed();
            cycle.bodies[0].len = len;
            cycle.bodies[0].head.0.truncate(kept);
            let mut app = open(cycle.clone(), 8);
            answer(&mut app, &[cycle]);
            at(&mut app, Pane::Response, "body ");
            assert_eq!(read(&mut app, 'i').is_some(), reads, "{said}");
            assert!(app.said.as_ref().unwrap().contains(said), "{:?}", app.said);
        }
    }

    #[test]
    fn values_are_read_as_they_are_and_copied_escaped() {
        let mut app = open(samples::panicked(), 0);
        press(&mut app, KeyCode::End);
        answer(&mut app, &every());
        at(&mut app, Pane::Response, "x-odd");
        let Some(Effect::Read(Reader::Editor, document)) = read(&mut app, 'i') else {
            panic!();
        };
        assert_eq!(document.bytes, b"\xff\xfe\x9b1m");
        let copied = read(&mut app, 'y');
        assert_eq!(copied, Some(Effect::Copy("\\xff\\xfe\\x9b1m".into())));
    }

    #[test]
    fn a_page_is_read_whole_and_nothing_where_nothing_is_open() {
        let mut app = busy();
        assert_eq!(read(&mut app, 'i'), None);
        assert!(app.said.as_ref().unwrap().contains("open a cycle first"));
        press(&mut app, KeyCode::Char('2'));
        answer(&mut app, &every());
        let page = text(read(&mut app, 'p'));
        assert!(
            page.contains("\n  GET /books/{id}  1,120×") && page.contains("\n    show_book"),
            "{page}"
        );
        assert!(!page.contains(['\u{1b}', '\u{202e}', '\u{9b}']));
    }

    #[test]
    fn the_source_is_that_of_the_row_of_who_set_the_value_or_of_the_page() {
        let place = |app: &mut App| match read(app, 'd') {
            Some(Effect::Source(Place {
                source,
                directory: None,
            })) => source.line,
            other => panic!("{other:?}"),
        };
        let cycle = samples::completed();
        let line = |name: &str| {
            cycle
                .sites
                .iter()
                .find(|site| site.name == name)
                .unwrap()
                .line
        };
        let mut app = open(cycle.clone(), 8);
        assert_eq!(place(&mut app), line("show_book"));
        at(&mut app, Pane::Request, "x-user-id");
        assert_eq!(place(&mut app), line("auth"));
        // It came from outside: the row of the step.
        at(&mut app, Pane::Request, "host");
        assert_eq!(place(&mut app), line("show_book"));
        app.focus(Pane::List);
        assert_eq!(read(&mut app, 'd'), None);
        for (screen, with) in [('2', 4), ('4', 2)] {
            press(&mut app, KeyCode::Char(screen));
            answer(&mut app, &every());
            let lines = pages::lines(&app, &app.pages[0].screen);
            let has = lines.iter().filter(|line| line.source.is_some()).count();
            assert!(has >= with, "{has}");
            let at = lines.iter().position(|line| line.source.is_some());
            app.pages[0].cursor = at.unwrap();
            assert_eq!(place(&mut app), 41);
            press(&mut app, KeyCode::Esc);
        }
    }

    #[test]
    fn a_body_that_came_is_shown_and_one_that_did_not_is_said() {
        let mut app = busy();
        let document = Document {
            bytes: vec![7],
            ending: "bin",
        };
        let news = News::Body(Reader::Pager, Ok(document.clone()));
        let effect = app.update(Event::News(news)).effect;
        assert_eq!(effect, Some(Effect::Read(Reader::Pager, document)));
        let news = News::Body(Reader::Pager, Err("gone\u{1b}".into()));
        assert_eq!(app.update(Event::News(news)).effect, None);
        assert_eq!(
            app.said.as_deref(),
            Some("the body can't be read: gone\\x1b")
        );
        app.update(Event::Returned(Err("vi ended, exit status: 1".into())));
        assert_eq!(app.said.as_deref(), Some("vi ended, exit status: 1"));
        assert!(app.log.back().unwrap().contains("vi ended"));
    }
}
