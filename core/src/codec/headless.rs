//! Cycles without a request: its head did not come whole, or the server refused it and asked nobody.

use super::{DecodeError, decode::Decoder};
use crate::wire::{Edge, Left, Outcome, Stage};

impl Decoder<'_> {
    pub(super) fn headless(&mut self) -> Result<(), DecodeError> {
        if !self.cycle.steps.is_empty() {
            return Err(self.reader.error("a head without a request behind a step"));
        }
        let site = u32::try_from(self.reader.varint()?).unwrap_or(u32::MAX);
        let site = Some(self.site(site));
        let status = u16::try_from(self.reader.varint()?).ok().filter(|s| *s > 0);
        let sent = self.sent(self.t)?;
        let mut parse = self.blank(Stage::Parse, Edge::In);
        (parse.site, parse.t_ns) = (site, 0);
        self.cycle.steps.push(parse);
        if status.is_none() {
            let mut given_up = self.blank(Stage::Parse, Edge::Out);
            (given_up.site, given_up.entry) = (site, 0);
            given_up.left = Some(Left::Dropped);
            self.cycle.steps.push(given_up);
            return Ok(());
        }
        let mut send = self.blank(Stage::Send, Edge::In);
        (send.site, send.parent) = (site, Some(0));
        send.t_ns = sent.first_byte_ns.unwrap_or(self.t).min(self.t);
        self.cycle.steps.push(send);
        let mut end = self.blank(Stage::Send, Edge::Out);
        (end.site, end.entry) = (site, 1);
        (end.left, end.sent) = (Some(Left::Sent), Some(sent));
        self.cycle.steps.push(end);
        self.cycle.status = status;
        Ok(())
    }

    /// How a cycle without a request ended.
    pub(super) fn headless_outcome(&self) -> Option<Outcome> {
        let site = self.cycle.steps.first()?.site?;
        let is_headless = self.entries.is_empty() && self.cycle.status.is_some();
        is_headless.then_some(Outcome::ShortCircuited { site })
    }
}
