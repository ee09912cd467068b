//! How a layer of the kit calls the service inside it.

use crate::{
    edits::Held,
    kit::{Answer, KitError, own_answer},
    log::{How, Log, Visit, within},
    plan::{BodyPlan, Keep, Mode},
    reel::reel,
    watched::{Ended, Watched},
};
use axum::{extract::Request, response::Response};
use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};
use tower_service::Service;

/// Calls the inner service once.
async fn once<S>(
    log: Log,
    visit: Visit,
    mut inner: S,
    held: Held<Request>,
    rebuilt: bool,
) -> Result<Answer, KitError>
where
    S: Service<Request, Response = Response> + Send + 'static,
    S::Error: Into<KitError> + 'static,
    S::Future: Send + 'static,
{
    poll_fn(|cx| inner.poll_ready(cx))
        .await
        .map_err(Into::into)?;
    let call = log.call(visit, &held.message, held.label, rebuilt);
    let answering = within(Some(call), || inner.call(held.message));
    let report = {
        let log = log.clone();
        move |ended: Ended<'_, Result<Response, S::Error>>| match ended {
            Ended::Done(Ok(response)) => drop(log.back(call, response)),
            Ended::Done(Err(_)) => log.back_without(call, How::Error),
            Ended::Dropped => log.back_without(call, How::Dropped),
            Ended::Unwound => log.back_without(call, How::Unwound),
        }
    };
    let response = Watched::new(answering, report)
        .on_behalf_of(call)
        .await
        .map_err(Into::into)?;
    let label = log.label_back(call);
    Ok(Held::new(response, label))
}

/// The same request with another body.
fn again(log: &Log, held: &Held<Request>) -> Held<Request> {
    let plan = BodyPlan {
        chunks: vec![b"again".to_vec()],
        exact: true,
        tells_end: true,
        ..BodyPlan::default()
    };
    let (body, label) = reel(log, plan);
    let mut request = Request::new(body);
    *request.method_mut() = held.message.method().clone();
    *request.uri_mut() = held.message.uri().clone();
    *request.version_mut() = held.message.version();
    *request.headers_mut() = held.message.headers().clone();
    *request.extensions_mut() = held.message.extensions().clone();
    Held::new(request, label)
}

fn keep<T>(keep: Keep, first: T, second: T) -> T {
    match keep {
        Keep::First => first,
        Keep::Second => second,
    }
}

type Panicked = Box<dyn std::any::Any + Send>;

/// Polls a future until it is done or panics.
async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        move |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        },
    )
    .await
}

async fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(future).await {
        Ok(output) => output,
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// Polls a future until it is done or was pending too often.
async fn impatient<F: Future>(future: F, patience: u8) -> Option<F::Output> {
    let mut future: Pin<Box<F>> = Box::pin(future);
    let mut pending = 0;
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if pending == patience => Poll::Ready(None),
        Poll::Pending => {
            pending += 1;
            Poll::Pending
        }
    })
    .await
}

/// Does with the inner service what the mode says.
pub async fn ask<S>(
    log: &Log,
    mode: &Mode,
    visit: Visit,
    inner: S,
    mut held: Held<Request>,
) -> Result<Answer, KitError>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<KitError> + 'static,
    S::Future: Send + 'static,
{
    let call = |held, rebuilt| once(log.clone(), visit, inner.clone(), held, rebuilt);
    match mode {
        Mode::Answer(status) => Ok(own_answer(log, *status)),
        Mode::Hang => std::future::pending().await,
        Mode::Instead(status) => {
            call(held, false).await?;
            Ok(own_answer(log, *status))
        }
        Mode::Twice(which) => {
            let second = again(log, &held);
            let first = call(held, false).await;
            let second = call(second, false).await;
            keep(*which, first, second)
        }
        Mode::Join(which) => {
            let second = again(log, &held);
            let (first, second) = tokio::join!(call(held, false), call(second, false));
            keep(*which, first, second)
        }
        Mode::Spawn => spawned(call(held, false)).await,
        Mode::SpawnTwice(which) => {
            let second = again(log, &held);
            let (first, second) =
                tokio::join!(spawned(call(held, false)), spawned(call(second, false)));
            keep(*which, first, second)
        }
        Mode::Timeout(ms, status) => {
            let limit = Duration::from_millis(u64::from(*ms));
            match tokio::time::timeout(limit, call(held, false)).await {
                Ok(answer) => answer,
                Err(_) => Ok(own_answer(log, *status)),
            }
        }
        Mode::GiveUp(patience, status) => match impatient(call(held, false), *patience).await {
            Some(answer) => answer,
            None => Ok(own_answer(log, *status)),
        },
        Mode::Rebuild => {
            held.message.extensions_mut().clear();
            call(held, true).await
        }
        Mode::Reassemble => {
            let held = call(held, false).await?;
            let (head, body) = held.message.into_parts();
            let mut response = Response::new(body);
            *response.status_mut() = head.status;
            *response.headers_mut() = head.headers;
            Ok(Held::new(response, held.label))
        }
        Mode::Catch => match caught(call(held, false)).await {
            Ok(answer) => answer,
            Err(_) => Ok(own_answer(log, 500)),
        },
        Mode::CatchAndRetry => {
            let second = again(log, &held);
            match caught(call(held, false)).await {
                Ok(answer) => answer,
                Err(_) => call(second, false).await,
            }
        }
        Mode::Pass | Mode::Panic(_) | Mode::Fail(_) => call(held, false).await,
    }
}
