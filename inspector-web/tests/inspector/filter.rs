use crate::app::{App, LONG, inspector, until};
use crate::fixture::{RUN, cycle, stack};
use futures_util::StreamExt;
use onionskin::link::protocol::Message;
use onionskin_web::{
    Limits,
    client::{ClientError, List},
    model::{CompletionKind, LiveEvent},
};
use tokio::time::timeout;

const NEXT_RUN: &str = "ba9876543210";

fn matching(filter: &str) -> List<'_> {
    List {
        filter,
        ..List::default()
    }
}

#[tokio::test]
async fn a_list_is_filtered_paged_and_held_still() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, 1..=30).await;
    until("all are stored", || {
        inspector.store().counters().stored == 30
    })
    .await;

    let list = List {
        limit: Some(2),
        ..matching("path~[05]$ header:host:localhost*")
    };
    let page = client.list(&list).await.unwrap();
    let positions: Vec<_> = page.cycles.iter().map(|c| c.position).collect();
    assert_eq!(
        (positions, page.matched, page.next),
        (vec![30, 25], 6, Some(25))
    );
    assert_eq!(page.cycles[0].outcome_text, "completed");
    app.tell(RUN, 31..=40).await;
    until("more are stored", || {
        inspector.store().counters().stored == 40
    })
    .await;
    let still = List {
        until: Some(page.until),
        skip: 1,
        ..list.clone()
    };
    let still = client.list(&still).await.unwrap();
    let positions: Vec<_> = still.cycles.iter().map(|c| c.position).collect();
    assert_eq!((positions, still.matched), (vec![25, 20], 6));
    let older = List {
        before: still.next,
        limit: None,
        ..list
    };
    assert_eq!(client.list(&older).await.unwrap().cycles.len(), 3);
}

#[tokio::test]
async fn a_filter_that_is_wrong_says_where() {
    let (_inspector, client, _dir) = inspector(Limits::default()).await;
    let text = "path:/é😀 status:huge";
    let error = client.list(&matching(text)).await.unwrap_err();
    let ClientError::Refused(problem) = error else {
        panic!("{error}");
    };
    assert_eq!(problem.status, 400);
    // Counted as JavaScript does.
    assert_eq!(
        (problem.at, problem.len),
        (Some(17), Some(4)),
        "{problem:?}"
    );
    let live = client.live_matching(text, None).await.err().unwrap();
    assert!(matches!(live, ClientError::Refused(p) if p.at == Some(17)));
    let help = client.filter(text, 0).await.unwrap();
    assert_eq!(help.error.map(|e| (e.at, e.len)), Some((17, 4)));
    let long = "x".repeat(5000);
    let error = client.list(&matching(&long)).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Refused(p) if p.status == 400 && p.detail.contains("4096"))
    );
    let longer = "x".repeat(20_000);
    let error = client.list(&matching(&longer)).await.unwrap_err();
    assert!(matches!(error, ClientError::Refused(p) if p.status == 414));
}

#[tokio::test]
async fn fields_and_values_that_were_seen_are_offered() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [1]).await;
    until("it is stored", || inspector.store().counters().stored == 1).await;
    let help = client.filter("rou", 3).await.unwrap();
    let field = &help.completions[0];
    assert_eq!((&*field.text, field.from, field.to), ("route:", 0, 3));
    assert_eq!(field.what, CompletionKind::Field);
    for (text, value) in [
        ("route:", "/books/{id}"),
        ("handler:", "show_book"),
        ("header:", "x-odd"),
        ("app:s", "shop"),
    ] {
        let help = client.filter(text, text.len() as u32).await.unwrap();
        let offered = help.completions.iter().any(|c| c.text == value);
        assert!(offered, "{text}: {help:?}");
    }
    assert_eq!(
        client
            .filter(" app=shop", 0)
            .await
            .unwrap()
            .canonical
            .unwrap(),
        "app:shop"
    );
}

#[tokio::test]
async fn live_events_are_those_that_match_and_resume_behind_what_does_not() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    let mut live = client
        .live_matching("number:2..3 or number:9", None)
        .await
        .unwrap();
    app.tell(RUN, 1..=5).await;
    let (mut seen, mut matched, mut last) = (Vec::new(), None, None);
    while seen.len() < 2 || matched != Some(2) || last != Some(5) {
        let event = timeout(LONG, live.next()).await.unwrap().unwrap().unwrap();
        last = event.id.or(last);
        match event.event {
            LiveEvent::Cycle(cycle) => seen.push(cycle.cycle.number),
            LiveEvent::Counters { matched: now, .. } => matched = now,
            _ => {}
        }
    }
    assert_eq!(seen, [2, 3]);
    drop(live);
    app.tell(RUN, 6..=9).await;
    let mut live = client
        .live_matching("number:2..3 or number:9", last)
        .await
        .unwrap();
    loop {
        let event = timeout(LONG, live.next()).await.unwrap().unwrap().unwrap();
        match event.event {
            LiveEvent::Cycle(cycle) => {
                assert_eq!(cycle.cycle.number, 9);
                break;
            }
            LiveEvent::Lagged { .. } => panic!("nothing was missed"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_map_has_the_figures_of_its_run() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.say(&Message::Stack { stack: stack() }).await;
    app.tell(RUN, 1..=4).await;
    let (mut other, _) = App::connect(inspector.socket(), NEXT_RUN).await;
    let mut failed = cycle(NEXT_RUN, 1);
    failed.status = Some(500);
    let cycle = Box::new(failed);
    other.say(&Message::Cycle { cycle }).await;
    until("all are stored", || {
        inspector.store().counters().stored == 5
    })
    .await;

    let map = client.map(RUN, "").await.unwrap();
    assert_eq!((map.cycles, &*map.app), (4, "shop"));
    let route = &map.routes[0];
    assert_eq!(
        (&*route.path, route.stats.count, route.stats.errors),
        ("/books/{id}", 4, 0)
    );
    assert_eq!(route.stats.p99_ns, Some(3000));
    let place = &map.places[0];
    assert_eq!((&*place.site.name, place.stats.count), ("show_book", 4));
    assert_eq!(client.map(RUN, "number:>3").await.unwrap().cycles, 1);
    let map = client.map(NEXT_RUN, "").await.unwrap();
    assert_eq!((map.cycles, map.routes[0].stats.errors), (1, 1));
    // Its site came with the cycle.
    assert_eq!(map.places[0].stats.changed, 1);
    let error = client.map("ffffffffffff", "").await.unwrap_err();
    assert!(matches!(error, ClientError::Refused(p) if p.status == 404));
}

#[tokio::test]
async fn keys_runs_and_the_state_are_told() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (_app, _) = App::connect(inspector.socket(), RUN).await;
    let keys = client.keys().await.unwrap();
    let commands: Vec<_> = keys.iter().flat_map(|group| &group.commands).collect();
    assert!(
        commands
            .iter()
            .any(|c| c.command == "filter" && c.web == ["/"])
    );
    assert!(
        commands
            .iter()
            .any(|c| c.command == "quit" && c.terminal == ["q", "Ctrl-C"])
    );
    let apps = client.apps().await.unwrap();
    assert_eq!(apps[0].runs[0].cwd.as_deref(), Some("/home/me/shop"));
    let _live = client.live(None).await.unwrap();
    let status = client.status().await.unwrap();
    assert_eq!((status.live_clients, status.live_clients_max), (1, 16));
    assert_eq!(status.pid, std::process::id());
    assert!(status.started_unix_us > 1_700_000_000_000_000);
    assert_eq!((status.connected, status.memory.cap), (1, 256 << 20));
}
