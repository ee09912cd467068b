//! The same requests to the app on axum and to the app on Onionskin: the answers are the same bytes.

use crate::{
    app::{AXUM, App, ONIONSKIN},
    raw::{Act, converse, request, without_date},
    requests::{Case, cases},
    watch::Watch,
};

/// Asks an app everything; the answers without dates.
fn ask_all(app: App, cases: &[Case]) -> Vec<Vec<u8>> {
    let answers = cases
        .iter()
        .map(|case| without_date(&converse(app.at, &case.acts)))
        .collect();
    app.shut_down();
    answers
}

/// What axum answers, checked to be what the case is about.
fn by_axum(cases: &[Case]) -> Vec<Vec<u8>> {
    let answers = ask_all(App::start(AXUM, &[]), cases);
    let strange = cases
        .iter()
        .zip(&answers)
        .filter(|(case, answer)| !answer.starts_with(case.begins.as_bytes()))
        .map(|(case, answer)| format!("{}: {}\n", case.name, answer.escape_ascii()))
        .collect::<String>();
    assert!(strange.is_empty(), "{strange}");
    answers
}

fn assert_same(cases: &[Case], axum: &[Vec<u8>], ours: &[Vec<u8>]) {
    let mut wrong = String::new();
    for ((case, axum), ours) in cases.iter().zip(axum).zip(ours) {
        if axum != ours {
            let (axum, ours) = (axum.escape_ascii(), ours.escape_ascii());
            wrong += &format!("{}\n  axum: {axum}\n  ours: {ours}\n", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nobody_watches() {
    let cases = cases();
    let ours = ask_all(App::start(ONIONSKIN, &[]), &cases);
    assert_same(&cases, &by_axum(&cases), &ours);
}

#[test]
fn an_inspector_watches() {
    let cases = cases();
    let watch = Watch::new();
    let app = App::attached(&watch.socket());
    watch.wait_for_app();
    let answers: Vec<_> = cases
        .iter()
        .map(|case| without_date(&converse(app.at, &case.acts)))
        .collect();
    // And it was watched: every request is there, no other, and each can be folded.
    watch.wait_for(cases.iter().map(|case| case.cycles).sum());
    app.shut_down();
    assert_same(&cases, &by_axum(&cases), &answers);
    for listed in watch.listed() {
        let cycle = watch.cycle(&listed.cycle.id);
        let replay = onionskin::replay::Replay::new(&cycle).unwrap();
        if cycle.target == "/?many" && cycle.status == Some(200) {
            // A head that is larger than a cycle should be is kept, and marks make room.
            assert_eq!(replay.request(0).unwrap().headers.len(), 99);
            assert_eq!((cycle.omitted.steps, cycle.omitted.bodies), (0, 0));
        } else {
            assert_eq!(cycle.omitted, Default::default());
        }
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let answer = |app: App| {
        let slow = [Act::Send(request("GET /slow HTTP/1.1", b""))];
        let at = app.at;
        let client = std::thread::spawn(move || without_date(&converse(at, &slow)));
        std::thread::sleep(notes_axum::PATIENCE / 2);
        app.shut_down();
        client.join().unwrap()
    };
    // On a busy machine the end may come before the request: then there is no answer, and it is tried again.
    let answer = |start: &dyn Fn() -> App| {
        let mut answers = (0..20).map(|_| answer(start()));
        answers.find(|answer| !answer.is_empty())
    };
    let watch = Watch::new();
    let axum = answer(&|| App::start(AXUM, &[])).unwrap();
    assert!(axum.starts_with(b"HTTP/1.1 504"), "{}", axum.escape_ascii());
    assert_eq!(answer(&|| App::start(ONIONSKIN, &[])).as_ref(), Some(&axum));
    assert_eq!(answer(&|| App::attached(&watch.socket())), Some(axum));
}

#[test]
fn switched_off() {
    let cases = cases();
    let watch = Watch::new();
    let socket = watch.socket();
    let environment = [
        ("ONIONSKIN", "off"),
        ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
    ];
    let ours = ask_all(App::start(ONIONSKIN, &environment), &cases);
    assert_same(&cases, &by_axum(&cases), &ours);
    assert_eq!(watch.counters().seen, 0);
}
