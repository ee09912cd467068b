//! What an inspector is told of known requests, exactly.

mod layers;
mod messages;
mod outcomes;

use crate::{
    app::App,
    raw::ask,
    watch::{Watch, site_of},
};
use onionskin::wire::{Cycle, Delta, Edge, HeaderEdit, Step};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// One app and one inspector for all these tests; they ask one after the other.
fn the_app() -> MutexGuard<'static, (App, Watch)> {
    static APP: OnceLock<Mutex<(App, Watch)>> = OnceLock::new();
    let app = APP.get_or_init(|| {
        let watch = Watch::new();
        let app = App::attached(&watch.socket());
        watch.wait_for_app();
        Mutex::new((app, watch))
    });
    app.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the app and returns the cycle that comes of it.
fn cycle_of(head: &str, body: &[u8]) -> Cycle {
    let app = the_app();
    let (app, watch) = &*app;
    let before = watch.counters().stored;
    ask(app.at, head, body);
    watch.wait_for(before + 1);
    watch.cycle(&watch.listed().last().unwrap().cycle.id)
}

/// The steps in words: `> CorsLayer`, `< show`.
fn way(cycle: &Cycle) -> Vec<String> {
    let steps = cycle.steps.iter().map(|step| {
        let arrow = if step.edge == Edge::In { '>' } else { '<' };
        let name = &site_of(cycle, step.site).name;
        match step.stage {
            onionskin::wire::Stage::Send => format!("{arrow} send"),
            onionskin::wire::Stage::Resolve => format!("{arrow} resolve"),
            _ => format!("{arrow} {name}"),
        }
    });
    steps.collect()
}

/// The step into or out of a place.
fn step<'c>(cycle: &'c Cycle, edge: Edge, name: &str) -> &'c Step {
    let found = cycle.steps.iter().find(|step| {
        step.edge == edge && site_of(cycle, step.site).name == name && step.delta.is_some()
    });
    found.unwrap_or_else(|| panic!("no {edge:?} {name} in {:?}", way(cycle)))
}

fn delta<'c>(cycle: &'c Cycle, edge: Edge, name: &str) -> &'c Delta {
    step(cycle, edge, name).delta.as_ref().unwrap()
}

/// Header edits in words: `+ x-stamp: in`.
fn edits(delta: &Delta) -> Vec<String> {
    let line =
        |header: &onionskin::wire::Header| format!("{}: {}", header.name, header.value.to_text());
    let words = delta.headers.iter().map(|edit| match edit {
        HeaderEdit::Add { header, .. } => format!("+ {}", line(header)),
        HeaderEdit::Remove { header, .. } => format!("- {}", line(header)),
        HeaderEdit::Change { from, to, .. } => format!("~ {} -> {}", line(from), line(to)),
        HeaderEdit::Move { header, .. } => format!("= {}", line(header)),
    });
    words.collect()
}
