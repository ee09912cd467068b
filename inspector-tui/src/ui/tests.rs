//! How the screen looks, at three sizes.

mod bound;
mod colours;
mod hostile;
pub(crate) mod screens;
mod styles;

use super::render;
use crate::{
    app::App,
    ask::{Answer, Question},
    event::{Event, News},
    testing::{answer, busy, connected, every, listed, live, open, press, samples},
    theme::Theme,
};
use crossterm::event::KeyCode;
use onionskin_web::model::{
    Completion, CompletionKind, CycleSpans, FilterError, FilterHelp, LiveEvent, Relation,
    ServiceLine, SpanKind, SpanLine, SpanStatus,
};
use ratatui::{
    Terminal,
    backend::TestBackend,
    style::{Color, Modifier},
};
use std::sync::Arc;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

pub(super) fn draw(app: &App, (width, height): (u16, u16), theme: Theme) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| render(frame, app, theme)).unwrap();
    terminal
}

#[track_caller]
fn check(name: &str, app: &App) {
    for size in SIZES {
        let terminal = draw(app, size, Theme::new(true));
        let plain = draw(app, size, Theme::new(false));
        let name = format!("{name}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name.clone(), terminal.backend());
        assert_eq!(terminal.backend().to_string(), plain.backend().to_string());
        let styles = [&terminal, &plain]
            .map(styles::map)
            .join("\nwithout colours\n\n");
        insta::assert_snapshot!(format!("{name}_styles"), styles);
    }
}

#[test]
fn nothing_yet() {
    check("empty", &connected());
}

#[test]
fn a_list_with_a_restart_and_losses() {
    check("list", &busy());
}

/// Two cycles: one with this target, and one of which there is more to say than there is room for.
fn with_target(target: &str) -> App {
    let mut app = connected();
    let mut long = samples::short_circuit();
    long.target = target.into();
    for (position, cycle) in [(1, &long), (2, &samples::panicked())] {
        let cycle = Box::new(listed(position, cycle));
        live(&mut app, LiveEvent::Cycle(cycle));
    }
    app
}

#[test]
fn a_target_has_the_room_that_there_is() {
    let target = "/api/v1/crates/onionskin/1.40.2/dependencies?include=dev,build&per_page=100";
    let app = with_target(target);
    for (size, shown) in SIZES.into_iter().zip([19, 49, target.len()]) {
        let screen = draw(&app, size, Theme::new(true)).backend().to_string();
        let cut = match shown < target.len() {
            true => format!("{}… 401 ", &target[..shown - 1]),
            false => format!("{target} 401 "),
        };
        assert!(screen.contains(&cut), "{shown}\n{screen}");
        // Something of the remarks stays in any case.
        assert!(screen.contains("answered by"), "{screen}");
    }
}

#[test]
fn short_targets_leave_the_room_to_the_remarks_and_columns_stay_where_they_are() {
    let app = with_target("/");
    let lines = |app: &App| draw(app, (120, 12), Theme::new(true)).backend().to_string();
    let status = |app: &App| lines(app).lines().find_map(|line| line.find(" 401 "));
    assert!(lines(&app).contains("panic caught: index out of bounds"));
    let mut app = with_target("/a/path/of/forty/columns/that/is/listed/");
    let before = status(&app);
    for position in 3..40 {
        let cycle = Box::new(listed(position, &samples::short_circuit()));
        live(&mut app, LiveEvent::Cycle(cycle));
    }
    assert!(before.is_some());
    assert!(!lines(&app).contains("forty"), "it is not in view any more");
    assert_eq!(status(&app), before);
}

#[test]
fn the_column_of_apps_stays_where_it_is_too() {
    let mut app = with_target("/");
    let end = |app: &App| {
        let drawn = draw(app, (120, 12), Theme::new(true));
        let text = drawn.backend().to_string();
        text.lines().find_map(|line| line.find(" shop"))
    };
    let mut other = samples::completed();
    other.app = "another-app".into();
    live(&mut app, LiveEvent::Cycle(Box::new(listed(3, &other))));
    let before = end(&app);
    for position in 4..40 {
        let cycle = Box::new(listed(position, &samples::short_circuit()));
        live(&mut app, LiveEvent::Cycle(cycle));
    }
    assert!(before.is_some());
    assert_eq!(end(&app), before);
}

#[test]
fn a_cycle_step_by_step() {
    for step in [0, 7, 13] {
        check(&format!("step_{step}"), &open(samples::completed(), step));
    }
}

#[test]
fn a_layer_that_answered_by_itself() {
    check("short_circuit", &open(samples::short_circuit(), 5));
}

#[test]
fn a_layer_that_called_in_again() {
    check("retried", &open(samples::retried(), 7));
}

/// The open cycle with these spans beside it.
fn beside(spans: Vec<SpanLine>, damaged: u64) -> App {
    let cycle = samples::completed();
    let mut services: Vec<_> = spans.iter().map(|s| s.service.clone()).collect();
    services.sort();
    services.dedup();
    let service = |name| ServiceLine { name, spans: 1 };
    let beside = CycleSpans {
        receiving: true,
        services: services.into_iter().map(service).collect(),
        spans,
        damaged,
        ..CycleSpans::default()
    };
    let id = cycle.id.clone();
    let mut app = open(cycle, 7);
    let question = Question::Spans { id };
    let result = Ok(Answer::Spans(Arc::new(beside)));
    app.update(Event::News(News::Answered { question, result }));
    app
}

fn span(
    service: &str,
    name: &str,
    relation: Relation,
    depth: usize,
    times: (i64, u64),
) -> SpanLine {
    SpanLine {
        id: format!("{service}{depth}"),
        parent: None,
        service: Some(service.into()),
        name: name.into(),
        kind: SpanKind::Client,
        relation,
        under: None,
        cycle: None,
        depth,
        from_ns: Some(times.0),
        duration_ns: Some(times.1),
        status: SpanStatus::Unset,
        message: None,
        attributes: Vec::new(),
        events: Vec::new(),
        left_out: 0,
    }
}

#[test]
fn what_other_services_did_in_the_same_trace() {
    let failed = SpanLine {
        status: SpanStatus::Error,
        ..span(
            "bank",
            "POST /charge",
            Relation::Beneath,
            0,
            (2_000_000, 5_000_000),
        )
    };
    check(
        "beside",
        &beside(
            vec![
                span(
                    "front",
                    "GET /books/7",
                    Relation::Above,
                    0,
                    (-900_000, 15_000_000),
                ),
                failed,
                span(
                    "ledger",
                    "INSERT",
                    Relation::Beneath,
                    1,
                    (3_000_000, 800_000),
                ),
                span("mail", "send", Relation::Beside, 0, (2_000_000_000, 7_000)),
            ],
            0,
        ),
    );
}

#[test]
fn a_span_reaches_the_screen_escaped() {
    let evil = "\u{1b}[31m\u{9b}31m\u{202e}\u{7}\n";
    let app = beside(vec![span(evil, evil, Relation::Beneath, 0, (0, 5))], 0);
    for size in SIZES {
        let drawn = format!("{:?}", draw(&app, size, Theme::new(true)).backend());
        for odd in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}'] {
            assert!(!drawn.contains(odd), "{odd:?} at {size:?}");
        }
        assert!(drawn.contains("1 other span"), "{size:?}");
    }
}

#[test]
fn spans_that_a_damaged_recording_has_lost_are_counted() {
    for spans in [
        vec![],
        vec![span("bank", "charge", Relation::Beneath, 0, (0, 5))],
    ] {
        let title = match spans.len() {
            0 => "0 other spans of the trace; 3 or more can't be read",
            _ => "1 other span of the trace; 3 or more can't be read: bank",
        };
        let drawn = draw(&beside(spans, 3), (120, 40), Theme::new(true));
        assert!(format!("{:?}", drawn.backend()).contains(title), "{title}");
    }
}

#[test]
fn what_happens_inside_a_view() {
    check("worked", &open(samples::worked(), 3));
}

#[test]
fn an_extractor_that_refused() {
    check("rejected", &open(samples::rejected(), 4));
}

#[test]
fn a_head_that_never_became_a_request() {
    check("half_head", &open(samples::half_head(), 1));
}

#[test]
fn one_message_alone() {
    let mut app = open(samples::completed(), 13);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Tab);
    check("response", &app);
}

#[test]
fn a_filter_is_written() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('/'));
    for c in "sta".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    let completion = |text: &str, detail: &str| Completion {
        text: text.into(),
        from: 0,
        to: 3,
        what: CompletionKind::Field,
        detail: detail.into(),
    };
    let mut help = FilterHelp {
        ok: false,
        error: None,
        canonical: None,
        completions: vec![
            completion("status:", "status of the response"),
            completion("stage:\u{1b}[2J", "as an app may name things"),
        ],
    };
    let text = "sta".to_owned();
    app.update(Event::News(News::Help {
        text: text.clone(),
        help: help.clone(),
    }));
    press(&mut app, KeyCode::Down);
    check("filter_completions", &app);
    let long = "how it ended: `completed`, `short_circuited`, `rejected`, `failed`, `panicked`, `timed_out`, `cancelled`";
    help.completions[0].detail = long.into();
    help.completions.truncate(1);
    app.update(Event::News(News::Help {
        text: text.clone(),
        help: help.clone(),
    }));
    check("filter_one", &app);
    help.completions.clear();
    help.error = Some(FilterError {
        at: 1,
        len: 2,
        message: "no such field; write one of those".into(),
    });
    app.update(Event::News(News::Help { text, help }));
    check("filter_wrong", &app);
}

#[test]
fn nothing_matches() {
    let mut app = busy();
    app.filter.text = "status:418".into();
    app.update(Event::News(News::Connected {
        filter: "status:418".into(),
        matched: 0,
        missing: None,
        cycles: vec![],
        apps: vec![],
        counters: app.counters.clone(),
        memory: app.memory,
    }));
    check("filter_nothing", &app);
}

#[test]
fn all_keys() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('?'));
    check("help", &app);
}

#[test]
fn the_screens_above_the_cycles() {
    for (key, name) in [('2', "stack"), ('3', "state"), ('4', "insights")] {
        let mut app = open(samples::completed(), 3);
        press(&mut app, KeyCode::Char(key));
        check(&format!("{name}_loading"), &app);
        answer(&mut app, &every());
        press(&mut app, KeyCode::Down);
        check(name, &app);
    }
    let mut app = busy();
    app.log = ["12:00:00.000  the inspector answers".to_owned()].into();
    press(&mut app, KeyCode::Char('5'));
    check("log", &app);
}

#[test]
fn two_cycles_side_by_side() {
    let mut app = busy();
    for key in [
        KeyCode::Char('E'),
        KeyCode::Char('c'),
        KeyCode::Up,
        KeyCode::Char('c'),
    ] {
        press(&mut app, key);
    }
    answer(&mut app, &every());
    check("compare", &app);
}

#[test]
fn one_pane_alone_and_a_search_in_it() {
    let mut app = open(samples::completed(), 7);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Char('m'));
    for key in "/user".chars() {
        press(&mut app, KeyCode::Char(key));
    }
    check("search", &app);
    let terminal = draw(&app, SIZES[0], Theme::new(false));
    let cells = terminal.backend().buffer().content().iter();
    let marked = cells.filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    let text: String = marked.map(|cell| cell.symbol()).collect();
    assert!(text.to_lowercase().starts_with("user"), "{text}");
}

#[test]
fn a_palette_of_commands_and_one_of_formats() {
    let mut app = busy();
    for key in ":probl".chars() {
        press(&mut app, KeyCode::Char(key));
    }
    check("palette", &app);
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Up);
    press(&mut app, KeyCode::Char('x'));
    check("formats", &app);
}

#[test]
fn labels_on_all_that_can_be_gone_to() {
    for (width, height) in SIZES {
        let mut app = open(samples::completed(), 7);
        let area = ratatui::layout::Rect::new(0, 0, width, height);
        let spots = super::spots(area, &app, Theme::new(true)).into_iter();
        app.update(Event::Targets(spots.map(|(_, spot)| spot).collect()));
        let terminal = draw(&app, (width, height), Theme::new(true));
        insta::assert_snapshot!(format!("labels_{width}x{height}"), terminal.backend());
    }
}

#[test]
fn ascii_is_enough() {
    let theme = Theme::new(true).with_ascii(true);
    for app in [busy(), open(samples::completed(), 7)] {
        for size in SIZES {
            let terminal = draw(&app, size, theme);
            let cells = terminal.backend().buffer().content().iter();
            let text: String = cells.map(|cell| cell.symbol()).collect();
            assert!(text.is_ascii() && text.contains("shop"), "{text}");
        }
    }
    let terminal = draw(&open(samples::completed(), 7), SIZES[1], theme);
    insta::assert_snapshot!("ascii_120x40", terminal.backend());
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let mut app = open(samples::panicked(), 0);
    app.notices = vec!["\u{1b}[2Jnotice\u{202e}".into()];
    check("hostile", &app);
    app.update(Event::News(News::Lost("\u{9b}2J refused\u{7}".into())));
    for size in SIZES {
        for step in 0..11 {
            let terminal = draw(&app, size, Theme::new(true));
            for cell in terminal.backend().buffer().content() {
                let steers = |c: char| c.is_control() || "\u{202e}\u{2066}\u{2028}".contains(c);
                assert!(!cell.symbol().chars().any(steers), "step {step}");
            }
            press(&mut app, KeyCode::Right);
            answer(&mut app, &every());
        }
        for screen in "2345?".chars() {
            press(&mut app, KeyCode::Char(screen));
            answer(&mut app, &every());
            let terminal = draw(&app, size, Theme::new(true));
            for cell in terminal.backend().buffer().content() {
                let steers = |c: char| c.is_control() || "\u{202e}\u{2066}\u{2028}".contains(c);
                assert!(!cell.symbol().chars().any(steers), "screen {screen}");
            }
        }
        press(&mut app, KeyCode::Char('1'));
    }
}

#[test]
fn without_colours_there_is_none() {
    for app in [busy(), open(samples::completed(), 7)] {
        let terminal = draw(&app, SIZES[1], Theme::new(false));
        for cell in terminal.backend().buffer().content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
    }
}

#[test]
fn any_size_is_fine() {
    let apps = [connected(), busy(), open(samples::retried(), 4)];
    for app in &apps {
        for (width, height) in [(1, 1), (39, 9), (40, 10), (41, 13), (300, 12), (45, 100)] {
            draw(app, (width, height), Theme::new(true));
        }
    }
}
