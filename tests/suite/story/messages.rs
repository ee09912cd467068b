//! What is kept of heads and bodies, and what is not.

use super::{cycle_of, delta, edits, the_app};
use crate::raw::{Act, converse};
use onionskin::wire::{BodyEnd, Edge, Side};

#[test]
fn bodies_have_their_length_their_hash_and_their_head() {
    let body: Vec<u8> = (0..70_000_u32).map(|i| (i % 251) as u8).collect();
    let cycle = cycle_of("POST /echo HTTP/1.1", &body);
    // The handler gives back the very body that it took: it is one body, seen once.
    let [seen] = &cycle.bodies[..] else {
        panic!("{:?}", cycle.bodies);
    };
    assert_eq!((seen.len, &seen.end), (70_000, &BodyEnd::Complete));
    assert_eq!(seen.hash.as_deref(), Some(XXH64_OF_IT));
    assert_eq!(seen.head.0, body[..64 << 10]);
    assert_eq!(seen.side, Side::Request);

    let cycle = cycle_of("GET /stream HTTP/1.1", b"");
    let [streamed] = &cycle.bodies[..] else {
        panic!("{:?}", cycle.bodies);
    };
    assert_eq!((streamed.len, streamed.side), (15, Side::Response));
    assert_eq!(streamed.head.as_str(), Some("one, two, three"));

    let cycle = cycle_of("GET /trailers HTTP/1.1\nte: trailers", b"");
    let trailers = &cycle.bodies[0].trailers;
    assert_eq!(trailers.len(), 1);
    assert_eq!(
        (&*trailers[0].name, trailers[0].value.as_str()),
        ("x-sum", Some("3"))
    );
    let said = onionskin::text::timeline(&cycle).to_string();
    assert!(said.contains("  trailer x-sum: 3\n"), "{said}");
    assert!(said.contains(", complete, xxh64 "), "{said}");
}

/// By another implementation: `xxhash.xxh64(bytes(i % 251 for i in range(70000))).hexdigest()` in Python.
const XXH64_OF_IT: &str = "fcb0c39fbcc2aaf3";

#[test]
fn credentials_are_masked() {
    let head = "GET /headers?token=tr0ub4dor&page=2 HTTP/1.1\nauthorization: Bearer s3cr3t-one\ncookie: sid=s3cr3t-two\nx-api-key: s3cr3t-three";
    let cycle = cycle_of(head, b"");
    let json = serde_json::to_string(&cycle).unwrap();
    let head = edits(delta(&cycle, Edge::In, "serve"));
    for name in ["authorization", "cookie", "x-api-key"] {
        let line = head
            .iter()
            .find(|line| line.starts_with(&format!("+ {name}: ")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {head:?}"));
        assert!(line.contains("[redacted #"), "{line}");
    }
    assert!(
        cycle.target.contains("page=2") && !cycle.target.contains("tr0ub4dor"),
        "{}",
        cycle.target
    );
    // The app itself says them in its response's body, which is plain text: there they are found by name, too.
    let deltas = serde_json::to_string(&cycle.steps).unwrap();
    assert!(
        !deltas.contains("s3cr3t") && !deltas.contains("tr0ub4dor"),
        "{deltas}"
    );
    assert!(json.contains("page=2"));
}

#[test]
fn the_connection_is_known() {
    let app = the_app();
    let (app, watch) = &*app;
    let before = watch.counters().stored;
    let two =
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    converse(app.at, &[Act::Send(two.to_vec())]);
    watch.wait_for(before + 2);
    let listed = watch.listed();
    let last = &listed[listed.len() - 2..];
    let [first, second] = [0, 1].map(|i| watch.cycle(&last[i].cycle.id).connection.unwrap());
    assert_eq!(first.number, second.number);
    assert_eq!((first.reuse, second.reuse), (1, 2));
    for connection in [first, second] {
        assert!(connection.peer.unwrap().starts_with("127.0.0.1:"));
    }
}
