use crate::{
    app::{App, inspector, until, until_some},
    fixture::RUN,
    receiver::{Act, Receiver},
};
use onionskin_web::{
    Client, Inspector, Limits,
    client::ClientError,
    model::{Sending, StartSending},
};
use std::{collections::BTreeSet, time::Duration};

const JSON: &str = "http/json";

/// An inspector that has the cycles with these numbers, and the app.
async fn kept(
    numbers: std::ops::RangeInclusive<u64>,
) -> (Inspector, Client, App, tempfile::TempDir) {
    let (inspector, client, dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(&dir.path().join("link.sock"), RUN).await;
    let count = *numbers.end();
    app.tell(RUN, numbers).await;
    until("all are kept", || {
        inspector.store().counters().stored == count
    })
    .await;
    (inspector, client, app, dir)
}

fn to(receiver: &Receiver) -> StartSending {
    StartSending {
        endpoint: Some(receiver.url.clone()),
        protocol: Some(JSON.into()),
        ..StartSending::default()
    }
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<String> {
    numbers.into_iter().map(|n| format!("{RUN}-{n}")).collect()
}

/// How the sending stands, as soon as that is so.
async fn stands(client: &Client, so: impl Fn(&Sending) -> bool) -> Sending {
    until_some(async || client.status().await.unwrap().sending.filter(&so)).await
}

async fn ended(client: &Client) -> Sending {
    stands(client, |sending| !sending.running).await
}

#[tokio::test]
async fn ids_a_filter_or_all_are_sent_and_the_status_says_how_that_went() {
    let (inspector, client, _app, _dir) = kept(1..=250).await;
    assert_eq!(client.status().await.unwrap().sending, None);

    let receiver = Receiver::doing([Act::take()]);
    let started = client.start_sending(&to(&receiver)).await.unwrap();
    assert!(started.endpoint.ends_with("/v1/traces") && !started.follows);
    let sent = ended(&client).await;
    assert_eq!(
        (sent.wanted, sent.cycles, sent.left()),
        (250, 250, 0),
        "{sent}"
    );
    assert!(sent.spans > 250 && sent.bytes > 0 && !sent.lost());
    assert_eq!(receiver.cycles(), ids(1..=250));
    assert!(receiver.requests().len() > 1, "a few at a time");

    let receiver = Receiver::doing([Act::take()]);
    let wanted = StartSending {
        filter: "path:/books/7".into(),
        ..to(&receiver)
    };
    client.start_sending(&wanted).await.unwrap();
    ended(&client).await;
    assert_eq!(receiver.cycles(), ids([7]));

    let receiver = Receiver::doing([Act::take()]);
    let wanted = StartSending {
        ids: vec![format!("{RUN}-3"), "none-1".into(), format!("{RUN}-5")],
        ..to(&receiver)
    };
    client.start_sending(&wanted).await.unwrap();
    let sent = ended(&client).await;
    assert_eq!(
        (sent.wanted, sent.cycles, sent.missing),
        (3, 2, 1),
        "{sent}"
    );
    assert!(sent.to_string().contains("; 1 cycle could not be had"));
    assert_eq!(receiver.cycles(), ids([3, 5]));
    inspector.shutdown().await;
}

#[tokio::test]
async fn what_comes_is_sent_on_until_it_is_stopped() {
    let (inspector, client, mut app, _dir) = kept(1..=10).await;
    let receiver = Receiver::doing([Act::noise(""), Act::take()]);
    let wanted = StartSending {
        filter: "path:/books/*".into(),
        follow: true,
        ..to(&receiver)
    };
    client.start_sending(&wanted).await.unwrap();
    stands(&client, |sending| sending.cycles == 10).await;
    app.tell(RUN, 11..=20).await;
    let now = stands(&client, |sending| sending.cycles == 20).await;
    assert!(now.running && now.follows && now.waits_because.is_none());
    assert_eq!(receiver.cycles(), ids(1..=20));

    let again = client.start_sending(&wanted).await.unwrap_err();
    let ClientError::Refused(problem) = again else {
        panic!("{again}")
    };
    assert_eq!(problem.status, 409);
    assert!(problem.detail.contains(&receiver.url), "{}", problem.detail);
    let stopped = client.stop_sending().await.unwrap();
    assert!(!stopped.running && stopped.stopped_because.is_none());
    let twice = client.stop_sending().await.unwrap_err();
    assert!(matches!(twice, ClientError::Refused(problem) if problem.status == 409));
    app.tell(RUN, 21..=22).await;
    until("all are kept", || inspector.store().counters().stored == 22).await;
    assert_eq!(receiver.cycles(), ids(1..=20), "nothing more is sent");
    inspector.shutdown().await;
}

#[tokio::test]
async fn a_receiver_that_is_away_is_said_and_one_that_refuses_is_too() {
    let (inspector, client, _app, _dir) = kept(1..=4).await;
    let away = Receiver::doing([Act::answer(503, "retry-after: 600", "not now")]);
    let wanted = StartSending {
        follow: true,
        ..to(&away)
    };
    client.start_sending(&wanted).await.unwrap();
    let waits = stands(&client, |sending| sending.waits_because.is_some()).await;
    assert!(waits.running && waits.waits_because.unwrap().contains("503"));
    // What the receiver asks for is heeded, and a stop is not held up by it.
    let stopped = client.stop_sending().await.unwrap();
    assert_eq!(
        (stopped.cycles, stopped.left(), stopped.running),
        (0, 4, false)
    );
    assert_eq!(away.requests().len(), 1);

    let refuses = Receiver::doing([Act::answer(400, "content-type: text/plain", "bad")]);
    client.start_sending(&to(&refuses)).await.unwrap();
    let sent = ended(&client).await;
    assert_eq!((sent.cycles, sent.refused), (0, 4));
    assert!(sent.refused_because.unwrap().contains("400"));
    let partly = Receiver::doing([Act::partly(2)]);
    client.start_sending(&to(&partly)).await.unwrap();
    let sent = ended(&client).await;
    assert_eq!((sent.cycles, sent.rejected_spans), (4, 2), "{sent}");
    inspector.shutdown().await;
}

#[tokio::test]
async fn an_inspector_that_ends_does_not_wait_for_a_receiver() {
    let (inspector, client, _app, _dir) = kept(1..=4).await;
    let receiver = Receiver::holding();
    client.start_sending(&to(&receiver)).await.unwrap();
    tokio::task::spawn_blocking(move || receiver.wait_for_request())
        .await
        .unwrap();
    let down = tokio::time::timeout(Duration::from_secs(60), inspector.shutdown());
    down.await.expect("it ends");
}

#[tokio::test]
async fn what_can_not_be_sent_is_refused_with_what_to_do() {
    let (inspector, client, _app, _dir) = kept(1..=1).await;
    let endpoint = |url: &str| StartSending {
        endpoint: Some(url.into()),
        ..StartSending::default()
    };
    for (wanted, said) in [
        (
            endpoint("localhost:4318"),
            "it must begin with http:// or https://",
        ),
        (endpoint("file:///etc/passwd"), "it is no URL"),
        (
            endpoint("gopher://a:1"),
            "it must begin with http:// or https://",
        ),
        (
            StartSending {
                protocol: Some("smoke".into()),
                ..endpoint("http://a:1")
            },
            "The protocol must be grpc, http/protobuf or http/json.",
        ),
        (
            StartSending {
                filter: "status:x".into(),
                ..endpoint("http://a:1")
            },
            "\"x\" is no number here",
        ),
        (
            StartSending {
                ids: vec!["x-1".into()],
                follow: true,
                ..endpoint("http://a:1")
            },
            "not by both",
        ),
    ] {
        let error = client.start_sending(&wanted).await.unwrap_err();
        let ClientError::Refused(problem) = error else {
            panic!("{error}")
        };
        assert_eq!(problem.status, 400, "{wanted:?}");
        assert!(problem.detail.contains(said), "{}", problem.detail);
    }
    assert_eq!(client.status().await.unwrap().sending, None);
    inspector.shutdown().await;
}
