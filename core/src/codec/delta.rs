//! What changed in a message's head: edits from the encoded list of headers, and the values before and after.

use super::{DecodeError, decode::Decoder, format::part};
use crate::{
    replay::diff,
    wire::{BodyRef, Change, Delta, ExtensionEdit, Header, HeaderEdit, Octets},
};
use std::rc::Rc;

/// Most headers in one list.
const MOST_LISTED: usize = 1 << 16;
/// Most headers in all lists of a cycle, with the edits to them: a few bytes of a frame must not become any number of them.
const MOST_HEADERS: usize = 1 << 21;
/// Most bytes of names that the frame has by their numbers, for the same reason.
const MOST_OF_NAMES: usize = 128 << 20;
/// Most types of extensions that come at once: as many as an app names.
const MOST_TYPES: usize = 1 << 14;

/// A header and which recorded literal it is: two values that the mask makes look alike are told apart by it.
#[derive(Clone)]
pub(super) struct Field {
    header: Rc<Header>,
    literal: u32,
}

/// A message head as it was at some step.
#[derive(Clone, Default)]
pub(super) struct Head {
    pub(super) method: Option<String>,
    pub(super) uri: Option<String>,
    version: Option<String>,
    pub(super) status: Option<u16>,
    fields: Vec<Field>,
    /// Values of extensions, by type name.
    values: Vec<(String, String)>,
    pub(super) body: Option<BodyRef>,
}

impl Head {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|f| f.header.name == name)?;
        field.header.value.as_str()
    }
}

impl Decoder<'_> {
    pub(super) fn response_delta(
        &mut self,
        entry: usize,
    ) -> Result<(Delta, Rc<Head>), DecodeError> {
        let base = self.entries[entry].inner.clone();
        self.delta(base)
    }

    pub(super) fn delta(
        &mut self,
        base: Option<(Rc<Head>, u32)>,
    ) -> Result<(Delta, Rc<Head>), DecodeError> {
        let mut delta = Delta {
            base: base.as_ref().map(|(_, step)| *step),
            ..Delta::default()
        };
        let mask = self.reader.byte()?;
        let old = base.map(|(head, _)| head);
        if mask == 0
            && let Some(old) = old
        {
            return Ok((delta, old));
        }
        let mut head = old.as_deref().cloned().unwrap_or_default();
        if mask & part::METHOD != 0 {
            delta.method = Some(set(&mut head.method, self.reader.text()?));
        }
        if mask & part::URI != 0 {
            delta.uri = Some(set(&mut head.uri, self.reader.text()?));
        }
        if mask & part::VERSION != 0 {
            let version = match self.reader.byte()? {
                9 => "HTTP/0.9",
                10 => "HTTP/1.0",
                11 => "HTTP/1.1",
                20 => "HTTP/2",
                30 => "HTTP/3",
                _ => return Err(self.reader.error("an unknown version of HTTP")),
            };
            delta.version = Some(set(&mut head.version, version.to_owned()));
        }
        if mask & part::STATUS != 0 {
            let status =
                u16::try_from(self.reader.varint()?).map_err(|_| self.reader.error("no status"))?;
            delta.status = Some(set(&mut head.status, status));
        }
        if mask & part::HEADERS != 0 {
            let fields = self.fields(&head.fields)?;
            delta.headers = edits(&head.fields, &fields);
            self.count_headers(delta.headers.len())?;
            head.fields = fields;
        }
        if mask & part::EXTENSIONS != 0 {
            self.extensions(&mut head, &mut delta.extensions)?;
        }
        if mask & part::BODY != 0 {
            let body = self
                .reader
                .varint()?
                .checked_sub(1)
                .and_then(|b| usize::try_from(b).ok());
            let announced = self.reader.varint()?.checked_sub(1);
            delta.body = Some(set(&mut head.body, BodyRef { body, announced }));
        }
        if mask & part::VALUES != 0 {
            self.values(&mut head, &mut delta.extensions)?;
        }
        Ok((delta, Rc::new(head)))
    }

    /// Extensions that were put in, then those that were taken out.
    fn extensions(
        &mut self,
        head: &mut Head,
        edits: &mut Vec<ExtensionEdit>,
    ) -> Result<(), DecodeError> {
        for _ in 0..self.reader.varint()? {
            if edits.len() == MOST_TYPES {
                return Err(self.reader.error("more extensions than an app has"));
            }
            edits.push(ExtensionEdit::Add {
                type_name: self.name()?,
                value: None,
            });
        }
        for _ in 0..self.reader.varint()? {
            let type_name = self.name()?;
            head.values.retain(|(name, _)| *name != type_name);
            edits.push(ExtensionEdit::Remove { type_name });
        }
        Ok(())
    }

    /// Values of extensions: of those that were just put in, or others than before.
    fn values(
        &mut self,
        head: &mut Head,
        edits: &mut Vec<ExtensionEdit>,
    ) -> Result<(), DecodeError> {
        for _ in 0..self.reader.varint()? {
            let (name, text) = (self.name()?, self.reader.text()?);
            let added = edits.iter_mut().find_map(|edit| match edit {
                ExtensionEdit::Add { type_name, value } if *type_name == name => Some(value),
                _ => None,
            });
            let from = head.values.iter().position(|(known, _)| *known == name);
            let from = from.map(|at| head.values.swap_remove(at).1);
            head.values.push((name.clone(), text.clone()));
            match added {
                Some(value) => *value = Some(text),
                None => edits.push(ExtensionEdit::Change {
                    type_name: name,
                    from,
                    to: text,
                }),
            }
        }
        Ok(())
    }

    /// A name by its number.
    fn name(&mut self) -> Result<String, DecodeError> {
        let id = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
        let name = self.tables.types.get(id);
        let name = name.map_or("an unknown name", String::as_str);
        self.names += name.len();
        if self.names > MOST_OF_NAMES {
            return Err(self.reader.error("more names than a cycle has"));
        }
        Ok(name.to_owned())
    }

    fn count_headers(&mut self, more: usize) -> Result<(), DecodeError> {
        self.headers += more;
        match self.headers <= MOST_HEADERS {
            true => Ok(()),
            false => Err(self.reader.error("more headers than a cycle has")),
        }
    }

    fn fields(&mut self, old: &[Field]) -> Result<Vec<Field>, DecodeError> {
        let mut fields = Vec::new();
        loop {
            match self.reader.varint()? {
                0 => return Ok(fields),
                piece @ (2 | 4) => {
                    let name = match piece {
                        2 => self.reader.text()?,
                        _ => self.name()?,
                    };
                    let redacted = self.reader.byte()? != 0;
                    let value = Octets::from(self.reader.bytes()?);
                    self.literals += 1;
                    let header = Header {
                        name,
                        value,
                        redacted,
                    };
                    fields.push(Field {
                        header: Rc::new(header),
                        literal: self.literals,
                    });
                    self.count_headers(1)?;
                }
                piece if piece & 1 == 1 => {
                    let start = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                    let end = usize::try_from(piece >> 1)
                        .ok()
                        .and_then(|run| start.checked_add(run));
                    let run = end.and_then(|end| old.get(start..end));
                    let run =
                        run.ok_or_else(|| self.reader.error("headers that were never there"))?;
                    self.count_headers(run.len())?;
                    if fields.len() + run.len() > MOST_LISTED {
                        return Err(self.reader.error("too many headers"));
                    }
                    fields.extend_from_slice(run);
                }
                _ => return Err(self.reader.error("an unknown piece of a header list")),
            }
        }
    }
}

/// A body that is looked at for the first time where it is sent is not another than before.
pub(super) fn count(delta: &mut Delta) {
    if let Some(Change {
        from: Some(from),
        to,
    }) = delta.body
        && from.body.is_none()
        && from.announced == to.announced
    {
        delta.body = None;
        delta.counted = to.body;
    }
}

/// Sets a value and says what it was.
fn set<T: Clone>(slot: &mut Option<T>, to: T) -> Change<T> {
    Change {
        from: slot.replace(to.clone()),
        to,
    }
}

/// The edits between two lists. Masked values that look alike and are not get told apart while they are compared.
fn edits(old: &[Field], new: &[Field]) -> Vec<HeaderEdit> {
    let with_number = |fields: &[Field]| -> Vec<Header> {
        let numbered = |f: &Field| {
            let mut header = Header::clone(&f.header);
            if header.redacted {
                header.value.0.extend_from_slice(&f.literal.to_le_bytes());
            }
            header
        };
        fields.iter().map(numbered).collect()
    };
    let without = |mut header: Header| {
        if header.redacted {
            header.value.0.truncate(header.value.0.len() - 4);
        }
        header
    };
    let numbered = diff(&with_number(old), &with_number(new));
    let strip = |edit| match edit {
        HeaderEdit::Add { at, header } => HeaderEdit::Add {
            at,
            header: without(header),
        },
        HeaderEdit::Remove { at, header } => HeaderEdit::Remove {
            at,
            header: without(header),
        },
        HeaderEdit::Change { at, from, to } => HeaderEdit::Change {
            at,
            from: without(from),
            to: without(to),
        },
        HeaderEdit::Move { from, at, header } => HeaderEdit::Move {
            from,
            at,
            header: without(header),
        },
    };
    numbered.into_iter().map(strip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_that_look_alike_are_another_where_they_were_recorded_again() {
        let field = |literal| Field {
            header: Rc::new(Header {
                name: "x-api-key".into(),
                value: "[redacted #3fa2]".into(),
                redacted: true,
            }),
            literal,
        };
        assert_eq!(edits(&[field(1)], &[field(1)]), []);
        let [HeaderEdit::Change { at: 0, from, to }] = &edits(&[field(1)], &[field(2)])[..] else {
            panic!("another key was put in its place");
        };
        assert_eq!((from, to), (&*field(1).header, &*field(2).header));
    }

    /// A frame of steps inward, each inside of the one before, with these headers.
    #[cfg(debug_assertions)]
    fn frame(lists: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
        use crate::codec::format::{FORMAT, put_bytes, put_varint, tag};
        let mut events = Vec::new();
        for (number, list) in (0..).zip(lists) {
            events.push(tag::IN);
            // Time, idle time, site, parent.
            for part in [1, 0, number, number] {
                put_varint(&mut events, part);
            }
            events.push(part::HEADERS);
            events.extend(list);
            // The end of the list, and the cost.
            events.extend([0, 0]);
        }
        // The header, no connection, no bodies.
        let mut frame = vec![FORMAT];
        frame.extend([0; 11]);
        put_bytes(&mut frame, &events);
        frame.push(0);
        frame
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_small_frame_does_not_become_any_number_of_names() {
        use crate::codec::{
            Tables, decode,
            format::{FORMAT, put_bytes, put_varint, tag},
        };
        let with = |extensions: u64, name: usize| {
            // Time, idle time, site, no parent; the types that came, none that went; the cost.
            let mut events = vec![tag::IN, 1, 0, 0, 0, part::EXTENSIONS];
            put_varint(&mut events, extensions);
            events.resize(events.len() + extensions as usize, 0);
            events.extend([0, 0]);
            let mut frame = vec![FORMAT];
            frame.extend([0; 11]);
            put_bytes(&mut frame, &events);
            frame.push(0);
            let tables = Tables {
                types: vec!["x".repeat(name)],
                ..Tables::default()
            };
            decode(&frame, &tables).map(|cycle| cycle.steps.len())
        };
        assert_eq!(with(3, 1 << 20), Ok(1));
        let error = with(200, 1 << 20).unwrap_err();
        assert_eq!(error.what, "more names than a cycle has");
        assert_eq!(with(MOST_TYPES as u64, 1), Ok(1));
        let error = with(MOST_TYPES as u64 + 1, 1).unwrap_err();
        assert_eq!(error.what, "more extensions than an app has");
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_small_frame_does_not_become_any_number_of_headers() {
        use crate::codec::{Tables, decode, format::put_varint};
        let one = || vec![2, 1, b'a', 0, 1, b'x'];
        let run = |len: u64, start: u64| {
            let mut piece = Vec::new();
            put_varint(&mut piece, len << 1 | 1);
            put_varint(&mut piece, start);
            piece
        };
        // Each list is the one before, twice.
        let twice = |n: u32| [run(1 << n, 0), run(1 << n, 0)].concat();
        let doubled = |times| {
            decode(
                &frame(std::iter::once(one()).chain((0..times).map(twice))),
                &Tables::default(),
            )
        };
        let cycle = doubled(8).unwrap();
        let edits = cycle
            .steps
            .iter()
            .map(|s| s.delta.as_ref().unwrap().headers.len());
        assert_eq!(edits.collect::<Vec<_>>(), [1, 1, 2, 4, 8, 16, 32, 64, 128]);
        assert_eq!(doubled(17).unwrap_err().what, "too many headers");

        // Each list is a long one without its first header, and then with it again.
        let long = one().repeat(1 << 12);
        let changed = |n| match n % 2 {
            0 => run((1 << 12) - 1, 1),
            _ => [one(), run((1 << 12) - 1, 0)].concat(),
        };
        let lists = std::iter::once(long).chain((0..1000).map(changed));
        let error = decode(&frame(lists), &Tables::default()).unwrap_err();
        assert_eq!(error.what, "more headers than a cycle has");
    }
}
