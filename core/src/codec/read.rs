//! Reads the compact encoding. Every read is checked: the bytes may come from anybody.

use super::{DecodeError, format::READABLE};
use crate::wire::Connection;

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The header of a frame.
pub(crate) struct Header {
    pub(crate) number: u64,
    pub(crate) started_unix_us: u64,
    pub(crate) duration_ns: u64,
    pub(crate) idle_ns: u64,
    pub(crate) cost_ns: u64,
    pub(crate) usual_cost_ns: [u64; 2],
    pub(crate) omitted_marks: u64,
    pub(crate) omitted_steps: u64,
    pub(crate) omitted_bodies: u64,
    pub(crate) connection: Option<Connection>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads on from a place in the middle.
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn error(&self, what: &'static str) -> DecodeError {
        DecodeError {
            offset: self.at,
            what,
        }
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let end = self
            .at
            .checked_add(n)
            .filter(|end| *end <= self.bytes.len());
        let taken = &self.bytes[self.at..end.ok_or_else(|| self.error("cut short"))?];
        self.at += n;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error("a number of more than 64 bits"))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.varint()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    pub(crate) fn text(&mut self) -> Result<String, DecodeError> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    pub(crate) fn header(&mut self) -> Result<Header, DecodeError> {
        if !READABLE.contains(&self.byte()?) {
            return Err(self.error("another format version"));
        }
        let mut header = Header {
            number: self.varint()?,
            started_unix_us: self.varint()?,
            duration_ns: self.varint()?,
            idle_ns: self.varint()?,
            cost_ns: self.varint()?,
            usual_cost_ns: [self.varint()?, self.varint()?],
            omitted_marks: self.varint()?,
            omitted_steps: self.varint()?,
            omitted_bodies: self.varint()?,
            connection: None,
        };
        if self.byte()? != 0 {
            header.connection = Some(Connection {
                number: self.varint()?,
                reuse: u32::try_from(self.varint()?).unwrap_or(u32::MAX),
                bytes_in: self.varint()?,
                first_byte_before_ns: self.varint()?,
                last_byte_before_ns: self.varint()?,
                peer: Some(self.text()?).filter(|peer| !peer.is_empty()),
            });
        }
        Ok(header)
    }
}
