//! Screens that the others do not show: bodies of every kind, an inspector that is lost, an app that prints.

use super::check;
use crate::{
    app::{App, Link},
    ask::{Answer, Question},
    event::{Event, News, Printed},
    testing::{busy, connected, open, press, samples},
};
use crossterm::event::KeyCode;
use onionskin::wire::{BodyEnd, Cycle, HeaderEdit, Octets};
use std::sync::Arc;

/// The step at which the view has answered.
const ANSWERED: usize = 8;

/// The sample cycle, its view answering with this.
fn answering(media_type: &str, body: &[u8]) -> Cycle {
    let mut cycle = samples::completed();
    let delta = cycle.steps[ANSWERED].delta.as_mut().unwrap();
    let HeaderEdit::Add { header, .. } = &mut delta.headers[0] else {
        panic!("the first header is the type");
    };
    header.value = Octets(media_type.as_bytes().to_vec());
    let announced = delta.body.as_mut().unwrap();
    announced.to.announced = Some(body.len() as u64);
    cycle.bodies[0].head = Octets(body.to_vec());
    cycle.bodies[0].len = body.len() as u64;
    cycle
}

/// It is open, and its response seen alone where there is little room.
pub(crate) fn seen(media_type: &str, body: &[u8]) -> App {
    let mut app = open(answering(media_type, body), ANSWERED);
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Tab);
    app
}

#[test]
fn a_body_of_json() {
    let json = r#"{"id":7,"title":"The Onion","price":{"pence":1299,"currency":"GBP"},"tags":["layers","tears"],
        "blurb":"Layers all the way down, and when you have taken off the last of them nothing is left but tears.","sold":10000,
        "out":false,"next":null}"#;
    check("body_json", &seen("application/json", json.as_bytes()));
}

#[test]
fn a_body_of_a_form() {
    let form = b"reader=Ada+L.&stars=5&password=%5Bredacted%5D&body=%1b%5d0;owned%07&empty=";
    check(
        "body_form",
        &seen("application/x-www-form-urlencoded", form),
    );
}

#[test]
fn a_body_of_many_parts() {
    let parts = "--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nThe Onion\r\n\
        --x\r\ncontent-disposition: form-data; name=\"cover\"; filename=\"\u{202e}gpj.exe\"\r\ncontent-type: image/png\r\n\r\n\
        \u{1}\u{2}\u{3}\r\n--x--\r\n";
    let kind = "multipart/form-data; boundary=x";
    check("body_multipart", &seen(kind, parts.as_bytes()));
}

#[test]
fn a_body_that_is_a_picture() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xc8\x08\x06\0\0\0";
    check("body_image", &seen("image/png", png));
}

#[test]
fn a_body_of_bytes() {
    let bytes: Vec<u8> = (0..=255).cycle().take(12_000).collect();
    let mut app = seen("application/octet-stream", &bytes);
    app.update(Event::Columns([94; 2]));
    check("body_bytes", &app);
}

#[test]
fn a_body_of_events() {
    let events = "event: stock\nid: 1\ndata: {\"book\":7,\"left\":3}\n\nretry: 2000\n\n: comment\n\n\
        data: two\ndata: lines\u{1b}[2J\n\ndata: not ended";
    check("body_events", &seen("text/event-stream", events.as_bytes()));
}

#[test]
fn a_body_that_nobody_read_is_not_called_empty() {
    let mut cycle = answering("application/json", b"");
    cycle.bodies[0].end = BodyEnd::Cut;
    let delta = cycle.steps[ANSWERED].delta.as_mut().unwrap();
    delta.body.as_mut().unwrap().to.announced = Some(171);
    let app = open(cycle, ANSWERED);
    let drawn = super::draw(&app, (120, 40), crate::theme::Theme::new(true));
    let text = drawn.backend().to_string();
    assert!(text.contains("body 171 B, unread"), "{text}");
    assert!(!text.contains("empty"), "{text}");
}

#[test]
fn an_inspector_that_is_lost() {
    let mut app = open(samples::completed(), 3);
    let why = "can't reach http://127.0.0.1:7335: Connection refused (os error 111)";
    app.update(Event::News(News::Lost(why.into())));
    assert!(matches!(app.link, Link::Lost(_)));
    check("lost", &app);
}

#[test]
fn a_remark_that_is_cut_is_told_whole_below() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('4'));
    for question in app.questions(std::time::Instant::now()) {
        let Question::RunInsights { .. } = question else {
            continue;
        };
        let mut remarks = crate::testing::pages::remarks();
        remarks.insights[0].text = "7 layers in a row, SetRequestIdLayer to CatchPanicLayer, were added one at a time with \
            Router::layer, which boxes each of them; in one ServiceBuilder they are one"
            .into();
        let result = Ok(Answer::RunInsights(Arc::new(remarks)));
        app.update(Event::News(News::Answered { question, result }));
    }
    press(&mut app, KeyCode::Down);
    check("remarks", &app);
}

#[test]
fn more_cycles_than_are_listed() {
    let mut app = busy();
    app.list.begin(9_405, None, vec![]);
    check("partial", &app);
}

#[test]
fn lines_say_which_app_they_are_of_where_there_are_several() {
    let mut app = busy();
    let mut worker = crate::testing::after_restart();
    worker.app = "stock-worker-of-the-shop\u{1b}".into();
    worker.id = "0ddba11-1".into();
    worker.run = "0ddba11".into();
    let listed = crate::testing::listed(6, &worker);
    let text = |app: &App, size| {
        let drawn = super::draw(app, size, crate::theme::Theme::new(true));
        drawn.backend().to_string()
    };
    assert!(
        !text(&app, (120, 40)).contains("  shop 2 │"),
        "only one app"
    );
    let event = onionskin_web::model::LiveEvent::Cycle(Box::new(listed));
    crate::testing::live(&mut app, event);
    let run = onionskin_web::model::Run {
        run: "0ddba11".into(),
        ..crate::testing::run(12)
    };
    let event = onionskin_web::model::LiveEvent::Run(Box::new(run));
    crate::testing::live(&mut app, event);
    check("apps", &app);
    assert!(!text(&app, (70, 24)).contains("  shop 2 │"), "no room");
}

#[test]
fn two_processes_of_one_app_are_told_apart() {
    let mut app = busy();
    let other = onionskin_web::model::Run {
        run: samples::completed().run,
        ..crate::testing::run(1)
    };
    crate::testing::live(
        &mut app,
        onionskin_web::model::LiveEvent::Run(Box::new(other)),
    );
    let listed = crate::testing::listed(6, &samples::retried());
    let event = onionskin_web::model::LiveEvent::Cycle(Box::new(listed));
    crate::testing::live(&mut app, event);
    let drawn = super::draw(&app, (80, 24), crate::theme::Theme::new(true));
    let text = drawn.backend().to_string();
    let of = |run: &str| text.lines().filter(|line| line.contains(run)).count();
    assert_eq!((of("  shop 1 │"), of("  shop 2 │")), (5, 1), "{text}");
    assert_eq!(
        of("new run"),
        1,
        "not again where the first goes on: {text}"
    );
}

#[test]
fn an_app_that_is_connected_is_named_before_its_first_cycle() {
    let mut app = connected();
    let text = |app: &App| {
        let drawn = super::draw(app, (80, 24), crate::theme::Theme::new(true));
        drawn.backend().to_string()
    };
    assert!(text(&app).contains("No cycle yet. Send your app a request."));
    let event = |connected| {
        let run = onionskin_web::model::Run {
            command: "target/debug/shop".into(),
            connected,
            ..crate::testing::run(1)
        };
        onionskin_web::model::LiveEvent::Run(Box::new(run))
    };
    crate::testing::live(&mut app, event(true));
    assert!(text(&app).contains("No cycle yet. Connected: shop. Send it a request."));
    crate::testing::live(&mut app, event(false));
    assert!(text(&app).contains("No cycle yet. Send your app a request."));
}

#[test]
fn what_a_format_is_for_stands_whole_beside_it() {
    let mut app = open(samples::completed(), 0);
    press(&mut app, KeyCode::Char('x'));
    let drawn = super::draw(&app, (80, 24), crate::theme::Theme::new(true));
    let text = drawn.backend().to_string();
    for format in onionskin_web::export::Format::ALL {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("  .{} ", format.ending())));
        let line = line.unwrap();
        assert!(line.contains(&format!(" {} ", format.name())), "{line}");
        assert!(line.contains(&format!(" {} ", format.what())), "{line}");
    }
}

#[test]
fn what_went_wrong_at_a_step_is_in_view_where_there_is_little_room() {
    let mut cycle = samples::panicked();
    let headers = (0..30).map(|n| HeaderEdit::Add {
        at: 0,
        header: onionskin::wire::Header {
            name: format!("x-{n}"),
            value: Octets(b"1".to_vec()),
            redacted: false,
        },
    });
    let client = cycle.steps[0].delta.as_mut().unwrap();
    client.headers.splice(0..0, headers);
    let mut app = open(cycle.clone(), 0);
    press(&mut app, KeyCode::Char('e'));
    crate::testing::answer(&mut app, &[cycle]);
    let drawn = super::draw(&app, (80, 24), crate::theme::Theme::new(true));
    let text = drawn.backend().to_string();
    let request = text.split("request at step").nth(1).unwrap();
    assert!(request.contains("· panic"), "{text}");
}

#[test]
fn bytes_stand_beside_what_they_are_in_ascii_however_narrow_the_pane() {
    let mut cycle = answering("application/octet-stream", &[0; 0]);
    cycle.bodies[0].head = Octets((b'\0'..b'~').collect());
    cycle.bodies[0].len = 126;
    let theme = crate::theme::Theme::new(true);
    for (size, half) in [((80, 24), 4), ((120, 40), 8), ((200, 50), 16)] {
        let mut app = open(cycle.clone(), ANSWERED);
        for bytes in [half, 16] {
            let columns = crate::ui::columns(
                ratatui::layout::Rect::new(0, 0, size.0, size.1),
                &app,
                theme,
            );
            app.update(Event::Columns(columns));
            let text = super::draw(&app, size, theme).backend().to_string();
            let digits: Vec<_> = (bytes..2 * bytes)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let ascii = ".".repeat(bytes);
            let line = format!("{bytes:06x}  {} {ascii}", digits.join(" "));
            assert!(text.contains(&line), "{size:?}: {line}\n{text}");
            app.focus = crate::app::Pane::Response;
            app.layout.maximised = true;
        }
    }
}

#[test]
fn what_an_app_prints() {
    let mut app = busy();
    for n in 0..40 {
        let line = format!("{n:>2} \u{1b}[32mlistening\u{1b}[0m on http://127.0.0.1:3000");
        app.update(Event::Printed(Printed::Line(line)));
    }
    app.update(Event::Printed(Printed::Missed(12_345)));
    check("output", &app);
    app.update(Event::Printed(Printed::Ended("exit status: 1".into())));
    check("output_ended", &app);
}

#[test]
fn a_list_that_is_held_still() {
    let mut app = busy();
    press(&mut app, KeyCode::Char('f'));
    let mut next = crate::testing::after_restart();
    next.id = "feedfacefeed-2".into();
    let listed = crate::testing::listed(6, &next);
    let event = onionskin_web::model::LiveEvent::Cycle(Box::new(listed));
    crate::testing::live(&mut app, event);
    check("frozen", &app);
}

#[test]
fn counts_of_thousands_have_their_commas() {
    let mut app = connected();
    app.counters.seen = 1_234_567;
    app.counters.stored = 100_000;
    app.counters.evicted = 1_134_000;
    app.counters.dropped.insert("ring_full".into(), 567);
    for size in super::SIZES {
        let drawn = super::draw(&app, size, crate::theme::Theme::new(true));
        let text = drawn.backend().to_string();
        assert!(text.contains(" 100,000 kept · 567 lost"), "{text}");
        assert!(text.contains(" 1,134,000 evicted"), "{text}");
    }
}
