//! Random plans.

use crate::plan::*;
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Names whose values are kept, and some whose values are masked.
const NAMES: [&str; 9] = [
    "accept",
    "x-a",
    "x-b",
    "x-c",
    "vary",
    "content-type",
    "authorization",
    "x-api-key",
    "cookie",
];

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(vec!["", "1", "2", "text/html", "Bearer abc.def", "a=1; b=2"]).prop_map(|s: &str| s.as_bytes().to_vec()),
        1 => vec(prop_oneof![0x80_u8..=0xff, 0x20_u8..0x7f], 0..6),
    ]
}

pub fn body() -> impl Strategy<Value = BodyPlan> {
    let chunk = vec(any::<u8>(), 0..12);
    let end = prop_oneof![12 => Just(End::Well), 2 => Just(End::Error), 1 => Just(End::Panic)];
    let trailers = prop_oneof![
        4 => Just(vec![]),
        1 => vec((select(vec!["x-sum", "x-api-key"]), value()), 1..3)
    ];
    let frames = prop_oneof![2 => Just(vec![]), 5 => vec(chunk, 1..4)];
    (frames, any::<[bool; 3]>(), trailers, end).prop_map(
        |(chunks, [exact, tells_end, waits], trailers, end)| BodyPlan {
            chunks,
            exact,
            tells_end,
            waits,
            trailers,
            end,
        },
    )
}

fn head_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (name(), value()).prop_map(|(n, v)| Edit::Set(n, v)),
        3 => (name(), value()).prop_map(|(n, v)| Edit::Append(n, v)),
        3 => name().prop_map(Edit::Remove),
        1 => (name(), value()).prop_map(|(n, v)| Edit::Sensitive(n, v)),
        1 => (0..3_usize).prop_map(Edit::Ext),
        1 => (0..3_usize).prop_map(Edit::NoExt),
    ]
}

fn body_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => body().prop_map(BodyEdit::Replace),
        1 => Just(BodyEdit::Prefix),
        1 => Just(BodyEdit::Buffer),
        1 => Just(BodyEdit::Empty),
    ]
    .prop_map(Edit::Body)
}

fn request_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => head_edit(),
        1 => select(vec!["/rewritten?x=1", "/n/items/9", "http://h.test/abs"]).prop_map(Edit::Uri),
        1 => select(vec!["GET", "POST", "PATCH"]).prop_map(Edit::Method),
        2 => body_edit(),
    ]
}

fn status() -> impl Strategy<Value = u16> {
    select(vec![200, 201, 204, 302, 401, 404, 408, 500, 503, 504])
}

fn response_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => head_edit(),
        1 => status().prop_map(Edit::Status),
        2 => body_edit(),
        1 => Just(Edit::Body(BodyEdit::Disguise)),
    ]
}

fn keep() -> impl Strategy<Value = Keep> {
    select(vec![Keep::First, Keep::Second])
}

fn moment() -> impl Strategy<Value = Moment> {
    select(vec![Moment::InCall, Moment::Before, Moment::After])
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        40 => Just(Mode::Pass),
        3 => status().prop_map(Mode::Answer),
        2 => status().prop_map(Mode::Instead),
        3 => keep().prop_map(Mode::Twice),
        3 => keep().prop_map(Mode::Join),
        3 => Just(Mode::Spawn),
        3 => keep().prop_map(Mode::SpawnTwice),
        3 => (0..6_u8, status()).prop_map(|(ms, s)| Mode::Timeout(ms, s)),
        2 => (0..4_u8, status()).prop_map(|(n, s)| Mode::GiveUp(n, s)),
        3 => Just(Mode::Rebuild),
        2 => Just(Mode::Reassemble),
        2 => moment().prop_map(Mode::Panic),
        4 => Just(Mode::Catch),
        2 => Just(Mode::CatchAndRetry),
        3 => moment().prop_map(Mode::Fail),
        1 => Just(Mode::Hang),
    ]
}

fn wait() -> impl Strategy<Value = u8> {
    prop_oneof![5 => Just(0_u8), 1 => 1..5_u8]
}

fn layer() -> impl Strategy<Value = LayerPlan> {
    (
        proptest::bool::weighted(0.2),
        vec(request_edit(), 0..3),
        wait(),
        mode(),
        wait(),
        vec(response_edit(), 0..3),
    )
        .prop_map(
            |(traced, on_request, wait_before, mode, wait_after, on_response)| LayerPlan {
                traced,
                on_request,
                wait_before,
                mode,
                wait_after,
                on_response,
            },
        )
}

fn view() -> impl Strategy<Value = ViewPlan> {
    let mode = prop_oneof![
        20 => Just(Mode::Pass),
        1 => moment().prop_map(Mode::Panic),
        1 => moment().prop_map(Mode::Fail),
        1 => Just(Mode::Hang),
    ];
    let reads = prop_oneof![Just(0_usize), Just(1), Just(99)];
    (mode, reads, wait(), vec(response_edit(), 0..4), body()).prop_map(
        |(mode, reads, wait, edits, body)| ViewPlan {
            mode,
            reads,
            wait,
            edits,
            body,
        },
    )
}

/// Layers that call twice double what is inside of them: three are enough.
fn few_doublings(mut layers: Vec<LayerPlan>) -> Vec<LayerPlan> {
    let doubles = |l: &&mut LayerPlan| {
        matches!(
            l.mode,
            Mode::Twice(_) | Mode::Join(_) | Mode::SpawnTwice(_) | Mode::CatchAndRetry
        )
    };
    for layer in layers.iter_mut().filter(doubles).skip(3) {
        layer.mode = Mode::Pass;
    }
    layers
}

fn app() -> impl Strategy<Value = AppPlan> {
    (
        vec(layer(), 1..=12),
        (0..=12_usize, 0..=3_usize, 0..=4_usize),
        any::<[bool; 4]>(),
        view(),
    )
        .prop_map(
            |(
                layers,
                (on_method, fallible, on_inner),
                [route_layer, nested, fallback, inner_fallback],
                view,
            )| {
                let layers = few_doublings(layers);
                let on_method = on_method.min(layers.len()) / 2;
                let on_inner = on_inner.min(layers.len() - on_method);
                AppPlan {
                    on_method,
                    fallible: fallible.min(on_method.saturating_sub(1)),
                    on_inner,
                    route_layer,
                    nested,
                    fallback,
                    inner_fallback,
                    layers,
                    view,
                }
            },
        )
}

fn request() -> impl Strategy<Value = RequestPlan> {
    (
        select(vec!["GET", "GET", "POST", "HEAD", "DELETE", "OPTIONS"]),
        prop_oneof![
            4 => select(vec!["/n/items/7", "/items/7", "/n/items/a%20b?q=1&token=hunter2"]),
            1 => select(vec!["/plain", "/plain?x=%41", "/nowhere", "/n/nowhere", "/files/a/b.css"]),
        ],
        vec((name(), value()), 0..6),
        body(),
    )
        .prop_map(|(method, path, headers, body)| RequestPlan {
            method,
            path,
            headers,
            body,
        })
}

fn client() -> impl Strategy<Value = Client> {
    (
        option::weighted(0.15, 0..6_u8),
        option::weighted(0.15, 0..4_usize),
    )
        .prop_map(|(gives_up, takes)| Client { gives_up, takes })
}

pub fn case() -> impl Strategy<Value = Case> {
    (request(), app(), client()).prop_map(|(request, app, client)| Case {
        request,
        app,
        client,
    })
}

/// Cases for a client that stops early, with bodies that never end as well.
pub fn unending() -> impl Strategy<Value = Case> {
    let never = (body(), any::<bool>()).prop_map(|(body, never)| BodyPlan {
        end: if never { End::Never } else { body.end },
        ..body
    });
    (case(), never, 0..5_usize).prop_map(|(mut case, body, takes)| {
        // What reads a whole body would never be done.
        let buffers = |e: &Edit| matches!(e, Edit::Body(BodyEdit::Buffer));
        for layer in &mut case.app.layers {
            layer.on_request.retain(|e| !buffers(e));
            layer.on_response.retain(|e| !buffers(e));
        }
        case.app.view.edits.retain(|e| !buffers(e));
        case.app.view.reads = case.app.view.reads.min(3);
        case.app.view.body = body;
        case.client.takes = Some(takes);
        case
    })
}
