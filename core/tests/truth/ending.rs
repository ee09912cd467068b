//! How the cycle ended, and what never ran, by the log of the kit.

use crate::{
    check::Verdict,
    drive::{Ran, whole_way},
    expect::{At, Wanted, is_inner, sites},
    hold,
    log::{BodyLeft, Call, Event, How, Place, Visit},
    plan::{Case, Mode},
    reel::BROKE,
};
use onionskin::{
    testing::Recorded,
    wire::{Outcome, SiteKind, Stage},
};
use std::collections::HashMap;

/// One visit, as the log has it.
struct Visited {
    visit: Visit,
    place: Place,
    caller: Option<Call>,
    left: Option<(usize, How)>,
}

struct Story<'a> {
    case: &'a Case,
    visits: Vec<Visited>,
    /// Who made a call, and how it ended.
    calls: HashMap<Call, (Visit, Option<(usize, How)>)>,
    gave_up: Option<usize>,
    head: Option<u16>,
    body: Option<BodyLeft>,
}

impl<'a> Story<'a> {
    fn new(case: &'a Case, events: &[Event]) -> Self {
        let mut story = Story {
            case,
            visits: Vec::new(),
            calls: HashMap::new(),
            gave_up: None,
            head: None,
            body: None,
        };
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Enter {
                    visit,
                    place,
                    caller,
                    ..
                } => story.visits.push(Visited {
                    visit: *visit,
                    place: *place,
                    caller: *caller,
                    left: None,
                }),
                Event::Call { call, by, .. } => drop(story.calls.insert(*call, (*by, None))),
                Event::Back { call, how } => {
                    story.calls.get_mut(call).expect("a call").1 = Some((at, how.clone()));
                }
                Event::Leave { visit, how } => {
                    story.of(*visit).left = Some((at, how.clone()));
                    if let (Place::Router, How::Returned(seen)) = (story.of(*visit).place, how) {
                        story.head = seen.status;
                    }
                }
                Event::GaveUp => story.gave_up = Some(at),
                Event::Head => {}
                Event::Body(left) => story.body = Some(left.clone()),
            }
        }
        story
    }

    fn of(&mut self, visit: Visit) -> &mut Visited {
        let found = self.visits.iter_mut().find(|v| v.visit == visit);
        found.expect("a visit in the log")
    }

    /// The calls that a visit made, and how they ended, in the order of their ends.
    fn calls_of(&self, visit: Visit) -> Vec<(Call, &How)> {
        let mut calls: Vec<_> = self
            .calls
            .iter()
            .filter(|(_, (by, _))| *by == visit)
            .filter_map(|(call, (_, back))| back.as_ref().map(|(at, how)| (*at, *call, how)))
            .collect();
        calls.sort_by_key(|(at, ..)| *at);
        calls
            .into_iter()
            .map(|(_, call, how)| (call, how))
            .collect()
    }

    fn reached_by(&self, call: Call) -> Option<&Visited> {
        self.visits.iter().find(|v| v.caller == Some(call))
    }

    fn mode(&self, place: Place) -> Option<&Mode> {
        match place {
            Place::Layer(i) => Some(&self.case.app.layers[i].mode),
            _ => None,
        }
    }

    /// Where the last panic that passed a probe was raised.
    fn panicked(&self) -> Option<&Visited> {
        let raised = |v: &&Visited| {
            let unwound = matches!(v.left, Some((_, How::Unwound)));
            let calls = self.calls_of(v.visit);
            let inside = calls
                .iter()
                .filter(|(_, how)| **how == How::Unwound)
                .count();
            let catches = match self.mode(v.place) {
                Some(Mode::Catch) => 1,
                Some(Mode::CatchAndRetry) => 1,
                _ => 0,
            };
            unwound && inside <= catches
        };
        let at = |v: &&Visited| v.left.as_ref().map(|(at, _)| *at);
        self.visits.iter().filter(raised).max_by_key(at)
    }

    /// From outside to inside, always to the service that answered last.
    fn answered(&self) -> Answered<'_> {
        let mut visit = &self.visits[0];
        loop {
            let calls = self.calls_of(visit.visit);
            let last = calls
                .iter()
                .rfind(|(_, how)| matches!(how, How::Returned(_)));
            match last {
                None => return Answered::By(visit),
                Some((call, _)) => match self.reached_by(*call) {
                    Some(inner) => visit = inner,
                    None => return Answered::Default,
                },
            }
        }
    }
}

enum Answered<'a> {
    By(&'a Visited),
    /// By axum's own fallback.
    Default,
}

/// What the timeline must say of the end.
enum Truth {
    Completed,
    ShortCircuited(At),
    TimedOut(At),
    Failed(Option<At>, &'static str),
    Panicked { at: Option<At>, caught: bool },
    Cancelled(Stage, Option<At>),
}

fn truth(story: &Story<'_>, wanted: &Wanted) -> Truth {
    let at = |v: &Visited| sites(&story.case.app, v.place).pop().expect("a site");
    if let Some(visited) = story.panicked() {
        let caught = story.head.is_some() && story.body != Some(BodyLeft::Panicked);
        if caught || story.head.is_none() {
            return Truth::Panicked {
                at: Some(at(visited)),
                caught,
            };
        }
    }
    if story.body == Some(BodyLeft::Panicked) {
        return Truth::Panicked {
            at: None,
            caught: false,
        };
    }
    if story.head.is_none() {
        let site = innermost_cancelled(story, wanted);
        let stage = site.as_ref().map_or(Stage::Parse, |s| s.0.stage());
        return Truth::Cancelled(stage, site);
    }
    match story.body {
        Some(BodyLeft::Broke) => return Truth::Failed(None, BROKE),
        Some(BodyLeft::Stopped) => return Truth::Cancelled(Stage::Send, None),
        _ => {}
    }
    let Answered::By(answered) = story.answered() else {
        return Truth::Completed;
    };
    let mut source = answered;
    let failed = |v: &Visited| {
        let calls = story.calls_of(v.visit);
        let error = calls.iter().rfind(|(_, how)| **how == How::Error);
        error.and_then(|(call, _)| story.reached_by(*call))
    };
    while let Some(inner) = failed(source) {
        source = inner;
    }
    let gave_up = story
        .calls_of(source.visit)
        .iter()
        .any(|(_, how)| **how == How::Dropped);
    match &source.left {
        Some((_, How::Error)) => Truth::Failed(Some(at(source)), "KitError"),
        Some((_, How::Returned(seen)))
            if gave_up && matches!(seen.status, Some(408 | 503 | 504)) =>
        {
            Truth::TimedOut(at(source))
        }
        _ if matches!(source.place, Place::Layer(_)) => Truth::ShortCircuited(at(source)),
        _ => Truth::Completed,
    }
}

/// The place entered last of those that were dropped when the client gave up.
fn innermost_cancelled(story: &Story<'_>, wanted: &Wanted) -> Option<At> {
    let gave_up = story.gave_up?;
    let visits = story
        .visits
        .iter()
        .filter(|v| matches!(v.left, Some((at, How::Dropped)) if at > gave_up))
        .map(|v| *wanted.entries[&v.visit].last().expect("an entry"));
    let edges = story
        .calls
        .iter()
        .filter(|(_, (_, back))| matches!(back, Some((at, How::Dropped)) if *at > gave_up))
        .filter_map(|(call, _)| wanted.edges.get(call).copied());
    let entry = visits.chain(edges).max()?;
    let at = &wanted.steps[entry].at;
    match at.0 {
        SiteKind::Router => Some((SiteKind::Router, at.1.clone())),
        _ => Some(at.clone()),
    }
}

pub fn check(case: &Case, ran: &Ran, wanted: &Wanted, cycle: &Recorded) -> Verdict {
    let story = Story::new(case, &ran.events);
    hold!(
        cycle.status == story.head,
        "the status {:?} and not {:?}",
        cycle.status,
        story.head
    );
    let named = |site: usize| (cycle.sites[site].kind, cycle.sites[site].name.clone());
    let is = |site: &Option<usize>, at: &Option<At>| site.map(named) == *at;
    let truth = truth(&story, wanted);
    let (same, want) = match (&truth, &cycle.outcome) {
        (Truth::Completed, outcome) => (*outcome == Outcome::Completed, "completed".into()),
        (Truth::ShortCircuited(at), outcome) => (
            matches!(outcome, Outcome::ShortCircuited { site } if named(*site) == *at),
            format!("answered by {at:?}"),
        ),
        (Truth::TimedOut(at), outcome) => (
            matches!(outcome, Outcome::TimedOut { site } if named(*site) == *at),
            format!("timed out by {at:?}"),
        ),
        (Truth::Failed(at, text), outcome) => (
            matches!(outcome, Outcome::Failed { site, error } if is(site, at) && error.contains(text)),
            format!("failed at {at:?}: {text}"),
        ),
        (Truth::Panicked { at, caught }, outcome) => (
            panicked(cycle, outcome, at, *caught),
            format!("panicked at {at:?}, caught: {caught}"),
        ),
        (Truth::Cancelled(stage, at), outcome) => (
            matches!(outcome, Outcome::Cancelled { stage: s, site } if s == stage && is(site, at)),
            format!("cancelled in {stage:?} at {at:?}"),
        ),
    };
    hold!(same, "the outcome is {:?} and not {want}", cycle.outcome);
    never_ran(case, &story, wanted, cycle)
}

fn panicked(cycle: &Recorded, outcome: &Outcome, want: &Option<At>, caught: bool) -> bool {
    let Outcome::Panicked {
        site,
        message,
        caught: was_caught,
        at,
    } = outcome
    else {
        return false;
    };
    let site = site.map(|s| &cycle.sites[s]);
    let message = message.as_deref().unwrap_or_default();
    let Some(want) = want else {
        return message == "kit: a body" && *was_caught == caught;
    };
    // The message names the layer or view where it happened, or a body that it read.
    let name = want.1.trim_start_matches(['L', 'T']);
    let said = message == "kit: a body"
        || message == format!("kit: L{name}")
        || message.starts_with("kit: V") && want.0.stage() == Stage::View;
    let at_kit = at.as_deref().is_some_and(|at| at.contains("truth"));
    let there = site.is_some_and(|s| (s.kind, s.name.clone()) == *want);
    said && at_kit && there && *was_caught == caught
}

fn never_ran(case: &Case, story: &Story<'_>, wanted: &Wanted, cycle: &Recorded) -> Verdict {
    let named = |site: &usize| (cycle.sites[*site].kind, cycle.sites[*site].name.clone());
    let recorded: Vec<At> = cycle.never_ran.iter().map(named).collect();
    let mut want = Vec::new();
    if let (Some(_), Answered::By(answered)) = (story.head, story.answered())
        && let Place::Layer(_) = answered.place
    {
        let way = whole_way(case);
        let mut inside = way.iter().skip_while(|p| **p != answered.place).skip(1);
        let entered = |p: &Place| story.visits.iter().any(|v| v.place == *p);
        let nested = case.app.nested && case.request.path.starts_with("/n/items/");
        let into_nest = nested || way.iter().any(|p| is_inner(&case.app, *p));
        let has_nest = |steps: &[At]| steps.iter().any(|s| s.0 == SiteKind::Nest);
        let entered_sites: Vec<At> = wanted.steps.iter().map(|s| s.at.clone()).collect();
        let mut nest = (case.app.nested && into_nest && !is_inner(&case.app, answered.place))
            .then(|| (SiteKind::Nest, "nest /n".to_owned()))
            .filter(|_| !has_nest(&entered_sites));
        for place in inside.by_ref().filter(|p| !entered(p)) {
            if is_inner(&case.app, *place) {
                want.extend(nest.take());
            }
            want.push(sites(&case.app, *place).remove(0));
        }
        want.extend(nest);
        let to_view = way.iter().any(|p| matches!(p, Place::View(_)));
        let defaults = |s: &At| s.0 == SiteKind::DefaultFallback;
        let asked = wanted.steps.iter().any(|s| defaults(&s.at));
        if !to_view && !asked {
            // axum's own answer.
            let known = recorded.last().filter(|s| defaults(s)).cloned();
            want.push(known.unwrap_or((SiteKind::DefaultFallback, "404 or 405".into())));
        }
    }
    hold!(recorded == want, "never ran: {recorded:?} and not {want:?}");
    Ok(())
}
