//! One case run: the request sent, the answer taken, everything written down.

use crate::{
    build,
    edits::Held,
    kit::Shared,
    log::{BodyLeft, Event, Given, How, Label, Log, Place, Seen, within},
    plan::{Case, Edit, Mode},
    reel::reel,
};
use axum::{extract::Request, response::Response};
use http_body::{Body as _, SizeHint};
use onionskin::testing::{Recorded, Tap};
use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, Once, PoisonError},
    task::Poll,
    time::Duration,
};
use tower_service::Service;

/// Which router an app is built on, and whether it is recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum On {
    /// Recorded with its bodies, and the cycle kept for the test.
    Tapped,
    /// Recorded for an inspector: there is none, unless one listens at `ONIONSKIN_SOCKET`.
    Untapped,
    /// With recording switched off.
    Off,
    /// On axum's router.
    Plain,
}

/// Runs code with the switch of this process so; others wait. A tapped cycle is recorded whatever the switch says.
pub fn with_recording<R>(on: bool, code: impl FnOnce() -> R) -> R {
    static SWITCH: Mutex<()> = Mutex::new(());
    let _switch = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
    onionskin::set_recording(on);
    assert_eq!(onionskin::is_recording(), on);
    code()
}

/// What came of a case.
pub struct Ran {
    pub events: Vec<Event>,
    pub given: Vec<Given>,
    pub cycle: Option<Recorded>,
    pub client: Got,
}

/// What the client got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Got {
    pub head: Option<Seen>,
    pub frames: Vec<Frame>,
    pub hint: Option<(u64, Option<u64>)>,
}

/// What a poll of the body gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Data(Vec<u8>),
    Trailers(Vec<(String, Vec<u8>)>),
    Error(String),
    End,
}

/// Panics of the kit are part of the plan: they are not printed.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or(payload.downcast_ref::<&str>().copied());
            if !text.is_some_and(|t| t.starts_with("kit: ")) {
                next(info);
            }
        }));
    });
}

/// Runs a case on a runtime of its own, whose time passes by itself.
pub fn run(case: &Case, on: On) -> Ran {
    quiet();
    match on {
        On::Untapped => with_recording(true, || run_now(case, on)),
        On::Off => with_recording(false, || run_now(case, on)),
        On::Tapped | On::Plain => run_now(case, on),
    }
}

fn run_now(case: &Case, on: On) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let case = Arc::new(case.clone());
    runtime.block_on(async {
        let log = Log::default();
        let shared = Shared {
            log: log.clone(),
            case: case.clone(),
        };
        let request = request(&case, &log);
        let tap = Tap::new();
        let client = match on {
            On::Tapped => {
                exchange(&shared, build::tapped::build(&shared), tap.attach(request)).await
            }
            On::Untapped | On::Off => {
                exchange(&shared, build::tapped::build(&shared), request).await
            }
            On::Plain => exchange(&shared, build::plain::build(&shared), request).await,
        };
        let (events, given) = log.with(|l| (l.events.clone(), l.reels.clone()));
        let mut cycles = tap.take();
        assert!(cycles.len() <= 1, "one request, one cycle");
        Ran {
            events,
            given,
            cycle: cycles.pop(),
            client,
        }
    })
}

fn request(case: &Case, log: &Log) -> Request {
    let plan = &case.request;
    let (body, label) = reel(log, plan.body.clone());
    let mut request = Held::new(Request::new(body), label);
    *request.message.method_mut() = plan.method.parse().expect("a method");
    *request.message.uri_mut() = plan.path.parse().expect("a path");
    for (name, value) in &plan.headers {
        let value = http::HeaderValue::from_bytes(value).expect("a value");
        request.message.headers_mut().append(*name, value);
    }
    request.message
}

/// Sends the request and takes the answer as the plan says.
async fn exchange<S>(shared: &Shared, mut app: S, request: Request) -> Got
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let (log, client) = (&shared.log, &shared.case.client);
    let is_head = request.method() == http::Method::HEAD;
    let (visit, label) = log.enter(Place::Router, &request);
    let call = log.call(visit, &request, label, false);
    let mut got = Got::default();
    let asked = catch_unwind(AssertUnwindSafe(|| {
        within(Some(call), || app.call(request))
    }));
    let Ok(future) = asked else {
        log.back_without(call, How::Unwound);
        log.leave(visit, How::Unwound);
        return got;
    };
    let mut future = Box::pin(future);
    let mut limit = pin!(tokio::time::sleep(Duration::from_secs(1)));
    let mut pending = 0;
    let answered = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            within(Some(call), || future.as_mut().poll(cx))
        }));
        match polled {
            Ok(Poll::Ready(response)) => Poll::Ready(Some(Ok(response))),
            Err(_) => Poll::Ready(Some(Err(()))),
            Ok(Poll::Pending) if client.gives_up == Some(pending) => Poll::Ready(None),
            Ok(Poll::Pending) => {
                pending += 1;
                limit.as_mut().poll(cx).map(|()| None)
            }
        }
    })
    .await;
    if answered.is_none() {
        log.gave_up();
    }
    drop(future);
    match answered {
        None => {
            log.back_without(call, How::Dropped);
            log.leave(visit, How::Dropped);
        }
        Some(Err(())) => {
            log.back_without(call, How::Unwound);
            log.leave(visit, How::Unwound);
        }
        Some(Ok(response)) => {
            let Ok(response) = response;
            log.back(call, &response);
            // axum empties the answers of most routes to `HEAD`, not those of services without methods.
            let body = response.body();
            let emptied = is_head && body.is_end_stream() && body.size_hint().exact() == Some(0);
            let label = if emptied {
                Label::Head
            } else {
                log.label_back(call)
            };
            let seen = Seen::response(&response, label);
            log.leave(visit, How::Returned(Box::new(seen.clone())));
            log.head();
            got.head = Some(seen);
            let bodiless = is_head || matches!(response.status().as_u16(), 204 | 304);
            take(log, client.takes, bodiless, response, &mut got).await;
        }
    }
    got
}

/// `bodiless`: no body follows on HTTP/1, so that a server which asks for none has sent it all.
async fn take(log: &Log, takes: Option<usize>, bodiless: bool, response: Response, got: &mut Got) {
    let mut body = response.into_body();
    let hint: SizeHint = body.size_hint();
    got.hint = Some((hint.lower(), hint.upper()));
    let mut left = BodyLeft::Stopped;
    let mut takes = takes.unwrap_or(usize::MAX);
    if body.is_end_stream() || (bodiless && takes == 0) {
        // No server asks a body that says it is over.
        (left, takes) = (BodyLeft::All, 0);
    }
    for _ in 0..takes {
        let polled = poll_fn(|cx| {
            let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut body).poll_frame(cx)));
            polled.map_or(Poll::Ready(Err(())), |p| p.map(Ok))
        });
        match polled.await {
            Ok(Some(Ok(frame))) => got.frames.push(match frame.into_data() {
                Ok(data) => Frame::Data(data.to_vec()),
                Err(frame) => Frame::Trailers(
                    frame
                        .into_trailers()
                        .unwrap_or_default()
                        .iter()
                        .map(|(n, v)| (n.to_string(), v.as_bytes().to_vec()))
                        .collect(),
                ),
            }),
            Ok(Some(Err(error))) => {
                got.frames.push(Frame::Error(error.to_string()));
                left = BodyLeft::Broke;
                break;
            }
            Ok(None) => {
                got.frames.push(Frame::End);
                left = BodyLeft::All;
                break;
            }
            Err(()) => {
                left = BodyLeft::Panicked;
                break;
            }
        }
        // Nothing comes after trailers; and who knows the length has all of it then.
        let data = |f: &Frame| {
            if let Frame::Data(data) = f {
                data.len() as u64
            } else {
                0
            }
        };
        let taken: u64 = got.frames.iter().map(data).sum();
        if body.is_end_stream()
            || matches!(got.frames.last(), Some(Frame::Trailers(_)))
            || hint
                .exact()
                .is_some_and(|exact| exact > 0 && taken >= exact)
        {
            left = BodyLeft::All;
        }
    }
    log.body(left);
    drop(body);
}

/// The places that the request would meet if every layer only passed it on.
pub fn whole_way(case: &Case) -> Vec<Place> {
    let mut case = case.clone();
    for layer in &mut case.app.layers {
        layer.mode = Mode::Pass;
        (layer.wait_before, layer.wait_after) = (0, 0);
        layer.on_request.clear();
        layer.on_response.clear();
    }
    let view = &mut case.app.view;
    (view.mode, view.wait, view.reads) = (Mode::Pass, 0, 0);
    view.edits = Vec::<Edit>::new();
    view.body = Default::default();
    case.client.gives_up = None;
    let ran = run(&case, On::Plain);
    let place = |e: &Event| match e {
        Event::Enter { place, .. } => Some(*place),
        _ => None,
    };
    ran.events.iter().filter_map(place).collect()
}
