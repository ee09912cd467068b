//! From the compact encoding to the model.
//!
//! The recorder wrote what it saw; what follows from it is worked out here, when somebody reads: edits of header lists,
//! path parameters, attempts, the outcome, what never ran.

use super::{
    DecodeError, Tables,
    delta::{Head, count},
    format::tag,
    nest::strip,
    outcome,
    read::Reader,
    routes::{self, path_params},
};
use crate::wire::{
    BodyRef, Change, Cycle, Delta, Edge, Left, Omitted, Outcome, Resolved, Site, SiteKind, Stage,
    Step, WIRE_VERSION, Why,
};
use std::{collections::HashMap, rc::Rc};

/// One passing of a probe.
pub(super) struct Entry {
    pub(super) site: usize,
    pub(super) step: u32,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) left: Option<Left>,
    /// The step that left.
    pub(super) left_at: u32,
    /// It was dropped with the cycle, and not by a layer.
    pub(super) cancelled: bool,
    /// Status of the answer.
    pub(super) status: Option<u16>,
    pub(super) request: Rc<Head>,
    /// The response that came from inside last, and the step at which it was seen.
    pub(super) inner: Option<(Rc<Head>, u32)>,
}

pub(super) struct Decoder<'a> {
    pub(super) tables: &'a Tables,
    pub(super) reader: Reader<'a>,
    pub(super) t: u64,
    idle: u64,
    usual_cost_ns: [u64; 2],
    pub(super) literals: u32,
    /// Headers of all lists, and edits to them.
    pub(super) headers: usize,
    /// Bytes of names that came as their numbers.
    pub(super) names: usize,
    pub(super) entries: Vec<Entry>,
    /// The entry of each number that the recorder gave: a nest has two.
    pub(super) numbers: Vec<usize>,
    pub(super) site_index: HashMap<u32, usize>,
    /// How often a site was entered from inside of an entry.
    attempts: HashMap<(usize, usize), u32>,
    pub(super) cycle: Cycle,
    /// The step that began to send, and the entry whose response that is.
    send: Option<(u32, usize)>,
    /// The body that went to the server, or was sent instead.
    pub(super) sent_body: Option<usize>,
    sent_other: Option<usize>,
}

pub(super) fn decode(frame: &[u8], tables: &Tables) -> Result<Cycle, DecodeError> {
    let mut reader = Reader::new(frame);
    let header = reader.header()?;
    let events_len = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    let events_at = reader.offset();
    let events_end = events_at
        .checked_add(events_len)
        .filter(|e| *e <= frame.len());
    let events_end = events_end.ok_or_else(|| reader.error("events cut short"))?;
    let cycle = Cycle {
        wire: WIRE_VERSION,
        id: format!("{}-{}", tables.run, header.number),
        app: tables.app.clone(),
        run: tables.run.clone(),
        number: header.number,
        started_unix_us: header.started_unix_us,
        duration_ns: header.duration_ns,
        idle_ns: header.idle_ns,
        cost_ns: header.cost_ns,
        method: String::new(),
        target: String::new(),
        route: None,
        status: None,
        outcome: Outcome::Completed,
        connection: header.connection,
        sites: Vec::new(),
        steps: Vec::new(),
        marks: Vec::new(),
        bodies: Vec::new(),
        never_ran: Vec::new(),
        omitted: Omitted {
            marks: header.omitted_marks,
            steps: header.omitted_steps,
            bodies: header.omitted_bodies,
        },
    };
    let mut decoder = Decoder {
        tables,
        reader: Reader::at(&frame[..events_end], events_at),
        t: 0,
        idle: 0,
        usual_cost_ns: header.usual_cost_ns,
        literals: 0,
        headers: 0,
        names: 0,
        entries: Vec::new(),
        numbers: Vec::new(),
        site_index: HashMap::new(),
        attempts: HashMap::new(),
        cycle,
        send: None,
        sent_body: None,
        sent_other: None,
    };
    while !decoder.reader.is_at_end() {
        decoder.event()?;
    }
    decoder.reader = Reader::at(frame, events_end);
    decoder.bodies()?;
    decoder.sum_up();
    Ok(decoder.cycle)
}

impl Decoder<'_> {
    fn event(&mut self) -> Result<(), DecodeError> {
        let tag = self.reader.byte()?;
        if matches!(tag, tag::SAME_IN | tag::SAME_OUT) {
            return self.same(tag);
        }
        self.t = self.t.saturating_add(self.reader.varint()?);
        match tag {
            tag::IN
            | tag::OUT
            | tag::ERR
            | tag::DROPPED
            | tag::CANCELLED
            | tag::UNWOUND
            | tag::RESOLVED
            | tag::SEND
            | tag::SENT => {
                self.idle = self.idle.saturating_add(self.reader.varint()?);
                self.step(tag)
            }
            tag::HEADLESS => self.headless(),
            tag::SENT_OTHER => {
                self.sent_other = usize::try_from(self.reader.varint()?).ok();
                self.sent_body = self.sent_other;
                Ok(())
            }
            tag::FRAME
            | tag::PANIC
            | tag::REBUILT
            | tag::LOG
            | tag::ERROR
            | tag::SPAN
            | tag::TEMPLATE
            | tag::STATEMENT => self.mark(tag),
            _ => Err(self.reader.error("an unknown event")),
        }
    }

    /// A step in which nothing changed.
    fn same(&mut self, tag: u8) -> Result<(), DecodeError> {
        let mut bytes = [0; 8];
        bytes[1..].copy_from_slice(self.reader.take(7)?);
        let word = u64::from_le_bytes(bytes);
        self.t = self.t.saturating_add(word >> 8 & 0xffff_ffff);
        let (number, parent) = (word >> 40 & 0xffff, word >> 56);
        let nothing = self.reader.error("nothing that could be the same");
        let same = |(head, step): (Rc<Head>, u32)| {
            let delta = Delta {
                base: Some(step),
                ..Delta::default()
            };
            (delta, head)
        };
        if tag == tag::SAME_IN {
            let parent =
                self.entry_number(parent.checked_sub(1).ok_or_else(|| nothing.clone())?)?;
            let (delta, request) = same(self.request_of(parent));
            let cost_ns = self.usual_cost_ns[0];
            self.entered(number, Some(parent), delta, request, cost_ns);
        } else {
            let entry = self.entry_number(number)?;
            let inner = self.entries[entry].inner.clone();
            let (delta, response) = same(inner.ok_or(nothing)?);
            let cost_ns = self.usual_cost_ns[1];
            let step = self.returned(entry, delta, response, cost_ns);
            self.end_step(step, Some(entry));
        }
        Ok(())
    }

    /// A step of this time, everything else still to be said.
    pub(super) fn blank(&self, stage: Stage, edge: Edge) -> Step {
        let seq = self.cycle.steps.len() as u32;
        Step {
            seq,
            stage,
            edge,
            site: None,
            entry: seq,
            parent: None,
            attempt: 1,
            t_ns: self.t,
            idle_ns: self.idle,
            cost_ns: 0,
            delta: None,
            left: None,
            resolved: None,
            sent: None,
        }
    }

    fn entry(&mut self) -> Result<usize, DecodeError> {
        let number = self.reader.varint()?;
        self.entry_number(number)
    }

    /// The entry of a number that the recorder gave.
    fn entry_number(&self, number: u64) -> Result<usize, DecodeError> {
        let entry = usize::try_from(number)
            .ok()
            .and_then(|n| self.numbers.get(n));
        entry
            .copied()
            .ok_or_else(|| self.reader.error("an entry that was never opened"))
    }

    fn step(&mut self, tag: u8) -> Result<(), DecodeError> {
        let (step, left) = match tag {
            tag::IN => return self.enter(),
            tag::RESOLVED => (self.resolved()?, None),
            tag::SEND => (self.sending()?, None),
            tag::SENT => (self.all_sent()?, None),
            _ => {
                let entry = self.entry()?;
                (self.leaving(tag, entry)?, Some(entry))
            }
        };
        self.end_step(step, left);
        Ok(())
    }

    /// Puts a step behind the others; one that left an entry may leave a nest with it.
    fn end_step(&mut self, step: Step, left: Option<usize>) {
        self.cycle.steps.push(step);
        if let Some(entry) = left {
            self.leave_nest(entry);
        }
    }

    fn leaving(&mut self, tag: u8, entry: usize) -> Result<Step, DecodeError> {
        let left = match tag {
            tag::OUT => {
                let (delta, head) = self.response_delta(entry)?;
                let cost_ns = self.reader.varint()?;
                return Ok(self.returned(entry, delta, head, cost_ns));
            }
            tag::ERR => Left::Error {
                error: self.reader.text()?,
            },
            tag::UNWOUND => Left::Unwound,
            _ => {
                self.entries[entry].cancelled |= tag == tag::CANCELLED;
                Left::Dropped
            }
        };
        Ok(self.out_of(entry, left))
    }

    /// The head of the response goes to the server.
    fn sending(&mut self) -> Result<Step, DecodeError> {
        let entry = self.entry()?;
        let (mut delta, head) = self.response_delta(entry)?;
        count(&mut delta);
        let mut step = self.blank(Stage::Send, Edge::In);
        step.cost_ns = self.reader.varint()?;
        step.delta = Some(delta);
        step.site = Some(self.entries[entry].site);
        step.parent = Some(self.entries[entry].step);
        self.entries[entry].left.get_or_insert(Left::Returned);
        self.cycle.status = head.status;
        self.sent_body = head.body.and_then(|b| b.body);
        self.entries[entry].inner = Some((head, step.seq));
        self.send = Some((step.seq, entry));
        Ok(step)
    }

    /// The last of the response went, or was given up.
    fn all_sent(&mut self) -> Result<Step, DecodeError> {
        let mut step = self.blank(Stage::Send, Edge::Out);
        step.left = Some(match self.reader.byte()? {
            0 => Left::Cut,
            _ => Left::Sent,
        });
        let body_end_ns = self.reader.varint()?;
        step.sent = Some(self.sent(body_end_ns)?);
        let (send, entry) = self
            .send
            .ok_or_else(|| self.reader.error("an end of sending without its beginning"))?;
        step.entry = send;
        step.site = self.cycle.steps[send as usize].site;
        step.delta = self
            .sent_other
            .map(|body| self.sent_instead(send, entry, body));
        Ok(step)
    }

    /// A response leaves an entry.
    fn returned(&mut self, entry: usize, delta: Delta, head: Rc<Head>, cost_ns: u64) -> Step {
        let mut step = self.out_of(entry, Left::Returned);
        self.entries[entry].status = head.status;
        step.cost_ns = cost_ns;
        step.delta = Some(delta);
        if let Some(parent) = self.entries[entry].parent {
            self.entries[parent].inner = Some((head.clone(), step.seq));
        }
        self.entries[entry].inner = Some((head, step.seq));
        step
    }

    fn enter(&mut self) -> Result<(), DecodeError> {
        let site = self.reader.varint()?;
        let parent = match self.reader.varint()? {
            0 => None,
            n => Some(self.entry_number(n - 1)?),
        };
        let base = parent.map(|parent| self.request_of(parent));
        let (delta, request) = self.delta(base)?;
        let cost_ns = self.reader.varint()?;
        self.entered(site, parent, delta, request, cost_ns);
        Ok(())
    }

    /// The request that entered, and the step at which it did.
    fn request_of(&self, entry: usize) -> (Rc<Head>, u32) {
        let entry = &self.entries[entry];
        (entry.request.clone(), entry.step)
    }

    fn entered(
        &mut self,
        site: u64,
        parent: Option<usize>,
        mut delta: Delta,
        request: Rc<Head>,
        cost_ns: u64,
    ) {
        let site = self.site(u32::try_from(site).unwrap_or(u32::MAX));
        let outer = parent.map(|parent| self.entries[parent].request.clone());
        let entry = if self.cycle.sites[site].kind == SiteKind::Nest {
            let name = &self.cycle.sites[site].name;
            let prefix = name.strip_prefix("nest ").unwrap_or_default();
            let (stripped, before) = strip(&mut delta, &request, outer.as_deref(), prefix);
            let nest = self.open(site, parent, delta, cost_ns, Rc::new(before));
            let edge = self.inner_edge(site);
            let base = Some(self.entries[nest].step);
            self.open(edge, Some(nest), Delta { base, ..stripped }, 0, request)
        } else {
            self.open(site, parent, delta, cost_ns, request)
        };
        self.numbers.push(entry);
    }

    /// A probe is passed inward.
    fn open(
        &mut self,
        site: usize,
        parent: Option<usize>,
        delta: Delta,
        cost_ns: u64,
        request: Rc<Head>,
    ) -> usize {
        let mut step = self.blank(self.cycle.sites[site].kind.stage(), Edge::In);
        step.cost_ns = cost_ns;
        step.delta = Some(delta);
        step.site = Some(site);
        step.parent = parent.map(|p| self.entries[p].step);
        let number = self.entries.len();
        if let Some(parent) = parent {
            let attempts = self.attempts.entry((parent, site)).or_default();
            *attempts += 1;
            step.attempt = *attempts;
            self.entries[parent].children.push(number);
        }
        if number == 0 {
            self.cycle.method = request.method.clone().unwrap_or_default();
            self.cycle.target = request.uri.clone().unwrap_or_default();
        }
        self.entries.push(Entry {
            site,
            step: step.seq,
            parent,
            children: Vec::new(),
            left: None,
            left_at: 0,
            cancelled: false,
            status: None,
            request,
            inner: None,
        });
        self.cycle.steps.push(step);
        number
    }

    /// The step that leaves an entry, and how.
    pub(super) fn out_of(&mut self, entry: usize, left: Left) -> Step {
        let site = self.entries[entry].site;
        let stage = match self.cycle.sites[site].kind {
            // `parse` and `resolve` have ends of their own; what is left here is the server or the router.
            SiteKind::Server | SiteKind::Router => Stage::Middleware,
            kind => kind.stage(),
        };
        let mut step = self.blank(stage, Edge::Out);
        let entered = &self.cycle.steps[self.entries[entry].step as usize];
        step.site = Some(site);
        step.entry = entered.seq;
        step.parent = entered.parent;
        step.attempt = entered.attempt;
        step.left = Some(left.clone());
        self.entries[entry].left = Some(left);
        self.entries[entry].left_at = step.seq;
        step
    }

    /// What was sent is not the body that the last probe saw: something inside of it changed bytes and said nothing.
    fn sent_instead(&self, send: u32, entry: usize, body: usize) -> Delta {
        let seen = self.entries[entry].inner.as_ref();
        let from = seen.filter(|(_, step)| *step == send);
        let from = from.and_then(|(head, _)| head.body);
        let to = BodyRef {
            body: Some(body),
            announced: from.and_then(|b| b.announced),
        };
        Delta {
            base: Some(send),
            body: Some(Change { from, to }),
            ..Delta::default()
        }
    }

    fn resolved(&mut self) -> Result<Step, DecodeError> {
        let entry = self.entry()?;
        let route = match self.reader.varint()? {
            0 => None,
            n => {
                let len = usize::try_from(n - 1).unwrap_or(usize::MAX);
                Some(String::from_utf8_lossy(self.reader.take(len)?).into_owned())
            }
        };
        let path = self.entries[entry]
            .request
            .uri
            .as_deref()
            .unwrap_or_default();
        let params = route
            .as_deref()
            .map(|route| path_params(route, path))
            .unwrap_or_default();
        let mut step = self.blank(Stage::Resolve, Edge::Out);
        step.site = Some(self.entries[entry].site);
        step.entry = self.entries[entry].step;
        step.parent = self.cycle.steps[step.entry as usize].parent;
        step.resolved = Some(Resolved {
            tried: Vec::new(),
            route: route.clone(),
            params,
        });
        self.cycle.route = route.or(self.cycle.route.take());
        Ok(step)
    }

    /// The index of a site among those that the cycle carries.
    pub(super) fn site(&mut self, id: u32) -> usize {
        let (sites, tables) = (&mut self.cycle.sites, self.tables);
        *self.site_index.entry(id).or_insert_with(|| {
            sites.push(tables.sites.get(&id).cloned().unwrap_or_else(|| Site {
                id,
                kind: SiteKind::Opaque,
                name: format!("unknown site {id}"),
                type_name: String::new(),
                file: String::new(),
                line: 0,
                extractors: Vec::new(),
            }));
            sites.len() - 1
        })
    }

    /// Where a fallback took the request, not a view of the app. What fell back inside a nested service was no route of the map.
    fn say_what_was_tried(&mut self) {
        let Some(stack) = &self.tables.stack else {
            return;
        };
        let sites = &self.cycle.sites;
        let mut kinds = self.entries.iter().map(|e| sites[e.site].kind);
        let is_fallback = |k| matches!(k, SiteKind::Fallback | SiteKind::DefaultFallback);
        let fell_back = kinds.clone().any(is_fallback);
        // A router that is seen from outside has its fallback inside.
        if !fell_back && !kinds.any(|k| k == SiteKind::Opaque) {
            return;
        }
        let mut steps = self.cycle.steps.iter_mut();
        let step = steps.find_map(|s| Some((s.entry, s.resolved.as_mut()?)));
        let Some((router, resolved)) = step else {
            return;
        };
        // Not of this map: that of a service nested in a route, perhaps.
        if let Some(route) = &resolved.route
            && !stack.routes.iter().any(|r| r.path == *route)
        {
            return;
        }
        // What the router saw: a layer around it may have changed both.
        let router = self.entries.binary_search_by_key(&router, |e| e.step);
        let seen = router.ok().map(|entry| &self.entries[entry].request);
        let method = seen.and_then(|seen| seen.method.as_ref());
        let target = seen.and_then(|seen| seen.uri.as_ref());
        let method = method.unwrap_or(&self.cycle.method);
        let target = target.unwrap_or(&self.cycle.target);
        let is_nested = resolved.route.is_none() && routes::is_nested(stack, target);
        if is_nested {
            return;
        }
        let tried = routes::tried(stack, method, target);
        if fell_back || !tried.iter().any(|tried| tried.why == Why::Matched) {
            resolved.tried = tried;
        }
    }

    fn sum_up(&mut self) {
        self.cycle.outcome = outcome::of(self);
        self.say_what_was_tried();
        self.cycle.never_ran = outcome::never_ran(self, self.tables.stack.as_ref());
    }
}
