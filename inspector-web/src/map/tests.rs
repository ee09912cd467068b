use super::*;
use crate::{
    fixture::{RUN, cycle, hello},
    model::Stats,
    store::{Arrival, Intake, Item, Record},
};
use onionskin::{
    codec::Tables,
    wire::{Cycle, Site, SiteKind, Stack, StackChain, StackRoute},
};
use std::sync::Arc;

fn site(id: u32, kind: SiteKind, name: &str) -> Site {
    Site {
        id,
        kind,
        name: name.into(),
        line: id,
        ..crate::fixture::site()
    }
}

/// `/books/{id}` with a GET and an endpoint for the rest, a nested fallback and a fallback, `auth` around all.
fn tables() -> Tables {
    let chain = |methods: &[&str], view| StackChain {
        methods: methods.iter().map(ToString::to_string).collect(),
        chain: vec![1, view],
    };
    let route = |path: &str, endpoints| StackRoute {
        path: path.into(),
        endpoints,
    };
    let sites = vec![
        site(1, SiteKind::Layer, "auth"),
        site(3, SiteKind::Handler, "show_book"),
        site(4, SiteKind::Handler, "any_book"),
        site(5, SiteKind::Fallback, "no_api"),
        site(6, SiteKind::Fallback, "no_api"),
        site(7, SiteKind::Service, "ServeDir"),
        site(9, SiteKind::Server, "serve"),
    ];
    Tables {
        app: "shop".into(),
        run: RUN.into(),
        sites: sites.iter().map(|s| (s.id, s.clone())).collect(),
        stack: Some(Stack {
            sites,
            routes: vec![
                route("/books/{id}", vec![chain(&["GET"], 3), chain(&[], 4)]),
                route("/api/{*fallback}", vec![chain(&[], 5)]),
                route("/files/{*nested}", vec![chain(&[], 7)]),
            ],
            fallback: chain(&[], 6),
        }),
        ..Tables::default()
    }
}

/// A cycle that passed the server, `auth` and a view.
pub(super) fn through(number: u64, view: u32, change: impl FnOnce(&mut Cycle)) -> Cycle {
    let mut cycle = cycle(RUN, number);
    let tables = tables();
    cycle.sites = [9, 1, view].map(|id| tables.sites[&id].clone()).into();
    cycle.steps[1].parent = Some(0);
    cycle.steps[0].site = Some(0);
    let mut layer = cycle.steps[1].clone();
    layer.stage = onionskin::wire::Stage::Middleware;
    cycle.steps.insert(1, layer);
    for (i, step) in cycle.steps.iter_mut().enumerate().skip(1) {
        step.seq = i as u32;
        step.site = Some(i.min(2));
        step.entry = step.seq.min(2);
        step.parent = Some(i.min(2) as u32 - 1);
        step.t_ns = 1000 * i as u64;
    }
    cycle.duration_ns = number * 1000;
    change(&mut cycle);
    cycle
}

/// A store that has them.
pub(super) fn store_of(cycles: impl IntoIterator<Item = Cycle>) -> Store {
    let store = Store::new(8 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    let item = |cycle: Cycle| {
        let json = serde_json::json!({ "type": "cycle", "cycle": cycle }).to_string();
        let arrival = Arrival::new(&cycle, Record::Json(json.into()));
        Item::Cycle(Box::new(arrival))
    };
    assert!(session.commit(Intake {
        tables: Some((Arc::new(tables()), Default::default())),
        stack: true,
        items: cycles.into_iter().map(item).collect(),
    }));
    store
}

fn map(cycles: impl IntoIterator<Item = Cycle>, filter: &str) -> StackView {
    let store = store_of(cycles);
    let filter = Filter::parse(filter).unwrap();
    of_run(&store, RUN, &filter, &AtomicBool::new(false)).unwrap()
}

fn place<'m>(map: &'m StackView, name: &str) -> &'m MapPlace {
    map.places.iter().find(|p| p.site.name == name).unwrap()
}

/// A cycle of each way through.
fn everywhere() -> [Cycle; 9] {
    let no_route = |c: &mut Cycle| c.route = None;
    [
        through(1, 3, |_| {}),
        through(2, 3, |c| c.status = Some(503)),
        through(3, 3, |c| c.method = "HEAD".into()),
        through(4, 4, |c| c.method = "PUT".into()),
        // Stopped before its view: the method says where it was going.
        through(5, 3, |c| {
            c.steps.truncate(2);
            c.outcome = Outcome::ShortCircuited { site: 1 };
        }),
        through(6, 5, |c| {
            no_route(c);
            c.outcome = Outcome::Failed {
                site: None,
                error: "gone".into(),
            };
        }),
        through(7, 6, no_route),
        through(8, 6, |c| {
            c.route = Some("/from/elsewhere".into());
            c.outcome = Outcome::Panicked {
                site: None,
                message: None,
                at: None,
                caught: true,
            };
        }),
        through(9, 7, no_route),
    ]
}

#[test]
fn cycles_are_counted_where_they_went() {
    let map = map(everywhere(), "");
    assert_eq!((&*map.app, map.cycles), ("shop", 9));
    let routes: Vec<_> = map
        .routes
        .iter()
        .map(|r| (&*r.path, r.stats.count))
        .collect();
    assert_eq!(
        routes,
        [
            ("/books/{id}", 5),
            ("/api/{*fallback}", 1),
            ("/files/{*nested}", 1),
            ("/from/elsewhere", 1)
        ]
    );
    assert_eq!(map.fallback.stats.count, 1);
    let books = &map.routes[0];
    assert_eq!(books.endpoints[0].methods, ["GET"]);
    assert_eq!(books.endpoints[0].stats.count, 4);
    assert_eq!(books.endpoints[1].stats.count, 1);
    let stats = books.stats;
    assert_eq!(
        (stats.errors, stats.p50_ns, stats.p99_ns),
        (1, Some(3000), Some(5000))
    );
    let names: Vec<_> = books.endpoints[0]
        .chain
        .iter()
        .map(|i| &*map.places[*i].site.name)
        .collect();
    assert_eq!(names, ["auth", "show_book"]);

    let auth = place(&map, "auth").stats;
    assert_eq!((auth.count, auth.answered, auth.errors), (9, 1, 3));
    assert_eq!(auth.self_p50_ns, Some(1000));
    let handler = place(&map, "show_book").stats;
    assert_eq!((handler.count, handler.changed), (3, 3));
    assert_eq!(place(&map, "serve").stats.count, 9);
    let nobody = place(&map, "any_book").stats;
    assert_eq!((nobody.count, nobody.changed), (1, 1));
}

#[test]
fn every_figure_leads_to_the_cycles_it_is_of() {
    for asked in ["", "status:503 or !method:GET"] {
        let all = map(everywhere(), asked);
        let leads = |filter: &str, count: u64| {
            assert_eq!(map(everywhere(), filter).cycles, count, "{filter}");
        };
        let both = |filter: &str, stats: &Stats| {
            leads(filter, stats.count);
            leads(&format!("{filter} {}", all.errors), stats.errors);
        };
        leads(&all.filter, all.cycles);
        for route in &all.routes {
            both(&route.filter, &route.stats);
            for end in &route.endpoints {
                both(&end.filter, &end.stats);
            }
        }
        both(&all.fallback.filter, &all.fallback.stats);
        for MapPlace {
            site,
            filters,
            stats,
        } in &all.places
        {
            match &filters.passed {
                Some(passed) => {
                    leads(passed, stats.count);
                    leads(&format!("{passed} {}", all.errors), stats.errors);
                }
                None => assert_eq!(site.kind, SiteKind::Server),
            }
            leads(&filters.answered, stats.answered);
            leads(&filters.changed, stats.changed);
        }
    }
}

#[test]
fn where_there_are_several_runs_a_figure_leads_to_those_of_its_own() {
    let store = store_of(everywhere());
    let alone = |filter: &str| {
        let filter = Filter::parse(filter).unwrap();
        let map = of_run(&store, RUN, &filter, &AtomicBool::new(false)).unwrap();
        map.fallback.filter
    };
    let fallback = "route:none !handler:no_api@src/main.rs:5 !handler:ServeDir";
    assert_eq!(alone(""), fallback);
    let _other = store.connect(&hello("ba9876543210")).unwrap();
    assert_eq!(alone(""), format!("{fallback} run:{RUN}"));
    assert_eq!(alone("a or b"), format!("(a or b) {fallback} run:{RUN}"));
    let own = format!("run:{RUN}");
    assert_eq!(alone(&own), format!("{own} {fallback}"));
    let either = format!("{own} or a");
    assert_eq!(alone(&either), format!("({either}) {fallback} {own}"));
}

#[test]
fn a_filter_narrows_the_figures_and_not_the_map() {
    let map = map(
        [
            through(1, 3, |_| {}),
            through(2, 3, |c| c.status = Some(500)),
        ],
        "status:5xx",
    );
    assert_eq!(
        (
            map.cycles,
            map.routes[0].stats.count,
            map.routes[0].stats.errors
        ),
        (1, 1, 1)
    );
    assert_eq!((map.routes.len(), map.fallback.stats.count), (3, 0));
    assert_eq!(map.fallback.stats.p50_ns, None);
    assert_eq!(place(&map, "no_api").stats.self_p50_ns, None);
}
