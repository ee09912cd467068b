//! How a cycle ended, and what never ran: worked out of its entries.

use super::{
    decode::{Decoder, Entry},
    rejection,
    routes::{mismatch, path_of},
};
use crate::wire::{
    BodyEnd, Cycle, Edge, Left, MarkKind, Outcome, SiteKind, Stack, StackChain, StackRoute, Stage,
};

/// How the cycle ended.
pub(super) fn of(decoder: &Decoder<'_>) -> Outcome {
    let (cycle, entries) = (&decoder.cycle, &decoder.entries);
    if let Some(panicked) = panicked(cycle, entries) {
        return panicked;
    }
    if let Some(headless) = decoder.headless_outcome() {
        return headless;
    }
    let Some(status) = cycle.status else {
        let open = innermost_cancelled(entries).or(entries.last());
        let stage = match open.map(|e| cycle.sites[e.site].kind) {
            Some(SiteKind::Router) => Stage::Resolve,
            Some(kind) => kind.stage(),
            None => Stage::Parse,
        };
        return Outcome::Cancelled {
            stage,
            site: innermost_cancelled(entries).map(|e| e.site),
        };
    };
    if status == 101 {
        return Outcome::Upgraded {
            protocol: upgrade_header(cycle).unwrap_or_default(),
        };
    }
    if cycle.steps.iter().any(|s| s.left == Some(Left::Cut)) {
        let sent = decoder.sent_body.and_then(|b| cycle.bodies.get(b));
        let broken = sent.and_then(|body| match &body.end {
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
        Some(entry) => answered(decoder, entry),
        None => Outcome::Completed,
    }
}

/// The last panic that passed a probe, or that broke the body on its way to the server.
fn panicked(cycle: &Cycle, entries: &[Entry]) -> Option<Outcome> {
    let is_cut = cycle.steps.iter().any(|s| s.left == Some(Left::Cut));
    let send = cycle
        .steps
        .iter()
        .find(|s| s.stage == Stage::Send && s.edge == Edge::In);
    let mut panics = cycle
        .marks
        .iter()
        .rev()
        .filter_map(|mark| match &mark.what {
            MarkKind::Panic { message, at, .. } => {
                let entry = mark
                    .inside
                    .and_then(|step| entries.binary_search_by_key(&step, |e| e.step).ok())
                    .map(|entry| &entries[entry]);
                Some((mark.after, entry, message, at))
            }
            _ => None,
        });
    let found = panics.find_map(|(after, entry, message, at)| {
        let passed = entry.is_some_and(|e| e.left == Some(Left::Unwound));
        let broke_body = is_cut && send.is_some_and(|send| after >= send.seq);
        (passed || broke_body).then(|| Outcome::Panicked {
            site: entry.map(|e| e.site),
            message: Some(message.clone()),
            at: Some(at.clone()),
            caught: passed && cycle.status.is_some(),
        })
    });
    // The hook may not have been asked, or the mark left out.
    found.or_else(|| {
        let unwound = entries
            .iter()
            .rev()
            .find(|e| e.left == Some(Left::Unwound))?;
        Some(Outcome::Panicked {
            site: Some(unwound.site),
            message: None,
            at: None,
            caught: cycle.status.is_some(),
        })
    })
}

/// The place entered last of those that were still busy when the cycle was dropped.
fn innermost_cancelled(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().rev().find(|e| e.cancelled)
}

/// From outside to inside, always into the service that answered last: where the response came from.
fn answered_by(entries: &[Entry]) -> Option<usize> {
    let mut entry = 0;
    entries.first()?;
    loop {
        let answered = entries[entry]
            .children
            .iter()
            .filter(|c| entries[**c].left == Some(Left::Returned))
            .max_by_key(|c| entries[**c].left_at);
        match answered {
            Some(child) => entry = *child,
            None => return Some(entry),
        }
    }
}

/// The outcome of a cycle whose response was made at this entry.
fn answered(decoder: &Decoder<'_>, at: usize) -> Outcome {
    let (cycle, entries) = (&decoder.cycle, &decoder.entries);
    // A layer that turns an error into a response: what counts is where the error came from.
    let mut source = at;
    while let Some(child) = entries[source]
        .children
        .iter()
        .filter(|c| matches!(entries[**c].left, Some(Left::Error { .. })))
        .max_by_key(|c| entries[**c].left_at)
    {
        source = *child;
    }
    let site = entries[source].site;
    let gave_up = entries[source]
        .children
        .iter()
        .any(|c| entries[*c].left == Some(Left::Dropped));
    let name = cycle.sites[site].type_name.to_ascii_lowercase();
    // Its own answer's: a layer outside may have made another of it.
    let status = entries[source].status.or(entries[at].status);
    if gave_up && (name.contains("timeout") || matches!(status, Some(408 | 503 | 504))) {
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
    rejection::of(decoder, &entries[source]).unwrap_or(Outcome::Completed)
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

/// How the map writes what a request meets that matches no route below a prefix: the fallback of a nested router.
pub(crate) const NESTED_FALLBACK: &str = "/{*fallback}";
/// How the map writes where a service is nested, of which axum says no route.
pub(crate) const NESTED_SERVICE: &str = "/{*nested}";

/// The sites behind the one that answered which were never entered, as indices into the cycle's sites.
pub(super) fn never_ran(decoder: &mut Decoder<'_>, stack: Option<&Stack>) -> Vec<usize> {
    let id_of = |entry: usize| decoder.cycle.sites[decoder.entries[entry].site].id;
    let Some(answered) = answered_by(&decoder.entries) else {
        return Vec::new();
    };
    let site = &decoder.cycle.sites[decoder.entries[answered].site];
    if !site.kind.is_layer() || decoder.cycle.status.is_none() {
        return Vec::new();
    }
    // The way to where the answer was made. A layer that is `traced` has a site of its own inside the one in the map.
    let mut way = vec![answered];
    while let Some(parent) = decoder.entries[way[way.len() - 1]].parent {
        way.push(parent);
    }
    let way: Vec<u32> = way.into_iter().rev().map(id_of).collect();
    let Some(inside) = stack.and_then(|stack| inside(stack, &decoder.cycle, &way)) else {
        return Vec::new();
    };
    let entered: Vec<u32> = (0..decoder.entries.len()).map(id_of).collect();
    inside
        .into_iter()
        .filter(|s| !entered.contains(s))
        .map(|s| decoder.site(s))
        .collect()
}

/// What the map has inside of the last place of a way. A process may have several apps of the same layers and routes:
/// where they differ in this, none is the answer.
fn inside(stack: &Stack, cycle: &Cycle, way: &[u32]) -> Option<Vec<u32>> {
    let fits = |chain: &&StackChain| {
        let met: Vec<_> = way.iter().filter(|s| chain.chain.contains(s)).collect();
        !met.is_empty() && chain.chain.iter().take(met.len()).eq(met)
    };
    let inside_of = |chain: &StackChain| {
        let met = way.iter().filter(|s| chain.chain.contains(s)).count();
        chain.chain[met..].to_vec()
    };
    let mut all = chains(stack, cycle).into_iter().filter(fits).map(inside_of);
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The chains of the map that the cycle's request may have met.
fn chains<'a>(stack: &'a Stack, cycle: &Cycle) -> Vec<&'a StackChain> {
    let takes = |e: &&StackChain, method: &str| e.methods.iter().any(|m| m == method);
    if let Some(route) = &cycle.route {
        // Right at its prefix, with a slash or without, axum does say where a service is nested.
        let nests = |r: &StackRoute| {
            r.path.strip_suffix(NESTED_SERVICE) == Some(route.trim_end_matches('/'))
        };
        let routes = stack.routes.iter();
        let routes = routes.filter(|r| r.path == *route || nests(r));
        let endpoint = |r: &'a StackRoute| {
            let e = &r.endpoints;
            e.iter()
                .find(|e| takes(e, &cycle.method))
                .or_else(|| e.iter().find(|e| cycle.method == "HEAD" && takes(e, "GET")))
                .or_else(|| e.iter().find(|e| e.methods.is_empty()))
        };
        return routes.filter_map(endpoint).collect();
    }
    let path = path_of(&cycle.target);
    let below = |prefix: &str| {
        let mut slashes = path.match_indices('/').map(|(at, _)| at);
        let end = slashes.nth(prefix.matches('/').count());
        mismatch(prefix, &path[..end.unwrap_or(path.len())]).is_none()
    };
    let nested = stack
        .routes
        .iter()
        .filter_map(|r| {
            let prefix = r.path.strip_suffix(NESTED_SERVICE);
            Some((prefix.or_else(|| r.path.strip_suffix(NESTED_FALLBACK))?, r))
        })
        .filter(|(prefix, _)| below(prefix));
    match nested.clone().map(|(prefix, _)| prefix.len()).max() {
        None => vec![&stack.fallback],
        Some(longest) => nested
            .filter(|(prefix, _)| prefix.len() == longest)
            .flat_map(|(_, r)| &r.endpoints)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(chains: &[&[u32]]) -> Stack {
        let route = |chain: &&[u32]| StackRoute {
            path: "/".into(),
            endpoints: vec![StackChain {
                methods: vec![],
                chain: chain.to_vec(),
            }],
        };
        Stack {
            routes: chains.iter().map(route).collect(),
            ..Stack::default()
        }
    }

    #[test]
    fn what_is_inside_is_known_where_all_apps_that_fit_the_way_agree() {
        let mut cycle = crate::text::samples::completed();
        cycle.route = Some("/".into());
        for (chains, way, found) in [
            (&[&[1, 2, 3, 9][..]][..], &[0, 1, 2][..], Some(&[3, 9][..])),
            (&[&[1, 2, 3, 9], &[1, 5, 2, 8]], &[1, 2], Some(&[3, 9])),
            (&[&[1, 2, 3, 9], &[1, 2, 3, 9]], &[1, 2], Some(&[3, 9])),
            (&[&[1, 2, 3, 9], &[1, 2, 4, 9]], &[1, 2], None),
            (&[&[1, 2, 3, 9]], &[4], None),
        ] {
            let inside = inside(&stack(chains), &cycle, way);
            assert_eq!(inside.as_deref(), found, "{chains:?} {way:?}");
        }
    }
}
