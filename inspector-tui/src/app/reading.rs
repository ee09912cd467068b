//! What another program is to show: the editor or the pager of who sits here.

use super::{App, MessagePane, PageLine, Pane, Piece, Screen, View, pages};
use crate::event::{Document, Effect, Reader};
use onionskin::{text::escape, wire::Side};
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
        let at_cursor = self.focus.side().and_then(|side| {
            let view = self.view()?;
            let pane = view.pane(side);
            let line = pane.line()?;
            if line.is_body {
                return body(view, pane, reader);
            }
            let value = line.value.clone()?;
            Some(document(reader, "txt", value))
        });
        let read = at_cursor.or_else(|| {
            let text = self.step_text()?;
            Some(document(reader, "txt", text))
        });
        if read.is_none() {
            self.said = Some("open a cycle first, with ↑, ↓ and Enter".into());
        }
        read
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

    /// Both messages at the step, as they are shown.
    pub(super) fn step_text(&self) -> Option<String> {
        let view = self.view()?;
        let cycle = &view.timeline.cycle;
        let (method, target) = (escape(&cycle.method), escape(&cycle.target));
        let row = view.current_row().map_or("", |row| &row.name);
        let step = view.player.step() + 1;
        let mut text = format!("{method} {target}, step {step}: {}\n", escape(row));
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

/// The body of a pane: its bytes are asked for.
fn body(view: &View, pane: &MessagePane, reader: Reader) -> Option<Effect> {
    let number = view.message(pane.side)?.body.as_ref()?.index?;
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
