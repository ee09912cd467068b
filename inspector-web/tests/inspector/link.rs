use crate::app::{App, inspector, line, until};
use crate::fixture::{RUN, cycle, hello, site, stack};
use onionskin::link::protocol::{
    Answer, AppCounters, Format, Hello, MAX_HELLO, Message, kind, put_frame, put_message,
};
use onionskin_web::{Limits, client::ClientError};
use std::time::Duration;

const NEXT_RUN: &str = "ba9876543210";

#[tokio::test]
async fn what_an_app_tells_can_be_asked_for() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, welcome) = App::connect(inspector.socket(), RUN).await;
    assert_eq!(welcome.next, 0);
    app.say(&Message::Site { site: site() }).await;
    app.say(&Message::Stack { stack: stack() }).await;
    app.tell(RUN, 1..=3).await;
    let counters = AppCounters {
        seen: 5,
        open: 1,
        recorded: 3,
        filtered: 1,
        ..AppCounters::default()
    };
    app.say(&Message::Counters { counters }).await;
    until("the figures are here", || {
        inspector.store().counters().seen == 5
    })
    .await;

    let page = client.cycles(2, None, None).await.unwrap();
    let numbers: Vec<_> = page.cycles.iter().map(|c| c.cycle.number).collect();
    assert_eq!((numbers, page.next), (vec![3, 2], Some(2)));
    let id = &page.cycles[1].cycle.id;
    assert_eq!(client.cycle(id).await.unwrap(), cycle(RUN, 2));

    let before = client.snapshot(id, 1).await.unwrap();
    assert_eq!(before.response, None);
    let after = client.snapshot(id, 2).await.unwrap();
    assert_eq!(after.request.headers[1].value.value.0, [0xff]);
    assert_eq!(after.request.headers[1].by, 0);
    assert_eq!(after.response.unwrap().status.unwrap().by, 2);
    assert_eq!(
        &client.body(id, 0).await.unwrap()[..],
        [0, 0xff, b'<', b'>']
    );

    let apps = client.apps().await.unwrap();
    let run = &apps[0].runs[0];
    assert_eq!((&*apps[0].name, &*run.run, run.ordinal), ("shop", RUN, 1));
    assert!(run.connected && run.has_stack);
    assert_eq!(client.stack(RUN).await.unwrap(), stack());
    let status = client.status().await.unwrap();
    let c = &status.counters;
    assert_eq!((c.seen, c.open, c.stored, c.filtered), (5, 1, 3, 1));
    assert_eq!((status.connected, status.refused_links), (1, 0));
}

#[tokio::test]
async fn history_outlives_the_app_and_a_reconnect_goes_on() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let store = inspector.store();
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, 1..=2).await;
    until("two are stored", || store.counters().stored == 2).await;
    drop(app);
    until("the app is gone", || store.connected() == 0).await;

    // The same run again: it goes on, though its ring let two cycles go.
    let (mut app, welcome) = App::connect(inspector.socket(), RUN).await;
    assert_eq!(welcome.next, 2);
    app.say(&Message::Resume { next: 4 }).await;
    app.tell(RUN, [5]).await;
    app.say(&Message::Bye).await;
    app.closed().await;
    let counters = store.run_counters(RUN).unwrap();
    assert_eq!((counters.seen, counters.stored), (5, 3));
    assert_eq!(counters.dropped["unsent"], 2);

    // Another run: the first one's cycles stay.
    let (mut app, welcome) = App::connect(inspector.socket(), NEXT_RUN).await;
    assert_eq!(welcome.next, 0);
    app.tell(NEXT_RUN, [1]).await;
    until("four are stored", || store.counters().stored == 4).await;
    let runs = &client.apps().await.unwrap()[0].runs;
    let seen: Vec<_> = runs
        .iter()
        .map(|r| (&*r.run, r.ordinal, r.connected))
        .collect();
    assert_eq!(seen, [(RUN, 1, false), (NEXT_RUN, 2, true)]);
    let page = client.cycles(9, None, Some(RUN)).await.unwrap();
    assert_eq!(page.cycles.len(), 3);
    client.cycle(&format!("{RUN}-1")).await.unwrap();
}

#[tokio::test]
async fn another_wire_version_is_refused_with_both_named() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    // Of another version only these two fields can be relied on.
    let mut app = App::start(
        inspector.socket(),
        b"{\"onionskin\":\"link\",\"wire\":99}\n",
    )
    .await;
    let Answer::Refusal(refusal) = app.answer().await else {
        panic!("welcome?");
    };
    assert!(refusal.error.contains("version 99"), "{}", refusal.error);
    let own = format!("speaks {}", onionskin::wire::WIRE_VERSION);
    assert!(refusal.error.contains(&own), "{}", refusal.error);
    app.closed().await;
    until("it is counted", || inspector.store().refused_links() == 1).await;
    assert_eq!(client.status().await.unwrap().refused_links, 1);
}

#[tokio::test]
async fn garbage_closes_its_own_link_and_no_other() {
    let limits = Limits {
        head: Duration::from_millis(500),
        ..Limits::default()
    };
    let (inspector, client, _dir) = inspector(limits).await;
    let socket = inspector.socket();
    let (mut good, _) = App::connect(socket, RUN).await;
    let after_hello = |rest: &[u8]| [&line(&hello(NEXT_RUN))[..], rest].concat();
    let frames = Hello {
        format: Format::Frames,
        ..hello(NEXT_RUN)
    };
    let after_frames = |rest: &[u8]| [&line(&frames)[..], rest].concat();
    let bad_run = Hello {
        run: "../../etc".into(),
        ..hello(RUN)
    };
    let mut nonsense = Vec::new();
    put_frame(&mut nonsense, 9, b"?");
    let cases = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\n".to_vec(),
        b"half a hello".to_vec(),
        vec![b'x'; MAX_HELLO + 2],
        line(&bad_run),
        after_hello(b"not json\n"),
        after_hello(&line(&Message::Resume { next: u64::MAX })),
        after_hello("[".repeat(100_000).as_bytes()),
        after_frames(&[255, 255, 255, 255, 0]),
        after_frames(&[0, 0, 0, 0]),
        after_frames(&nonsense),
    ];
    for (i, bytes) in cases.iter().enumerate() {
        let mut app = App::start(socket, bytes).await;
        if i == 7 {
            // A long line is garbage when it ends, or when it is too long.
            app.write(b"\n").await;
        }
        app.closed().await;
        let n = i as u64 + 1;
        until(&format!("case {i} is counted"), || {
            inspector.store().refused_links() == n
        })
        .await;
    }
    // Who only looks whether somebody is here is no garbage.
    drop(App::start(socket, b"").await);
    good.tell(RUN, [1]).await;
    until("the good app is heard", || {
        inspector.store().counters().stored == 1
    })
    .await;
    let status = client.status().await.unwrap();
    assert_eq!(status.refused_links, cases.len() as u64);
}

#[tokio::test]
async fn cycles_that_are_none_are_lost_and_counted() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let store = inspector.store();
    let frames = Hello {
        format: Format::Frames,
        ..hello(RUN)
    };
    let mut app = App::start(inspector.socket(), &line(&frames)).await;
    assert!(matches!(app.answer().await, Answer::Welcome(_)));
    let mut bytes = Vec::new();
    put_message(&mut bytes, &Message::Stack { stack: stack() });
    put_frame(&mut bytes, kind::CYCLE, b"\xff no cycle");
    // Cut anywhere, frames are found again.
    for part in bytes.chunks(3) {
        app.write(part).await;
    }
    until("it is counted", || store.counters().seen == 1).await;
    assert_eq!(store.counters().dropped["undecodable"], 1);
    assert_eq!(client.stack(RUN).await.unwrap(), stack());

    let (mut app, _) = App::connect(inspector.socket(), NEXT_RUN).await;
    // A cycle of another run, under this one's link.
    app.tell(RUN, [1]).await;
    until("it is counted", || store.counters().seen == 2).await;
    assert_eq!(store.counters().dropped["invalid"], 1);
    let missing = client.cycle(&format!("{RUN}-1")).await.unwrap_err();
    assert!(matches!(missing, ClientError::Refused(p) if p.status == 404));
}
