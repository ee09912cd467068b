//! What changed in a message's head: edits from the encoded list of headers, and the values before and after.

use super::{DecodeError, decode::Decoder, format::part};
use crate::{
    replay::diff,
    wire::{BodyRef, Change, Delta, ExtensionEdit, Header, HeaderEdit, Octets},
};
use std::rc::Rc;

/// A header and which recorded literal it is: two values that the mask makes look alike are told apart by it.
#[derive(Clone)]
pub(super) struct Field {
    header: Header,
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
            head.fields = fields;
        }
        if mask & part::EXTENSIONS != 0 {
            for added in [true, false] {
                for _ in 0..self.reader.varint()? {
                    let type_name = self.name()?;
                    delta.extensions.push(if added {
                        ExtensionEdit::Add {
                            type_name,
                            value: None,
                        }
                    } else {
                        head.values.retain(|(name, _)| *name != type_name);
                        ExtensionEdit::Remove { type_name }
                    });
                }
            }
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
        Ok(name.map_or("an unknown name", String::as_str).to_owned())
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
                    fields.push(Field {
                        header: Header {
                            name,
                            value,
                            redacted,
                        },
                        literal: self.literals,
                    });
                }
                piece if piece & 1 == 1 => {
                    let start = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                    let end = usize::try_from(piece >> 1)
                        .ok()
                        .and_then(|run| start.checked_add(run));
                    let run = end.and_then(|end| old.get(start..end));
                    // A list can't grow beyond what its bytes can name.
                    if fields.len() > 1 << 16 {
                        return Err(self.reader.error("too many headers"));
                    }
                    fields.extend_from_slice(
                        run.ok_or_else(|| self.reader.error("headers that were never there"))?,
                    );
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
            let mut header = f.header.clone();
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
            header: Header {
                name: "x-api-key".into(),
                value: "[redacted #3fa2]".into(),
                redacted: true,
            },
            literal,
        };
        assert_eq!(edits(&[field(1)], &[field(1)]), []);
        let [HeaderEdit::Change { at: 0, from, to }] = &edits(&[field(1)], &[field(2)])[..] else {
            panic!("another key was put in its place");
        };
        assert_eq!((from, to), (&field(1).header, &field(2).header));
    }
}
