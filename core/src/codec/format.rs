//! The bytes of a frame: what recorder and decoder must agree on, written once.
//!
//! A frame is: format version (one byte), the header, the length of the events, the events, the bodies. Integers are
//! LEB128 varints unless said otherwise; text and bytes are a varint length and the bytes.
//!
//! Header: number, start (Unix µs), duration, idle, cost (ns), cost of an `IN` and of an `OUT` in which nothing changed,
//! omitted marks, steps and bodies, then 0 or 1 and the
//! connection (number, reuse, bytes in, ns since first byte, ns since last byte, peer + 1 for its length or 0).
//!
//! Every event begins with its tag and, as nanoseconds since the event before it, its time. Events that are steps follow
//! with the idle time since the step before. Where nothing changed and nobody waited, which is nearly everywhere, a step is
//! eight bytes of fixed places.

/// First byte of a frame.
pub(crate) const FORMAT: u8 = 3;

/// What is read: 2 is 3 without [`head::SAME`], and is in recordings.
pub(crate) const READABLE: std::ops::RangeInclusive<u8> = 2..=FORMAT;

/// Event tags.
pub(crate) mod tag {
    /// Step: site, parent entry + 1 (0: none), request delta, cost. Entries are numbered in the order of these events.
    pub(crate) const IN: u8 = 1;
    /// Step: entry, response delta, cost.
    pub(crate) const OUT: u8 = 2;
    /// Step: entry, type name of the error.
    pub(crate) const ERR: u8 = 3;
    /// Step: entry. A layer gave it up.
    pub(crate) const DROPPED: u8 = 4;
    /// Step: entry.
    pub(crate) const UNWOUND: u8 = 5;
    /// Step: entry of the router, route's length + 1 and its bytes (0: none).
    pub(crate) const RESOLVED: u8 = 6;
    /// Step: entry of the outermost probe, response delta, cost.
    pub(crate) const SEND: u8 = 7;
    /// Step: 1 all sent, 0 cut; when the body was over; 0, or 1 and what the connection wrote: bytes, and when the first
    /// and the last of them, each + 1 (0: never); or 2, the same, and what went over it after an upgrade: bytes in, bytes
    /// out, and by direction and kind of WebSocket frames their number and bytes.
    pub(crate) const SENT: u8 = 8;
    /// Mark: inside entry + 1, body, bytes.
    pub(crate) const FRAME: u8 = 9;
    /// Mark: inside entry + 1, message, place, number of frames, and of each its function, place and frames folded before it.
    pub(crate) const PANIC: u8 = 10;
    /// Mark: inside entry + 1.
    pub(crate) const REBUILT: u8 = 11;
    /// Mark: inside entry + 1, level (1 ERROR … 5 TRACE), target, message, number of fields, name and value of each.
    pub(crate) const LOG: u8 = 12;
    /// Mark: inside entry + 1, number of texts, the texts.
    pub(crate) const ERROR: u8 = 15;
    /// Mark: inside entry + 1, level, target, name, ns from its beginning to its end, ns entered, number of fields, name and
    /// value of each.
    pub(crate) const SPAN: u8 = 20;
    /// Mark: inside entry + 1, name, ns.
    pub(crate) const TEMPLATE: u8 = 21;
    /// Mark: inside entry + 1, statement, ns.
    pub(crate) const STATEMENT: u8 = 22;
    /// Steps of a head that never became a request, and all there are: site of the server, status of the server's own answer
    /// (0: none), and what the connection wrote of it, as in `SENT`.
    pub(crate) const HEADLESS: u8 = 23;
    /// Step: entry. It was dropped with the cycle.
    pub(crate) const CANCELLED: u8 = 13;
    /// Neither: the body that was sent is not the one that `SEND` names but this; stands before `SENT`.
    pub(crate) const SENT_OTHER: u8 = 14;
    /// Step: `IN` in which nothing changed. Time (32 bits, little endian), site (16 bits), parent entry + 1 (8 bits).
    pub(crate) const SAME_IN: u8 = 16;
    /// Step: `OUT` in which nothing changed. Time (32 bits, little endian), entry (16 bits), 0.
    pub(crate) const SAME_OUT: u8 = 17;
}

/// What a delta holds: a mask of these, then the parts in this order.
pub(crate) mod part {
    /// Text.
    pub(crate) const METHOD: u8 = 1;
    /// Text, masked.
    pub(crate) const URI: u8 = 1 << 1;
    /// One byte: 9, 10, 11, 20, 30.
    pub(crate) const VERSION: u8 = 1 << 2;
    /// Varint.
    pub(crate) const STATUS: u8 = 1 << 3;
    /// The new list, as pieces until it ends with a 0: `run << 1 | 1` and the start of a run of headers of the old list;
    /// or `2`, name, 0 or 1 for masked, value; or the same with `4` and the name's number in the table of names.
    pub(crate) const HEADERS: u8 = 1 << 4;
    /// Number added, name ids; number removed, name ids.
    pub(crate) const EXTENSIONS: u8 = 1 << 5;
    /// Body + 1 (0: not looked at), announced length + 1 (0: unknown).
    pub(crate) const BODY: u8 = 1 << 6;
    /// Number of extensions with a new value, and of each the name's number and the value as text, masked.
    pub(crate) const VALUES: u8 = 1 << 7;
}

/// In the flags of a body: it is the response's.
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) const RESPONSE: u8 = 1;

/// In the flags of a body, beside that and 2 (it has a hash): that is still to be worked out of its head. Such
/// a frame does not leave the app.
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) const UNHASHED: u8 = 4;

/// The kept bytes of a body, its last part.
pub(crate) mod head {
    /// Bytes, as they came.
    pub(crate) const CLEAR: u8 = 0;
    /// Bytes, with something in them masked.
    pub(crate) const MASKED: u8 = 1;
    /// The number of a body before this one, in the same frame, whose bytes are the same and masked alike.
    pub(crate) const SAME: u8 = 2;

    /// Most bytes of a cycle that stand in its frame as [`SAME`]: a few bytes of a frame must not become any number of them.
    pub(crate) const MOST_SAME: usize = 16 << 20;
}

/// How a body ended.
pub(crate) mod end {
    pub(crate) const CUT: u8 = 0;
    pub(crate) const COMPLETE: u8 = 1;
    /// Followed by the error's text.
    pub(crate) const ERROR: u8 = 2;
}

#[cfg(any(debug_assertions, feature = "in-release"))]
#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        put_long_varint(out, value);
    }
}

#[cfg(any(debug_assertions, feature = "in-release"))]
fn put_long_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
