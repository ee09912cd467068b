//! Answers of an inspector about an app, for the screens above the cycles. Names are hostile where an app chooses them.

use super::run;
use onionskin::wire::{Counters, Site, SiteKind};
use onionskin_web::model::{
    App, InsightKind, MapChain, MapEndpoint, MapPlace, MapRoute, Memory, PlaceFilters, PlaceStats,
    Recording, RunInsight, RunInsightKind, RunInsights, Source, StackView, Stats, Status,
};

fn site(name: &str, kind: SiteKind) -> Site {
    Site {
        name: name.into(),
        kind,
        file: "src/main.rs".into(),
        line: 41,
        ..super::samples::completed().sites[1].clone()
    }
}

fn stats(count: u64, errors: u64) -> Stats {
    Stats {
        count,
        errors,
        p50_ns: (count > 0).then_some(1_200_000),
        p95_ns: (count > 0).then_some(3_400_000),
        p99_ns: (count > 0).then_some(12_800_000),
    }
}

fn place(name: &str, kind: SiteKind, answered: u64) -> MapPlace {
    MapPlace {
        site: site(name, kind),
        filters: PlaceFilters {
            passed: Some(format!("layer:{name}")),
            answered: format!("answered-by:{name}"),
            changed: format!("changed-by:{name}"),
        },
        stats: PlaceStats {
            count: 1_120,
            errors: 3,
            answered,
            changed: 17,
            self_p50_ns: Some(210_000),
            self_p95_ns: Some(870_000),
            self_p99_ns: Some(900_000),
            self_total_ns: 9_000_000,
        },
    }
}

pub(crate) fn map() -> StackView {
    let endpoint = |methods: &[&str], chain: &[usize], count| MapEndpoint {
        methods: methods.iter().map(|m| (*m).to_owned()).collect(),
        chain: chain.to_vec(),
        filter: format!("handler:{count}"),
        stats: stats(count, 0),
    };
    StackView {
        app: "shop".into(),
        run: "0badc0ffee00".into(),
        cycles: 1_204,
        filter: String::new(),
        errors: "outcome:failed".into(),
        routes: vec![
            MapRoute {
                path: "/books/{id}".into(),
                filter: "route:/books/{id}".into(),
                endpoints: vec![
                    endpoint(&["GET"], &[0, 1, 2], 1_120),
                    endpoint(&[], &[0, 1, 3], 0),
                ],
                stats: stats(1_120, 3),
            },
            MapRoute {
                path: "/\u{1b}[2J\u{202e}evil".into(),
                filter: "route:evil".into(),
                endpoints: vec![],
                stats: stats(0, 0),
            },
        ],
        places: vec![
            place("session", SiteKind::Layer, 0),
            place("auth\u{9b}2J", SiteKind::Layer, 12),
            place("show_book", SiteKind::Handler, 0),
            place("405", SiteKind::DefaultFallback, 0),
            place("404", SiteKind::DefaultFallback, 0),
        ],
        fallback: MapChain {
            chain: vec![0, 4],
            filter: "route:none".into(),
            stats: stats(7, 0),
        },
    }
}

pub(crate) fn remarks() -> RunInsights {
    let remark = |text: &str, example: Option<&str>| RunInsight {
        kind: RunInsightKind::MostTime,
        remark: Some(InsightKind::RepeatedQuery),
        text: text.into(),
        source: Some(Source {
            file: "src/main.rs".into(),
            line: 41,
        }),
        count: 1_204,
        of: 1_204,
        filter: "layer:session".into(),
        example: example.map(str::to_owned),
    };
    RunInsights {
        run: "0badc0ffee00".into(),
        cycles: 1_204,
        looked_into: 500,
        insights: vec![
            remark("session takes 61 % of all the time.", None),
            remark(
                "show_book runs \"SELECT\u{1b}]0;x\u{7}\" 12 times.",
                Some("0badc0ffee00-1"),
            ),
        ],
    }
}

pub(crate) fn status() -> Status {
    let mut counters = Counters {
        seen: 1_207,
        stored: 1_204,
        ..Counters::default()
    };
    counters.dropped.insert("ring_full".into(), 3);
    Status {
        version: "0.1.0".into(),
        wire: 1,
        pid: 4711,
        started_unix_us: 0,
        uptime_ms: 12_800,
        counters,
        memory: Memory {
            bytes: 12_900_000,
            cap: 256 << 20,
        },
        connected: 1,
        socket: Some("/run/user/7/link.sock".into()),
        links: vec!["tcp://000102030405060708090a0b0c0d0e0f@127.0.0.1:7334".into()],
        refused_links: 0,
        live_clients: 1,
        live_clients_max: 16,
        recording: Some(Recording {
            file: "/home/me/shop\u{7}.onionskin".into(),
            running: true,
            cycles: 12,
            missed: 0,
            expired: 0,
            bytes: 4_096,
            stopped_because: None,
        }),
        opened: None,
        sending: None,
        otlp: None,
    }
}

pub(crate) fn apps() -> Vec<App> {
    vec![App {
        name: "shop\u{1b}[2J".into(),
        runs: vec![run(1), run(2)],
    }]
}
