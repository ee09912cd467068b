//! Lines of a message or a page: text that is escaped already, each piece with what it is. How that looks is a matter of the
//! theme.

use onionskin::text::edits::Sign;
use onionskin_web::model::{LineOp, Op};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Text.
    #[default]
    Plain,
    /// The name of a value.
    Key,
    /// A string.
    Text,
    /// A number.
    Number,
    /// `true`, `null`, a type.
    Word,
    /// Beside the point.
    Dim,
    /// To the point.
    Strong,
    /// Needs a look.
    Warning,
    /// All is well.
    Good,
    /// A status code.
    Status(Option<u16>),
}

/// A piece of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The text, escaped.
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// A piece of text, escaped already.
pub fn piece(role: Role, text: impl Into<String>) -> Piece {
    Piece {
        text: text.into(),
        role,
    }
}

/// A line of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageLine {
    /// What the step did to it; none: nothing.
    pub sign: Option<Sign>,
    /// The line.
    pub pieces: Vec<Piece>,
    /// Who put it there, where that was not the sender.
    pub by: Option<String>,
    /// What is copied, not escaped yet; none: the line as it is shown.
    pub value: Option<Vec<u8>>,
    /// Who set it and who before, for the line below the message.
    pub history: Vec<String>,
    /// The row of the timeline that set it, as far as it has one.
    pub row: Option<usize>,
    /// Whether it belongs to the body.
    pub is_body: bool,
    /// Which line of the message's picture stands here.
    pub picture: Option<u16>,
    /// For an object or an array of JSON: its line in the body, to fold it.
    pub fold: Option<usize>,
}

impl MessageLine {
    /// A line of one piece.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::of(vec![piece(Role::Plain, text)])
    }

    /// A line of these pieces.
    pub fn of(pieces: Vec<Piece>) -> Self {
        Self {
            pieces,
            ..Self::default()
        }
    }

    /// With a sign.
    #[must_use]
    pub fn signed(self, sign: Option<Sign>) -> Self {
        Self { sign, ..self }
    }

    /// The line without its colours.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| &*piece.text).collect()
    }
}

/// The sign of an edit.
pub(super) fn sign(op: Op) -> Sign {
    match op {
        Op::Add => Sign::Added,
        Op::Remove => Sign::Removed,
        Op::Change => Sign::Changed,
        Op::Move => Sign::Moved,
    }
}

/// The sign of a line of a body.
pub(super) fn line_sign(op: LineOp) -> Sign {
    match op {
        LineOp::Add => Sign::Added,
        LineOp::Remove => Sign::Removed,
        LineOp::Change => Sign::Changed,
    }
}
