//! The fold at a step against the message that the kit saw there.

use crate::{
    check::Verdict,
    expect::{Want, Wanted},
    hold,
    log::{Label, Seen},
};
use onionskin::{
    replay::Message,
    testing::Recorded,
    wire::{BodyRef, Edge, Header, Stage},
};
use std::collections::{HashMap, HashSet};

/// Headers whose values are masked.
const SECRET: [&str; 3] = ["authorization", "x-api-key", "cookie"];
/// Most bodies that a cycle keeps.
const MOST_BODIES: usize = 64;

/// What is known of the messages of a cycle.
pub struct Messages<'a> {
    cycle: &'a Recorded,
    /// Which recorded body is which of the kit's.
    pub bodies: HashMap<Label, usize>,
    masks: HashMap<(String, Vec<u8>), Vec<u8>>,
    /// Headers that somebody called sensitive somewhere in the cycle: they are masked everywhere.
    sensitive: HashSet<(String, Vec<u8>)>,
}

impl<'a> Messages<'a> {
    pub fn new(cycle: &'a Recorded, wanted: &Wanted) -> Self {
        let seen = wanted.steps.iter().filter_map(|step| step.seen.as_ref());
        let sensitive = seen
            .flat_map(|seen| &seen.headers)
            .filter(|(_, _, sensitive)| *sensitive)
            .map(|(name, value, _)| (name.clone(), value.clone()));
        Self {
            cycle,
            bodies: HashMap::new(),
            masks: HashMap::new(),
            sensitive: sensitive.collect(),
        }
    }

    pub fn check(&mut self, wanted: &Wanted, seq: usize, want: &Want) -> Verdict {
        let Some(seen) = &want.seen else {
            return Ok(());
        };
        let replay = self.cycle.replay();
        let is_request = want.edge == Edge::In && want.stage != Stage::Send;
        let folded = match is_request {
            true => replay.request(seq as u32),
            false => replay.response(seq as u32),
        };
        let Some(folded) = folded else {
            return Err(format!("step {seq} has no message"));
        };
        let told = |what| format!("step {seq}: {what}\nkit:  {seen:?}\nfold: {folded:?}");
        self.same(seen, folded).map_err(told)?;
        let before = want.base.and_then(|b| wanted.steps[b].seen.as_ref());
        self.minimal(seq, before, seen)
            .map_err(|what| format!("step {seq}: {what}\nbefore: {before:?}\nafter:  {seen:?}"))
    }

    fn same(&mut self, seen: &Seen, folded: &Message) -> Verdict {
        let method = folded.method.as_ref().map(|h| &h.value);
        hold!(method == seen.method.as_ref(), "the method");
        let status = folded.status.as_ref().map(|h| h.value);
        hold!(status == seen.status, "the status");
        let version = folded.version.as_ref().map(|h| h.value.as_str());
        hold!(version == Some(&seen.version), "the version");
        let uri = folded.uri.as_ref().map(|h| &h.value);
        match (&seen.uri, uri) {
            (Some(seen), Some(uri)) if seen.contains("hunter2") => {
                hold!(!uri.contains("hunter2"), "a credential in the target");
                let start = seen.split("hunter2").next().unwrap_or_default();
                hold!(uri.starts_with(start), "the target");
            }
            (None, _) => {}
            (seen, uri) => hold!(seen.as_ref() == uri, "the target"),
        }
        hold!(seen.headers.len() == folded.headers.len(), "the headers");
        for (seen, header) in seen.headers.iter().zip(&folded.headers) {
            self.header(seen, &header.value)?;
        }
        let mut exts: Vec<usize> = folded
            .extensions
            .iter()
            .filter_map(|h| ext(&h.value.type_name))
            .collect();
        exts.sort_unstable();
        hold!(exts == seen.exts, "the extensions");
        let body = folded.body.as_ref().map(|h| h.value);
        self.body(
            seen,
            body.unwrap_or(BodyRef {
                body: None,
                announced: None,
            }),
        )
    }

    fn header(&mut self, seen: &(String, Vec<u8>, bool), header: &Header) -> Verdict {
        let (name, value, _) = seen;
        hold!(*name == header.name, "the header {name} is {}", header.name);
        let pair = (name.clone(), value.clone());
        let is_secret = SECRET.contains(&name.as_str()) || self.sensitive.contains(&pair);
        if !header.redacted {
            hold!(!is_secret, "the header {name} is not masked");
            hold!(*value == header.value.0, "the value of {name}");
            return Ok(());
        }
        let looks_secret = value.starts_with(b"Bearer ");
        hold!(is_secret || looks_secret, "the header {name} is masked");
        let shown = header.value.0.escape_ascii().to_string();
        hold!(
            shown.contains("[redacted #"),
            "a mask without its sign: {shown}"
        );
        let tail = value.rsplit(|b| *b == b' ').next().unwrap_or_default();
        if tail.len() > 4 && name != "cookie" {
            let tail = tail.escape_ascii().to_string();
            hold!(!shown.contains(&tail), "a masked value that shows: {shown}");
        }
        let mask = self
            .masks
            .entry(pair)
            .or_insert_with(|| header.value.0.clone());
        hold!(*mask == header.value.0, "one value, two masks");
        Ok(())
    }

    fn body(&mut self, seen: &Seen, body: BodyRef) -> Verdict {
        hold!(
            body.announced == seen.exact,
            "the body announces {:?} and not {:?}",
            body.announced,
            seen.exact
        );
        let known = self.bodies.get(&seen.label).copied();
        match (body.body, known) {
            (Some(index), Some(known)) => {
                hold!(
                    index == known,
                    "{:?} was body {known}, is {index}",
                    seen.label
                );
            }
            (Some(index), None) => {
                let other = self.bodies.iter().find(|(_, i)| **i == index);
                hold!(other.is_none(), "{:?} is taken for {other:?}", seen.label);
                hold!(!seen.ended, "an empty body was looked at");
                self.bodies.insert(seen.label, index);
            }
            (None, _) if self.cycle.bodies.len() >= MOST_BODIES => {}
            (None, Some(_)) => return Err(format!("{:?} was lost", seen.label)),
            (None, None) => hold!(seen.ended, "the body was not looked at"),
        }
        Ok(())
    }

    /// What did not change must not show, and what did must.
    fn minimal(&self, seq: usize, before: Option<&Seen>, now: &Seen) -> Verdict {
        let delta = self.cycle.steps[seq].delta.as_ref().ok_or("no delta")?;
        let Some(before) = before else {
            return Ok(());
        };
        hold!(
            delta.method.is_none() == (before.method == now.method),
            "the delta of the method"
        );
        hold!(
            now.uri.is_none() || delta.uri.is_none() == (before.uri == now.uri),
            "the delta of the target"
        );
        hold!(
            delta.status.is_none() == (before.status == now.status),
            "the delta of the status"
        );
        hold!(
            delta.version.is_none() == (before.version == now.version),
            "the delta of the version"
        );
        let plain = |seen: &Seen| -> Vec<(String, Vec<u8>)> {
            let pair = |h: &(String, Vec<u8>, bool)| (h.0.clone(), h.1.clone());
            seen.headers.iter().map(pair).collect()
        };
        hold!(
            delta.headers.is_empty() == (plain(before) == plain(now)),
            "the delta of the headers: {:?}",
            delta.headers
        );
        let edited = delta
            .extensions
            .iter()
            .any(|edit| ext(edit.type_name()).is_some());
        hold!(
            edited != (before.exts == now.exts),
            "the delta of the extensions"
        );
        if (before.label, before.exact) == (now.label, now.exact) {
            hold!(delta.body.is_none(), "the delta of the body");
        }
        Ok(())
    }
}

/// Which extension of the kit's it is.
fn ext(type_name: &str) -> Option<usize> {
    let number = type_name.strip_prefix("truth::log::Ext<")?;
    number.strip_suffix('>')?.parse().ok()
}
