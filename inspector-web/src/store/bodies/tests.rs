use super::{
    super::{Arrival, Intake, Item, Record, Store, decode},
    *,
};
use crate::fixture::{RUN, hello};
use proptest::{collection::vec, prelude::*};
use std::collections::{HashSet, VecDeque};

/// A frame of nothing but bodies, each content written once or as often as there is one with it.
fn frame(number: u8, bodies: &[&[u8]], once: bool) -> Vec<u8> {
    let varint = |out: &mut Vec<u8>, n: usize| {
        out.extend([n as u8 | 0x80, (n >> 7) as u8 | 0x80, (n >> 14) as u8]);
    };
    // The header, without a connection; no events.
    let mut frame = vec![3, number];
    frame.extend([0; 11]);
    varint(&mut frame, bodies.len());
    for (nth, body) in bodies.iter().enumerate() {
        // Flags, figures, hash; complete; no events, no trailers.
        frame.extend([0; 5 + 8]);
        frame.extend([1, 0, 0]);
        match bodies[..nth].iter().position(|earlier| earlier == body) {
            Some(first) if once => frame.extend([2, first as u8]),
            _ => {
                frame.push(0);
                varint(&mut frame, body.len());
                frame.extend_from_slice(body);
            }
        }
    }
    frame
}

/// Some of each length differ in their last byte only.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop_oneof![
        Just(1),
        Just(LEAST - 1),
        Just(LEAST),
        Just(1000),
        Just(5000)
    ];
    (lengths, 0..3_u8).prop_map(|(len, end)| {
        let mut bytes = vec![b'x'; len];
        bytes[len - 1] = end;
        bytes
    })
}

struct Kept {
    frame: Vec<u8>,
    apart: Vec<Vec<u8>>,
    /// What its entry takes, beside these.
    entry: u64,
}

fn apart_cost<'a>(contents: impl Iterator<Item = &'a Vec<u8>>) -> u64 {
    let each: HashSet<_> = contents.collect();
    each.into_iter()
        .map(|bytes| Content::of(bytes).cost())
        .sum()
}

/// Keeps one more cycle.
fn keep(store: &Store, frame: &[u8]) {
    let session = store.connect(&hello(RUN)).unwrap();
    let record = Record::Frame(Bytes::copy_from_slice(frame));
    let cycle = decode(&record, &session.tables).unwrap();
    let items = vec![Item::Cycle(Box::new(Arrival::new(&cycle, record)))];
    assert!(session.commit(Intake {
        items,
        ..Intake::default()
    }));
}

/// What a store takes that keeps this cycle and no other, beside what it takes without any.
fn alone(frame: &[u8]) -> u64 {
    let store = Store::new(1 << 30);
    drop(store.connect(&hello(RUN)).unwrap());
    let before = store.memory().bytes;
    keep(&store, frame);
    store.memory().bytes - before
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_content_takes_its_bytes_once_and_goes_with_the_last_cycle_that_has_it(
        cap in 20_000..60_000_u64,
        cycles in vec((vec(content(), 0..4), any::<bool>()), 1..60),
    ) {
        let store = Store::new(cap);
        drop(store.connect(&hello(RUN)).unwrap());
        let without = store.memory().bytes;
        let mut kept = VecDeque::new();
        for (nth, (bodies, once)) in cycles.iter().enumerate() {
            let bodies: Vec<&[u8]> = bodies.iter().map(|b| &**b).collect();
            let frame = frame(nth as u8 + 1, &bodies, *once);
            let long = bodies.iter().filter(|body| body.len() >= LEAST);
            let apart: Vec<_> = long.map(|body| body.to_vec()).collect();
            let entry = alone(&frame) - apart_cost(apart.iter());
            keep(&store, &frame);
            kept.push_back(Kept { frame, apart, entry });
            let stored = store.counters().stored as usize;
            let gone = kept.len() - stored;
            let bytes = |kept: &VecDeque<Kept>, from| {
                let entries = kept.range(from..).map(|kept| kept.entry).sum::<u64>();
                let contents = kept.range(from..).flat_map(|kept| &kept.apart);
                without + entries + apart_cost(contents)
            };
            prop_assert!(gone == 0 || bytes(&kept, gone - 1) > cap, "no more go than must");
            kept.drain(..gone);
            prop_assert_eq!(store.memory().bytes, bytes(&kept, 0));
            prop_assert!(store.memory().bytes <= cap);
        }
        let state = store.lock();
        let entries = state.log.range(0, u64::MAX);
        prop_assert_eq!(entries.len(), kept.len());
        for ((_, entry), kept) in entries.into_iter().zip(&kept) {
            let Some(Record::Frame(frame)) = entry.record.load() else {
                panic!("it came as a frame")
            };
            prop_assert_eq!(&frame[..], &kept.frame[..]);
        }
    }
}

#[test]
fn what_is_left_of_a_frame_counts() {
    let long = &[b'x'; LEAST][..];
    let [less, more] = [&[long][..], &[long, &[b'y'; 100]]].map(|bodies| frame(1, bodies, false));
    let grown = (more.len() - less.len()) as u64;
    assert_eq!(alone(&more) - alone(&less), grown);
}

#[test]
fn equal_bodies_of_two_cycles_are_the_same_memory_until_both_are_gone() {
    let body = vec![b'x'; LEAST];
    let frames = [1, 2].map(|n| frame(n, &[&body], false));
    let [mut one, mut other] = [0, 1].map(|n| Apart::of(&frames[n]).unwrap());
    let rest = frames[0].len() - LEAST;
    assert_eq!(one.len(), rest + size_of::<(u32, Content)>());
    let mut bodies = Bodies::default();
    bodies.take(&mut one);
    bodies.take(&mut other);
    assert!(Arc::ptr_eq(
        &one.bodies[0].1.bytes,
        &other.bodies[0].1.bytes
    ));
    assert_eq!(bodies.bytes(), one.bodies_cost());
    let held = Arc::downgrade(&one.bodies[0].1.bytes);
    bodies.let_go(&one);
    drop(one);
    assert_eq!(
        (bodies.bytes(), held.strong_count()),
        (other.bodies_cost(), 2)
    );
    bodies.let_go(&other);
    drop(other);
    assert_eq!((bodies.bytes(), held.strong_count()), (0, 0));
}

#[test]
fn the_bytes_count_and_not_the_hash() {
    let [one, mut other] = [b"a", b"b"].map(|bytes| Content::of(bytes));
    other.hash = one.hash;
    assert_ne!(one, other);
}

#[test]
fn a_cycle_that_fits_without_its_bodies_only_evicts_nothing() {
    let long = frame(2, &[&[b'x'; 5000]], false);
    let store = Store::new(alone(&long) - 1);
    keep(&store, &frame(1, &[], false));
    keep(&store, &long);
    let counters = store.counters();
    assert_eq!((counters.stored, counters.evicted), (1, 0));
    assert_eq!(counters.dropped["too_large"], 1);
}
