//! How a cycle comes to its end: once, with whatever comes last.

/// What of its end has come.
#[derive(Default)]
pub(crate) struct Ending {
    awaits_writing: bool,
    body_is_over: bool,
    has_ended: bool,
}

impl Ending {
    /// The cycle ends when the response is written, not when the server has taken it.
    pub(crate) fn await_writing(&mut self) {
        self.awaits_writing = true;
    }

    /// The server is done with the response's body. Returns whether that ends the cycle.
    pub(crate) fn end_body(&mut self) -> bool {
        self.body_is_over = true;
        !self.awaits_writing
    }

    /// Nothing more of the response is written. Returns whether that ends the cycle.
    pub(crate) fn end_writing(&mut self) -> bool {
        self.awaits_writing = false;
        self.body_is_over
    }

    /// Whether the server is done with the response's body.
    pub(crate) fn body_is_over(&self) -> bool {
        self.body_is_over
    }

    /// The cycle is told, or given up. Returns whether it was still open.
    pub(crate) fn end(&mut self) -> bool {
        !std::mem::replace(&mut self.has_ended, true)
    }

    /// Whether the cycle is over; what comes later belongs to no cycle.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }
}
