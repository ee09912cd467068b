use super::*;
use crate::{fixture, model::DiffLine};
use flate2::{Compression, write};
use onionskin::wire::Octets;
use proptest::prelude::*;
use std::io::{Read as _, Write as _};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    ::brotli::CompressorReader::new(bytes, 4096, 5, 20)
        .read_to_end(&mut out)
        .unwrap();
    out
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

type Encode = fn(&[u8]) -> Vec<u8>;

const CODINGS: [(&str, Encode); 5] = [
    ("gzip", gzip),
    ("deflate", zlib),
    ("deflate", deflate),
    ("br", brotli),
    ("zstd", zstd),
];

/// A cycle of the fixture whose response has this body.
fn cycle(content_type: &str, codings: &str, head: &[u8], len: usize) -> Cycle {
    let mut cycle = fixture::cycle(fixture::RUN, 1);
    let header = |name: &str, value: &str| onionskin::wire::Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    };
    let delta = cycle.steps[2].delta.as_mut().unwrap();
    delta.headers = onionskin::replay::diff(
        &[],
        &[
            header("content-type", content_type),
            header("content-encoding", codings),
        ],
    );
    cycle.bodies[0].head = Octets(head.to_vec());
    cycle.bodies[0].len = len as u64;
    cycle
}

fn view_of(content_type: &str, codings: &str, head: &[u8]) -> BodyView {
    let cycle = cycle(content_type, codings, head, head.len());
    body(&cycle, 0, BodyOptions::default()).unwrap()
}

fn text(view: &BodyView) -> String {
    match &view.content {
        Content::Text { lines, .. } | Content::Html { lines, .. } => {
            let texts: Vec<_> = lines.iter().map(|l| &*l.text).collect();
            texts.join("\n")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn codings_are_taken_off_and_can_be_left_on() {
    let plain = "hello hello hello hello\n".repeat(40);
    for (name, encode) in CODINGS {
        let bytes = encode(plain.as_bytes());
        let view = view_of("text/plain", name, &bytes);
        assert_eq!(text(&view), plain.trim_end(), "{name}");
        let decoded = view.decoded.unwrap();
        assert_eq!(
            (decoded.len, decoded.truncated, decoded.error),
            (960, false, None),
            "{name}"
        );
        assert!(view.complete && !view.redacted);

        let cycle = cycle("text/plain", name, &bytes, bytes.len());
        let options = BodyOptions {
            encoded: true,
            ..BodyOptions::default()
        };
        let view = body(&cycle, 0, options).unwrap();
        assert_eq!(
            (view.kind, view.decoded),
            (ContentKind::Hex, None),
            "{name}"
        );
    }
    let twice = gzip(&brotli(plain.as_bytes()));
    assert_eq!(
        text(&view_of("text/plain", "br, GZIP", &twice)),
        plain.trim_end()
    );
}

#[test]
fn a_head_that_is_cut_is_decoded_as_far_as_it_goes() {
    let plain: String = (0..30_000)
        .map(|i| format!("line {} of many\n", i * 7919))
        .collect();
    for (name, encode) in CODINGS {
        let bytes = encode(plain.as_bytes());
        let half = &bytes[..bytes.len() / 2];
        let cycle = cycle("text/plain", name, half, bytes.len());
        let view = body(&cycle, 0, BodyOptions::default()).unwrap();
        let decoded = view.decoded.clone().unwrap();
        assert_eq!((decoded.truncated, decoded.error), (true, None), "{name}");
        assert!(decoded.len > 50_000, "{name}: {}", decoded.len);
        assert!(plain.starts_with(&text(&view)), "{name}");
        assert!(!view.complete);
    }
}

#[test]
fn a_bomb_is_cut_and_says_so() {
    // 10 MiB of zeros: what is between two codings has a cap as well.
    let zeros = vec![0; 10 << 20];
    for (name, bytes) in [
        ("gzip, gzip", gzip(&gzip(&zeros))),
        ("gzip", gzip(&zeros)),
        ("zstd", zstd(&zeros)),
        ("br, zstd", zstd(&brotli(&zeros))),
    ] {
        let view = view_of("text/plain", name, &bytes);
        let decoded = view.decoded.unwrap();
        assert_eq!(
            (decoded.len, decoded.truncated),
            (decode::MAX_DECODED, true),
            "{name}"
        );
    }
    let thrice = gzip(&gzip(&gzip(b"hello")));
    let view = view_of("text/plain", "gzip, gzip, gzip", &thrice);
    assert!(view.decoded.unwrap().error.unwrap().contains("at most 2"));
    let view = view_of("text/plain", "compress", b"hello");
    assert!(view.decoded.unwrap().error.unwrap().contains("compress"));
}

#[test]
fn credentials_behind_a_coding_are_masked() {
    let json = br#"{"user":"ann","password":"canary-5f0e","deep":[{"accessToken":"canary-5f0e"}]}"#;
    for (name, encode) in CODINGS {
        let view = view_of("application/json", name, &encode(json));
        assert_eq!(view.kind, ContentKind::Json);
        assert!(view.redacted);
        let shown = serde_json::to_string(&view).unwrap();
        assert!(
            !shown.contains("canary") && shown.contains("[redacted]"),
            "{shown}"
        );
    }
    let cut = gzip(json);
    let cut = &cut[..cut.len() - 20];
    let cycle = cycle("application/json", "gzip", cut, cut.len() + 20);
    let view = body(&cycle, 0, BodyOptions::default()).unwrap();
    assert!(!serde_json::to_string(&view).unwrap().contains("canary"));
    let form = view_of(
        "application/x-www-form-urlencoded",
        "gzip",
        &gzip(b"a=1&pin=canary"),
    );
    let Content::Form { pairs, .. } = &form.content else {
        panic!("{form:?}");
    };
    assert_eq!((&*pairs[1].value, pairs[1].redacted), ("[redacted]", true));
}

#[test]
fn a_body_is_whole_although_its_masks_are_shorter_than_what_they_stand_for() {
    let mut masked = cycle("text/plain", "", b"pin=[redacted #0a1b]", 40);
    masked.bodies[0].redacted = true;
    let view = body(&masked, 0, BodyOptions::default()).unwrap();
    assert_eq!((view.kept, view.complete), (40, true));
    masked.bodies[0].len = 70_000;
    let view = body(&masked, 0, BodyOptions::default()).unwrap();
    assert_eq!((view.kept, view.complete), (20, false));
}

#[test]
fn what_is_not_there_is_not_made_up() {
    assert_eq!(view_of("text/plain", "", b"").content, Content::Empty);
    let cycle = cycle("text/plain", "", b"", 9);
    let view = body(&cycle, 0, BodyOptions::default()).unwrap();
    assert_eq!((view.content, view.complete), (Content::NotKept, false));
    assert!(body(&cycle, 1, BodyOptions::default()).is_none());
    let view = view_of("text/plain", "gzip", b"this is no gzip");
    let decoded = view.decoded.unwrap();
    assert!(decoded.error.is_some() && decoded.len == 0, "{decoded:?}");
}

#[test]
fn bodies_are_compared_with_others_of_the_cycle() {
    let mut cycle = cycle("text/plain", "", b"one\ntwo\nthree\n", 14);
    let mut other = cycle.bodies[0].clone();
    other.head = Octets(b"one\n2\nthree\nfour\n".to_vec());
    cycle.bodies.push(other);
    let options = |kind| BodyOptions {
        kind: Some(kind),
        against: Some(0),
        ..BodyOptions::default()
    };
    let view = body(&cycle, 1, options(ContentKind::Text)).unwrap();
    use crate::model::LineOp::{Add, Remove};
    let expected = [
        (None, "one"),
        (Some(Remove), "two"),
        (Some(Add), "2"),
        (None, "three"),
        (Some(Add), "four"),
    ];
    let expected = expected.map(|(op, text)| DiffLine {
        op,
        text: text.into(),
    });
    let (lines, more) = (expected.into(), 0);
    assert_eq!(view.content, Content::Text { lines, more });
    assert_eq!((view.against, view.before), (Some(0), None));
    let view = body(&cycle, 1, options(ContentKind::Hex)).unwrap();
    assert!(matches!(view.before, Some(Content::Hex { .. })));
}

const KINDS: [ContentKind; 9] = [
    ContentKind::Json,
    ContentKind::Text,
    ContentKind::Form,
    ContentKind::Multipart,
    ContentKind::Image,
    ContentKind::Html,
    ContentKind::Xml,
    ContentKind::Events,
    ContentKind::Hex,
];

/// Every reader takes these bytes, with every coding, compared with others.
fn read_all(bytes: &[u8], other: &[u8]) {
    for codings in ["", "gzip", "br", "zstd", "deflate, gzip"] {
        let mut cycle = cycle(
            "multipart/mixed; boundary=b",
            codings,
            bytes,
            bytes.len() + 1,
        );
        let mut second = cycle.bodies[0].clone();
        second.head = Octets(other.to_vec());
        cycle.bodies.push(second);
        let best = body(&cycle, 0, BodyOptions::default()).unwrap();
        assert!(!best.kinds.is_empty());
        for kind in KINDS {
            for against in [None, Some(1)] {
                let options = BodyOptions {
                    kind: Some(kind),
                    encoded: false,
                    against,
                };
                let view = body(&cycle, 0, options).unwrap();
                serde_json::to_string(&view).unwrap();
            }
        }
    }
}

const SEEDS: [&[u8]; 7] = [
    br#"{"a":[1,2.5e3,{"b":"\u00e9\n"}],"c":null,"d":true}"#,
    b"a=1&b=%20+&c",
    b"--b\r\ncontent-disposition: form-data; name=\"x\"; filename=\"y\"\r\n\r\nhello\r\n--b--\r\n",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\x02",
    b"<!doctype html><p class=\"a\">x</p><!-- y -->",
    b"<?xml version=\"1.0\"?><a><b>c</b></a>",
    b"event: a\ndata: b\nid: 3\n\ndata: c\r\n\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_bytes_make_a_reader_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        other in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        read_all(&bytes, &other);
    }

    #[test]
    fn no_mutation_makes_a_reader_panic(
        seed in 0..SEEDS.len(),
        coding in 0..=CODINGS.len(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = SEEDS[seed].to_vec();
        if let Some((_, encode)) = CODINGS.get(coding) {
            bytes = encode(&bytes);
        }
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes[at] ^= 1 << (byte & 7),
            }
        }
        bytes.truncate(cut.index(bytes.len() * 2) + 1);
        read_all(&bytes, SEEDS[seed]);
    }
}
