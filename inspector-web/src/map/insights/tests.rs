use super::*;
use crate::{
    fixture::RUN,
    map::tests::{store_of, through},
};
use onionskin::wire::{Delta, Mark, MarkKind, Outcome};

fn remarks(cycles: impl IntoIterator<Item = Cycle>, text: &str) -> RunInsights {
    let store = store_of(cycles);
    let filter = Filter::parse(text).unwrap();
    let stop = AtomicBool::new(false);
    let remarks = insights_of_run(&store, RUN, &filter, &stop).unwrap();
    for RunInsight { filter, .. } in &remarks.insights {
        Filter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e:?}"));
    }
    remarks
}

fn of_kind(remarks: &RunInsights, kind: Kind) -> Vec<(&str, u64, u64, &str)> {
    let found = remarks.insights.iter().filter(|i| i.kind == kind);
    found
        .map(|i| (&*i.text, i.count, i.of, &*i.filter))
        .collect()
}

/// `auth` passes what comes to it on; every third cycle it answers by itself, if `refuses`.
fn twenty_four(refuses: bool) -> impl Iterator<Item = Cycle> {
    (1..=24).map(move |number| {
        through(number, 3, |c| {
            if refuses && number % 3 == 0 {
                c.steps.truncate(2);
                c.outcome = Outcome::ShortCircuited { site: 1 };
            }
        })
    })
}

#[test]
fn a_layer_that_does_nothing_is_told_and_one_that_answers_is_not() {
    let idle = remarks(twenty_four(false), "");
    let [(text, count, of, filter)] = of_kind(&idle, Kind::IdleLayer)[..] else {
        panic!("{idle:#?}");
    };
    assert!(text.starts_with("auth changed nothing and answered nothing in 24 cycles"));
    assert_eq!((count, of, filter), (24, 24, "layer:auth"));
    assert_eq!(of_kind(&idle, Kind::AnswersMuch), []);

    let refuses = remarks(twenty_four(true), "");
    assert_eq!(of_kind(&refuses, Kind::IdleLayer), []);
    let text = "auth answered 8 of the 24 cycles that came to it (33 %) by itself";
    let told = [(text, 8, 24, "answered-by:auth")];
    assert_eq!(of_kind(&refuses, Kind::AnswersMuch), told);
}

#[test]
fn a_layer_that_changed_something_once_is_not_idle() {
    let mut cycles: Vec<_> = twenty_four(false).collect();
    let out = cycles[0].steps.iter().rposition(|s| s.delta.is_some());
    let view = &mut cycles[0].steps[out.unwrap()];
    view.entry = 1;
    view.site = Some(1);
    view.stage = Stage::Middleware;
    view.delta = Some(Delta {
        status: view.delta.as_ref().and_then(|d| d.status.clone()),
        ..Delta::default()
    });
    assert_eq!(of_kind(&remarks(cycles, ""), Kind::IdleLayer), []);
}

#[test]
fn a_builder_is_not_idle_itself_and_its_layers_may_be() {
    let store = store_of(twenty_four(false));
    let everything = Filter::parse("").unwrap();
    let mut map = of_run(&store, RUN, &everything, &AtomicBool::new(false)).unwrap();
    let auth = map.places.iter().position(|p| p.site.name == "auth");
    let inside = map.places.len();
    let mut layer = map.places[auth.unwrap()].clone();
    layer.site.kind = SiteKind::BuilderLayer;
    layer.site.name = "first of the builder".into();
    map.places.push(layer);
    for endpoint in map.routes.iter_mut().flat_map(|r| &mut r.endpoints) {
        let at = endpoint.chain.iter().position(|p| Some(*p) == auth);
        at.into_iter()
            .for_each(|at| endpoint.chain.insert(at + 1, inside));
    }
    let texts: Vec<_> = idle_layers(&map).map(|i| i.text).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with("first of the builder changed nothing"));
}

#[test]
fn few_cycles_say_nothing_of_always_and_never() {
    let few = remarks(twenty_four(true).take(19), "");
    assert_eq!((few.cycles, &few.insights[..]), (19, &[][..]));
}

#[test]
fn large_figures_are_grouped() {
    for refuses in [false, true] {
        let many = (0..60).flat_map(|_| twenty_four(refuses));
        let many = many.enumerate().map(|(at, cycle)| Cycle {
            id: format!("{RUN}-{}", at + 1),
            ..cycle
        });
        let told = remarks(many, "");
        let texts: Vec<_> = told.insights.iter().map(|i| &*i.text).collect();
        assert!(texts.iter().any(|t| t.contains("1,440")), "{texts:#?}");
        for text in texts {
            let figures = text.split(|c: char| !c.is_ascii_digit());
            assert!(figures.into_iter().all(|f| f.len() < 4), "{text}");
        }
    }
}

#[test]
fn what_nobody_asked_for_is_told_unless_a_filter_left_it_out() {
    let all = remarks(twenty_four(false), "");
    let unmet = of_kind(&all, Kind::NeverReached);
    let text = "None of the 24 cycles kept came for any method of /books/{id}";
    assert_eq!(
        unmet[0],
        (text, 0, 24, "route:/books/{id} !method:GET !method:HEAD")
    );
    assert_eq!(unmet.len(), 3);
    let some = remarks(twenty_four(false), "method:GET");
    assert_eq!(
        (some.cycles, of_kind(&some, Kind::NeverReached)),
        (24, vec![])
    );
}

fn map_of(cycles: impl IntoIterator<Item = Cycle>) -> StackView {
    let (filter, stop) = (Filter::parse("").unwrap(), AtomicBool::new(false));
    of_run(&store_of(cycles), RUN, &filter, &stop).unwrap()
}

#[test]
fn endpoints_of_a_large_app_that_nobody_asked_for_are_one_remark() {
    let mut map = map_of(twenty_four(false));
    let unmet = never_reached(&map).len();
    let met = map.routes.iter().flat_map(|r| &r.endpoints).count() - unmet;
    while never_reached(&map).len() > 1 {
        map.routes.extend(map.routes.clone());
        let [first, ..] = &never_reached(&map)[..] else {
            unreachable!()
        };
        assert!(map.routes.len() < 1_000, "{}", first.text);
    }
    let [told] = &never_reached(&map)[..] else {
        unreachable!()
    };
    let all = map.routes.iter().flat_map(|r| &r.endpoints).count();
    let unmet = all * unmet / (unmet + met);
    let text = format!("None of the 24 cycles kept came for {unmet} of the {all} endpoints");
    assert!(told.text.starts_with(&text), "{}", told.text);
    assert_eq!((told.count, told.of, &*told.filter), (0, 24, ""));
}

#[test]
fn a_layer_that_is_there_to_watch_is_not_called_idle() {
    let mut map = map_of(twenty_four(false));
    assert_eq!(idle_layers(&map).count(), 1);
    for type_name in [
        "tower_http::trace::layer::TraceLayer<A>",
        "app::TimeoutLayer",
    ] {
        for place in &mut map.places {
            place.site.type_name = type_name.into();
        }
        assert_eq!(idle_layers(&map).count(), 0, "{type_name}");
    }
}

fn statement(text: &str) -> Mark {
    Mark {
        t_ns: 2_500,
        after: 2,
        inside: Some(2),
        what: MarkKind::Sql {
            statement: text.into(),
            rows: None,
            elapsed_ns: None,
        },
    }
}

#[test]
fn remarks_on_different_statements_of_one_place_are_told_apart() {
    let cycles = (1..=10).map(|number| {
        through(number, 3, |c| {
            let text = ["SELECT title FROM books", "SELECT name FROM authors"][number as usize % 2];
            c.marks = vec![statement(text); 3];
        })
    });
    let told = remarks(cycles, "");
    let counts: Vec<_> = told.insights.iter().map(|i| (i.count, i.of)).collect();
    assert_eq!(counts, [(5, 10), (5, 10)], "{told:#?}");
    for of in ["books", "authors"] {
        let about = told.insights.iter().filter(|i| i.text.contains(of));
        assert_eq!(about.count(), 1, "{of}");
    }
}

#[test]
fn a_remark_that_cycles_have_in_common_is_told_once_with_how_often() {
    let cycles = |often: u64| {
        (1..=10).map(move |number| {
            through(number, 3, |c| {
                if number <= often {
                    c.marks = vec![statement("SELECT title FROM books WHERE id = ?"); 3];
                }
            })
        })
    };
    let told = remarks(cycles(4), "");
    let [recurring] = &told.insights[..] else {
        panic!("{told:#?}");
    };
    assert_eq!(recurring.remark, Some(InsightKind::RepeatedQuery));
    assert_eq!(
        (recurring.count, recurring.of, told.looked_into),
        (4, 10, 10)
    );
    assert!(
        recurring
            .text
            .starts_with("show_book ran the same statement 3 times: SELECT title")
    );
    assert!(recurring.text.contains("in 4 of 10 cycles"));
    assert_eq!(recurring.example.as_deref(), Some(&*format!("{RUN}-4")));
    assert_eq!(recurring.filter, "handler:show_book");
    assert_eq!(remarks(cycles(2), "").insights, []);
}

#[test]
fn layers_are_in_a_row_where_one_router_has_them() {
    let store = store_of(twenty_four(false));
    let all = Filter::parse("").unwrap();
    let map = of_run(&store, RUN, &all, &AtomicBool::new(false)).unwrap();
    let mut layers = map.places.iter();
    let layer = layers.rfind(|p| p.site.kind == SiteKind::Layer);
    let layer = layer.unwrap().clone();
    let row = |chains: &[&[usize]]| {
        let mut map = map.clone();
        map.places = vec![layer.clone(); 6];
        map.fallback.chain = vec![];
        let mut route = map.routes[0].clone();
        let endpoint = route.endpoints.remove(0);
        route.endpoints = vec![endpoint; chains.len()];
        for (endpoint, chain) in route.endpoints.iter_mut().zip(chains) {
            endpoint.chain = chain.to_vec();
        }
        map.routes = vec![route];
        one_by_one(&map).map(|insight| insight.text.split(' ').next().unwrap().to_owned())
    };
    assert_eq!(row(&[&[0, 1, 2, 3]]).as_deref(), Some("4"));
    assert_eq!(row(&[&[0, 1, 2]]), None);
    // Two around all routes, and four around one of them, which was merged.
    let merged: [&[usize]; 2] = [&[0, 1, 2, 3, 4, 5], &[0, 1]];
    assert_eq!(row(&merged).as_deref(), Some("4"));
    assert_eq!(row(&[&[0, 1, 2, 3, 4], &[0, 1]]), None);
}
