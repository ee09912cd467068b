//! What happened between the steps.

use super::{DecodeError, decode::Decoder, format::tag};
use crate::wire::{Frame, Mark, MarkKind};

impl Decoder<'_> {
    pub(super) fn mark(&mut self, tag: u8) -> Result<(), DecodeError> {
        let inside = self
            .reader
            .varint()?
            .checked_sub(1)
            .and_then(|e| usize::try_from(e).ok());
        let inside = inside
            .and_then(|e| self.entries.get(*self.numbers.get(e)?))
            .map(|e| e.step);
        let what = match tag {
            tag::FRAME => {
                let body = usize::try_from(self.reader.varint()?).unwrap_or(usize::MAX);
                MarkKind::BodyFrame {
                    body,
                    len: self.reader.varint()?,
                }
            }
            tag::PANIC => self.panic()?,
            tag::REBUILT => MarkKind::Rebuilt,
            _ => self.log()?,
        };
        let after = (self.cycle.steps.len() as u32).saturating_sub(1);
        self.cycle.marks.push(Mark {
            t_ns: self.t,
            after,
            inside,
            what,
        });
        Ok(())
    }

    fn panic(&mut self) -> Result<MarkKind, DecodeError> {
        let (message, at) = (self.reader.text()?, self.reader.text()?);
        let mut backtrace = Vec::new();
        for _ in 0..self.reader.varint()? {
            backtrace.push(Frame {
                function: self.reader.text()?,
                at: self.reader.text()?,
                folded: self.reader.varint()?,
            });
        }
        Ok(MarkKind::Panic {
            message,
            at,
            backtrace,
        })
    }

    fn log(&mut self) -> Result<MarkKind, DecodeError> {
        let level = match self.reader.byte()? {
            1 => "ERROR",
            2 => "WARN",
            3 => "INFO",
            4 => "DEBUG",
            _ => "TRACE",
        };
        let (target, message) = (self.reader.text()?, self.reader.text()?);
        let mut fields = std::collections::BTreeMap::new();
        for _ in 0..self.reader.varint()? {
            fields.insert(self.reader.text()?, self.reader.text()?);
        }
        if target == "sqlx::query" {
            let number = |name: &str| fields.get(name)?.parse().ok();
            let seconds = fields
                .get("elapsed_secs")
                .and_then(|s| s.parse::<f64>().ok());
            return Ok(MarkKind::Sql {
                statement: fields
                    .get("db.statement")
                    .filter(|s| !s.is_empty())
                    .or(fields.get("summary"))
                    .map(|s| s.trim().to_owned())
                    .unwrap_or_default(),
                rows: number("rows_returned"),
                elapsed_ns: seconds.map(|s| (s * 1e9) as u64),
            });
        }
        Ok(MarkKind::Log {
            level: level.into(),
            target,
            message,
            fields,
        })
    }
}
