//! An app that says whether all that was recorded has been handed on.
//!
//! For each line of standard input, `REQUESTS BYTES MILLISECONDS`, it makes so many requests of itself, each with a body of so
//! many bytes that no other has, and says what `flush` says when it may take so long; then whether it records, how many cycles
//! there were, how many of them were kept, and how many found no room. It ends with standard input, at once.

use onionskin::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    routing::post,
};
use onionskin_tests::random::Random;
use std::time::Duration;
use tower_service::Service as _;

async fn ask(mut app: Router, body: Vec<u8>) {
    let request = Request::post("/").body(Body::from(body));
    let Ok(response) = app.call(request.expect("a request")).await;
    let body = to_bytes(response.into_body(), usize::MAX).await;
    body.expect("it comes whole");
}

fn main() {
    let app = Router::new().route("/", post(async |said: Bytes| said));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    let mut random = Random::new(1);
    for line in std::io::stdin().lines() {
        let line = line.expect("text");
        let mut words = line.split(' ').map(|word| word.parse().expect("a number"));
        let [requests, bytes, ms] = std::array::from_fn(|_| words.next().expect("three numbers"));
        for _ in 0..requests {
            let body = (0..bytes).map(|_| random.any() as u8).collect();
            runtime.block_on(ask(app.clone(), body));
        }
        let flushed = onionskin::flush(Duration::from_millis(ms));
        let counters = onionskin::counters();
        let full = counters.dropped.get("outbox_full").unwrap_or(&0);
        let (records, seen, kept) = (onionskin::is_recording(), counters.seen, counters.recorded);
        println!("{flushed} {records} {seen} {kept} {full}");
    }
}
