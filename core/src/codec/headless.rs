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

#[cfg(all(test, debug_assertions))]
mod tests {
    use crate::{
        codec::{
            Tables, decode,
            format::{FORMAT, put_bytes, put_varint, tag},
        },
        wire::{Cycle, Edge, Left, Sent, Stage},
    };

    /// The cycle of a head that was over after 500 ns; behind the server's site come these numbers.
    fn cycle(rest: &[u64]) -> Cycle {
        let mut events = vec![tag::HEADLESS];
        for number in [500, 7].iter().chain(rest) {
            put_varint(&mut events, *number);
        }
        // The header, no connection, no bodies.
        let mut frame = vec![FORMAT];
        frame.extend([0; 11]);
        put_bytes(&mut frame, &events);
        frame.push(0);
        decode(&frame, &Tables::default()).unwrap()
    }

    type Told = (Stage, Edge, u32, Option<u32>, u64, Option<Left>);

    fn told(cycle: &Cycle) -> Vec<Told> {
        let steps = cycle.steps.iter();
        steps
            .map(|s| (s.stage, s.edge, s.entry, s.parent, s.t_ns, s.left.clone()))
            .collect()
    }

    #[test]
    fn an_answer_of_the_servers_own_is_sent_when_its_first_byte_went() {
        let cycle = cycle(&[431, 1, 120, 301, 401]);
        let expected = [
            (Stage::Parse, Edge::In, 0, None, 0, None),
            (Stage::Send, Edge::In, 1, Some(0), 300, None),
            (Stage::Send, Edge::Out, 1, None, 500, Some(Left::Sent)),
        ];
        assert_eq!(told(&cycle), expected);
        let sent = Sent {
            body_end_ns: 500,
            bytes_out: Some(120),
            first_byte_ns: Some(300),
            last_byte_ns: Some(400),
            ..Sent::default()
        };
        assert_eq!(cycle.steps[2].sent, Some(sent));
        assert_eq!(cycle.status, Some(431));
    }

    #[test]
    fn a_head_that_nobody_answered_was_given_up_in_parse() {
        let cycle = cycle(&[0, 0]);
        let expected = [
            (Stage::Parse, Edge::In, 0, None, 0, None),
            (Stage::Parse, Edge::Out, 0, None, 500, Some(Left::Dropped)),
        ];
        assert_eq!(told(&cycle), expected);
        assert_eq!(cycle.status, None);
    }
}
