use crate::app::{App, LONG, inspector, until};
use crate::fixture::{RUN, cycle};
use crate::raw::address;
use futures_util::{Stream, StreamExt};
use onionskin::link::protocol::Message;
use onionskin_web::{
    Client, Limits,
    client::{ClientError, Event},
    model::LiveEvent,
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The next event that is a cycle or says that some were missed.
async fn next(live: &mut (impl Stream<Item = Result<Event, ClientError>> + Unpin)) -> Event {
    loop {
        let event = timeout(LONG, live.next()).await.unwrap();
        let event = event.expect("the stream goes on").unwrap();
        if matches!(event.event, LiveEvent::Cycle(_) | LiveEvent::Lagged { .. }) {
            return event;
        }
    }
}

/// Its number, if it is a cycle.
fn number(event: &Event) -> Option<u64> {
    match &event.event {
        LiveEvent::Cycle(listed) => {
            assert_eq!(event.id, Some(listed.position));
            Some(listed.cycle.number)
        }
        _ => None,
    }
}

#[tokio::test]
async fn events_come_as_they_happen_and_resume_after_an_id() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [1]).await;
    until("one is stored", || inspector.store().counters().stored == 1).await;

    let mut live = client.live(None).await.unwrap();
    app.tell(RUN, 2..=3).await;
    let second = next(&mut live).await;
    assert_eq!(number(&second), Some(2));
    assert_eq!(number(&next(&mut live).await), Some(3));
    drop(live);

    app.tell(RUN, [4]).await;
    until("four are stored", || {
        inspector.store().counters().stored == 4
    })
    .await;
    let mut live = client.live(second.id).await.unwrap();
    assert_eq!(number(&next(&mut live).await), Some(3));
    assert_eq!(number(&next(&mut live).await), Some(4));
}

#[tokio::test]
async fn runs_and_figures_are_told_too() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let mut live = client.live(None).await.unwrap();
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [1]).await;
    drop(app);
    let (mut came, mut went, mut stored) = (false, false, 0);
    while !(went && stored == 1) {
        let event = timeout(LONG, live.next()).await.unwrap().unwrap().unwrap();
        match event.event {
            LiveEvent::Run(run) => {
                came |= run.connected;
                went = !run.connected;
            }
            LiveEvent::Counters { counters, .. } => stored = counters.stored,
            _ => {}
        }
    }
    assert!(came || went);
}

#[tokio::test]
async fn who_is_too_far_behind_is_told_how_much_was_missed() {
    let limits = Limits {
        live_backlog: 5,
        ..Limits::default()
    };
    let (inspector, client, _dir) = inspector(limits).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, 1..=20).await;
    until("all are stored", || {
        inspector.store().counters().stored == 20
    })
    .await;
    let mut live = client.live(Some(3)).await.unwrap();
    let first = next(&mut live).await;
    assert_eq!(first.event, LiveEvent::Lagged { missed: 12 });
    assert_eq!(number(&next(&mut live).await), Some(16));
}

#[tokio::test]
async fn there_are_so_many_places_and_they_are_given_back() {
    let (inspector, client, _dir) = inspector(Limits::default()).await;
    let mut live = Vec::new();
    for _ in 0..16 {
        live.push(client.live(None).await.unwrap());
    }
    let error = client.live(None).await.err().unwrap();
    assert!(
        matches!(&error, ClientError::Refused(p) if p.status == 503),
        "{error}"
    );
    client.status().await.unwrap();
    live.pop();
    free_place(&client).await;
    drop(inspector);
}

async fn free_place(client: &Client) {
    let free = async {
        while client.live(None).await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, free).await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_the_others_go_on() {
    const CYCLES: u64 = 3000;
    let limits = Limits {
        live_clients: 2,
        live_backlog: 1 << 20,
        write: Duration::from_millis(300),
        ..Limits::default()
    };
    let (inspector, client, _dir) = inspector(limits).await;
    let mut stuck = not_reading(&inspector).await;
    let mut live = client.live(None).await.unwrap();
    assert!(client.live(None).await.is_err(), "both places are taken");

    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    let tell = async {
        for number in 1..=CYCLES {
            let mut cycle = Box::new(cycle(RUN, number));
            cycle.target = "x".repeat(4000);
            app.say(&Message::Cycle { cycle }).await;
        }
    };
    let read = async {
        for expected in 1..=CYCLES {
            assert_eq!(number(&next(&mut live).await), Some(expected));
        }
    };
    tokio::join!(tell, read);
    free_place(&client).await;
    let mut rest = Vec::new();
    let _ = timeout(LONG, stuck.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() < CYCLES as usize * 4000);
    assert_eq!(inspector.store().counters().stored, CYCLES);
}

/// A live client that asks and never reads.
async fn not_reading(inspector: &onionskin_web::Inspector) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = address(inspector);
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = format!(
        "GET /api/live HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n",
        inspector.token()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    stream
}
