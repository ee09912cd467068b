//! How a cycle ended, and what never ran: worked out of its entries.

use super::decode::{Decoder, Entry};
use crate::wire::{
    BodyEnd, Cycle, Edge, Left, MarkKind, Outcome, Side, SiteKind, Stack, StackChain, Stage,
};

/// How the cycle ended.
pub(super) fn of(decoder: &Decoder<'_>) -> Outcome {
    let (cycle, entries) = (&decoder.cycle, &decoder.entries);
    let unwound = entries.iter().rev().find(|e| e.left == Some(Left::Unwound));
    let panic = cycle.marks.iter().find_map(|m| match &m.what {
        MarkKind::Panic { message, at, .. } => Some((message.clone(), at.clone())),
        _ => None,
    });
    if let Some(entry) = unwound {
        let (message, at) = panic.unzip();
        return Outcome::Panicked {
            site: Some(entry.site),
            message,
            at,
            caught: cycle.status.is_some(),
        };
    }
    let Some(status) = cycle.status else {
        let open = entries
            .iter()
            .rev()
            .find(|e| e.left == Some(Left::Dropped))
            .or(entries.last());
        let stage = match open.map(|e| cycle.sites[e.site].kind) {
            Some(SiteKind::Router) => Stage::Resolve,
            Some(kind) => kind.stage(),
            None => Stage::Parse,
        };
        return Outcome::Cancelled {
            stage,
            site: innermost_dropped(entries),
        };
    };
    if status == 101 {
        return Outcome::Upgraded {
            protocol: upgrade_header(cycle).unwrap_or_default(),
        };
    }
    if cycle.steps.iter().any(|s| s.left == Some(Left::Cut)) {
        let broken = cycle
            .bodies
            .iter()
            .rev()
            .filter(|b| b.side == Side::Response)
            .find_map(|b| match &b.end {
                BodyEnd::Error { error } => Some(error.clone()),
                _ => None,
            });
        return match broken {
            Some(error) => Outcome::Failed { site: None, error },
            None => Outcome::Cancelled {
                stage: Stage::Send,
                site: None,
            },
        };
    }
    match answered_by(entries) {
        Some(entry) => answered(decoder, entry, status),
        None => Outcome::Completed,
    }
}

/// The innermost site that was given up.
fn innermost_dropped(entries: &[Entry]) -> Option<usize> {
    entries
        .iter()
        .rev()
        .find(|e| e.left == Some(Left::Dropped))
        .map(|e| e.site)
}

/// From outside to inside, always into the service that answered last: where the response came from.
fn answered_by(entries: &[Entry]) -> Option<usize> {
    let mut entry = 0;
    entries.first()?;
    loop {
        let answered = entries[entry]
            .children
            .iter()
            .rev()
            .find(|c| entries[**c].left == Some(Left::Returned));
        match answered {
            Some(child) => entry = *child,
            None => return Some(entry),
        }
    }
}

/// The outcome of a cycle whose response was made at this entry.
fn answered(decoder: &Decoder<'_>, at: usize, status: u16) -> Outcome {
    let (cycle, entries) = (&decoder.cycle, &decoder.entries);
    // A layer that turns an error into a response: what counts is where the error came from.
    let mut source = at;
    while let Some(child) = entries[source]
        .children
        .iter()
        .rev()
        .find(|c| matches!(entries[**c].left, Some(Left::Error { .. })))
    {
        source = *child;
    }
    let site = entries[source].site;
    let gave_up = entries[source]
        .children
        .iter()
        .any(|c| entries[*c].left == Some(Left::Dropped));
    let name = cycle.sites[site].type_name.to_ascii_lowercase();
    if gave_up && (name.contains("timeout") || matches!(status, 408 | 503 | 504)) {
        return Outcome::TimedOut { site };
    }
    if let Some(Left::Error { error }) = &entries[source].left {
        return Outcome::Failed {
            site: Some(site),
            error: error.clone(),
        };
    }
    let kind = cycle.sites[site].kind;
    if kind.is_layer()
        && !(kind == SiteKind::Around && entries[source].children.is_empty() && entries.len() <= 2)
    {
        return Outcome::ShortCircuited { site };
    }
    if kind == SiteKind::Edge
        && let Some(parent) = entries[source].parent
    {
        return Outcome::ShortCircuited {
            site: entries[parent].site,
        };
    }
    match rejection(cycle) {
        Some(extractor) => Outcome::Rejected {
            site: Some(site),
            extractor,
        },
        None => Outcome::Completed,
    }
}

/// axum says in an event which extractor refused a request.
fn rejection(cycle: &Cycle) -> Option<String> {
    cycle.marks.iter().find_map(|m| match &m.what {
        MarkKind::Log { target, fields, .. } if target == "axum::rejection" => {
            let name = fields.get("rejection_type")?;
            Some(name.rsplit("::").next().unwrap_or(name).to_owned())
        }
        _ => None,
    })
}

fn upgrade_header(cycle: &Cycle) -> Option<String> {
    let last = cycle
        .steps
        .iter()
        .rev()
        .find(|s| s.stage == Stage::Send && s.edge == Edge::In)?;
    let replay = crate::replay::Replay::new(cycle).ok()?;
    let response = replay.response(last.seq)?;
    let upgrade = response
        .headers
        .iter()
        .find(|h| h.value.name == "upgrade")?;
    Some(upgrade.value.value.to_text().into_owned())
}

/// The sites behind the one that answered which were never entered, as indices into the cycle's sites.
pub(super) fn never_ran(decoder: &mut Decoder<'_>, stack: Option<&Stack>) -> Vec<usize> {
    let Some(answered) = answered_by(&decoder.entries) else {
        return Vec::new();
    };
    let site = &decoder.cycle.sites[decoder.entries[answered].site];
    if !site.kind.is_layer() || decoder.cycle.status.is_none() {
        return Vec::new();
    }
    let id = site.id;
    let Some(chain) = stack.and_then(|stack| chain(stack, &decoder.cycle, id)) else {
        return Vec::new();
    };
    let inside = chain
        .iter()
        .skip_while(|s| **s != id)
        .skip(1)
        .copied()
        .collect::<Vec<_>>();
    let entered: Vec<u32> = decoder
        .entries
        .iter()
        .map(|e| decoder.cycle.sites[e.site].id)
        .collect();
    inside
        .into_iter()
        .filter(|s| !entered.contains(s))
        .map(|s| decoder.site(s))
        .collect()
}

/// The chain of the map that the cycle's request would have met.
fn chain<'a>(stack: &'a Stack, cycle: &Cycle, through: u32) -> Option<&'a [u32]> {
    let takes = |e: &&StackChain, method: &str| e.methods.iter().any(|m| m == method);
    let routes = stack
        .routes
        .iter()
        .filter(|r| Some(&r.path) == cycle.route.as_ref());
    let mut endpoints = routes.map(|r| {
        let e = &r.endpoints;
        e.iter()
            .find(|e| takes(e, &cycle.method))
            .or_else(|| e.iter().find(|e| cycle.method == "HEAD" && takes(e, "GET")))
            .or_else(|| e.iter().find(|e| e.methods.is_empty()))
    });
    let found = match cycle.route {
        Some(_) => endpoints.find_map(|e| e.filter(|e| e.chain.contains(&through)))?,
        None => &stack.fallback,
    };
    Some(&found.chain)
}
