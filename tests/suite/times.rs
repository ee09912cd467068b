//! What is said of when: each place has its own time, and time that was waited is told from time that was worked.
//!
//! Lower bounds hold on any machine. The only upper ones are for what has not begun yet or was not waited for at all.

use crate::served::{Served, read_until};
use onionskin::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
    testing::{Recorded, run},
    wire::{Edge, Step},
};
use std::{thread, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const WHILE: Duration = Duration::from_millis(60);
const WHILE_NS: u64 = WHILE.as_nanos() as u64;

async fn first(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn second(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// Works before it passes the request on, and after the response came back.
async fn works(request: Request, next: Next) -> Response {
    thread::sleep(WHILE);
    let response = next.run(request).await;
    thread::sleep(WHILE);
    response
}

/// Waits as long.
async fn waits(request: Request, next: Next) -> Response {
    tokio::time::sleep(WHILE).await;
    let response = next.run(request).await;
    tokio::time::sleep(WHILE).await;
    response
}

async fn inner(request: Request, next: Next) -> Response {
    next.run(request).await
}

fn step<'c>(cycle: &'c Recorded, name: &str, edge: Edge) -> &'c Step {
    let is = |step: &&Step| {
        let site = step.site.map(|site| &*cycle.sites[site].name);
        step.edge == edge && site == Some(name)
    };
    cycle.steps.iter().find(is).unwrap()
}

/// How long it was, and how much of it was waited, between two steps.
fn between(from: &Step, to: &Step) -> (u64, u64) {
    (to.t_ns - from.t_ns, to.idle_ns - from.idle_ns)
}

/// A cycle in which no layer changes anything, so that most steps have the short form.
async fn cycle_of<L>(layer: L) -> Recorded
where
    L: tower::Layer<onionskin::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: tower_service::Service<Request, Error = std::convert::Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    <L::Service as tower_service::Service<Request>>::Response:
        onionskin::response::IntoResponse + 'static,
    <L::Service as tower_service::Service<Request>>::Future: Send + 'static,
{
    let app = Router::new()
        .route("/", get(|| async { "ok" }))
        .layer(from_fn(inner))
        .layer(layer)
        .layer(from_fn(second))
        .layer(from_fn(first));
    run(app, Request::new(Body::empty())).await.1
}

#[tokio::test]
async fn work_is_time_of_the_layer_that_does_it_and_is_not_waited() {
    let cycle = cycle_of(from_fn(works)).await;
    for (edge, from, to) in [(Edge::In, "works", "inner"), (Edge::Out, "inner", "works")] {
        let (took, idle) = between(step(&cycle, from, edge), step(&cycle, to, edge));
        assert!(took >= WHILE_NS, "{edge:?}: {took}\n{cycle}");
        assert_eq!(idle, 0, "{edge:?}\n{cycle}");
    }
    assert_eq!(cycle.idle_ns, 0);
}

#[tokio::test]
async fn waiting_is_told_at_the_step_behind_it() {
    let cycle = cycle_of(from_fn(waits)).await;
    let idle_up_to = |name, edge| step(&cycle, name, edge).idle_ns;
    assert_eq!(idle_up_to("waits", Edge::In), 0);
    for (edge, from, to) in [(Edge::In, "waits", "inner"), (Edge::Out, "inner", "waits")] {
        let (took, idle) = between(step(&cycle, from, edge), step(&cycle, to, edge));
        // It was polled a little before and after; on a busy machine that may take a while.
        assert!(idle >= WHILE_NS / 2, "{edge:?}: {idle}\n{cycle}");
        assert!(took >= idle, "{edge:?}: {took} and {idle}\n{cycle}");
    }
    assert_eq!(cycle.idle_ns, idle_up_to("first", Edge::Out));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_works_while_another_one_of_the_cycle_waits_is_not_waited_for() {
    async fn elsewhere(request: Request, next: Next) -> Response {
        let mut inside = tokio::spawn(async move { next.run(request).await });
        // Waits for the other task, which works meanwhile, and is polled now and then.
        loop {
            tokio::select! {
                response = &mut inside => return response.unwrap(),
                () = tokio::time::sleep(WHILE / 10) => {}
            }
        }
    }
    let cycle = {
        let app = Router::new()
            .route("/", get(|| async { thread::sleep(WHILE * 10) }))
            .layer(from_fn(elsewhere));
        // In a task, so that both are on the runtime's threads.
        let cycle = tokio::spawn(async { run(app, Request::new(Body::empty())).await.1 });
        cycle.await.unwrap()
    };
    assert!(cycle.duration_ns >= WHILE_NS * 10);
    // Handing over from one to the other may be waited for, and little else.
    assert!(cycle.idle_ns < WHILE_NS * 5, "{}\n{cycle}", cycle.idle_ns);
}

#[tokio::test]
async fn a_cycle_ends_with_its_last_step() {
    let cycle = cycle_of(from_fn(works)).await;
    let last = cycle.steps.last().unwrap();
    assert_eq!(cycle.duration_ns, last.t_ns, "{cycle}");
}

#[tokio::test]
async fn the_body_is_over_before_the_client_reads_the_last_of_it() {
    let body = || async { vec![b'x'; 32 << 20] };
    let mut served = Served::start(Router::new().route("/conn", get(body))).await;
    let request = b"GET /conn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    served.client.write_all(request).await.unwrap();
    read_until(&mut served.client, b"\r\n\r\n").await;
    tokio::time::sleep(WHILE).await;
    let mut rest = Vec::new();
    served.client.read_to_end(&mut rest).await.unwrap();
    let cycle = served.cycle().await;
    let sent = cycle.steps.iter().find_map(|step| step.sent.as_ref());
    let sent = sent.expect("it was seen from `serve`");
    let last = cycle.steps.last().unwrap().t_ns;
    // The server takes the body whole, and writes it as far as the client makes room.
    assert!(sent.body_end_ns + WHILE_NS <= last, "{sent:?}\n{cycle}");
    assert!(sent.last_byte_ns.unwrap() <= last);
    assert_eq!(cycle.duration_ns, last);
}
