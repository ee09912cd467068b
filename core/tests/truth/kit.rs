//! The kit: layers and views that do what a plan says and write down what they saw.

use crate::{
    edits::{Held, edit_request, edit_response, read},
    log::{How, Label, Log, Place, Seen, Visit},
    modes,
    plan::{BodyPlan, Case, Mode, Moment},
    reel::reel,
    watched::{Ended, Watched},
};
use axum::{extract::Request, response::Response};
use std::{
    convert::Infallible,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower_layer::Layer;
use tower_service::Service;

/// The error of a layer or a view.
#[derive(Clone, Debug)]
pub struct KitError;

impl fmt::Display for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kit error")
    }
}

impl std::error::Error for KitError {}

impl From<Infallible> for KitError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// What a visit hands on: the response and which body it has.
pub type Answer = Held<Response>;

/// What becomes of an error: it is handed on, or turned into a response.
pub trait Ending: Sized + Send + 'static {
    fn end(log: &Log) -> Result<Answer, Self>;
}

impl Ending for KitError {
    fn end(_: &Log) -> Result<Answer, Self> {
        Err(Self)
    }
}

impl Ending for Infallible {
    fn end(log: &Log) -> Result<Answer, Self> {
        Ok(own_answer(log, 500))
    }
}

/// A response that a layer makes by itself.
pub fn own_answer(log: &Log, status: u16) -> Answer {
    let plan = BodyPlan {
        chunks: vec![b"own".to_vec()],
        exact: true,
        tells_end: true,
        ..BodyPlan::default()
    };
    let (body, label) = reel(log, plan);
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().expect("a status");
    Held::fresh(response, label)
}

/// What everything of the kit knows.
#[derive(Clone)]
pub struct Shared {
    pub log: Log,
    pub case: Arc<Case>,
}

/// A service with a layer of the kit around it.
#[derive(Clone)]
pub struct Kit<S, E> {
    shared: Shared,
    index: usize,
    inner: S,
    error: PhantomData<fn() -> E>,
}

macro_rules! layers {
    ($($name:ident $index:literal)*) => { $(
        /// A layer of the kit: a type of its own for every position, so that each is a site of its own.
        pub struct $name<E>(pub Shared, PhantomData<fn() -> E>);

        impl<E> $name<E> {
            pub fn new(shared: &Shared) -> Self {
                Self(shared.clone(), PhantomData)
            }
        }

        impl<E> Clone for $name<E> {
            fn clone(&self) -> Self {
                Self::new(&self.0)
            }
        }

        impl<S, E> Layer<S> for $name<E> {
            type Service = Kit<S, E>;

            fn layer(&self, inner: S) -> Kit<S, E> {
                Kit { shared: self.0.clone(), index: $index, inner, error: PhantomData }
            }
        }
    )* };
}

layers! { L0 0 L1 1 L2 2 L3 3 L4 4 L5 5 L6 6 L7 7 L8 8 L9 9 L10 10 L11 11 }

type Answering<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<S, E> Service<Request> for Kit<S, E>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<KitError> + 'static,
    S::Future: Send + 'static,
    E: Ending,
{
    type Response = Response;
    type Error = E;
    type Future = Answering<E>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering<E> {
        let (shared, index, inner) = (self.shared.clone(), self.index, self.inner.clone());
        let log = shared.log.clone();
        let (visit, label) = log.enter(Place::Layer(index), &request);
        if shared.case.app.layers[index].mode == Mode::Panic(Moment::InCall) {
            log.leave(visit, How::Unwound);
            panic!("kit: L{index}");
        }
        let pass = async move {
            match pass(&shared, index, visit, inner, Held::new(request, label)).await {
                Ok(answer) => Ok(answer),
                Err(KitError) => E::end(&shared.log),
            }
        };
        watch(log, visit, pass)
    }
}

/// Notes how a visit is left.
fn watch<E: Ending>(
    log: Log,
    visit: Visit,
    pass: impl Future<Output = Result<Answer, E>> + Send + 'static,
) -> Answering<E> {
    let report = move |ended: Ended<'_, Result<Answer, E>>| match ended {
        Ended::Done(Ok(held)) => {
            let seen = Seen::response(&held.message, held.label);
            log.leave(visit, How::Returned(Box::new(seen)));
        }
        Ended::Done(Err(_)) => log.leave(visit, How::Error),
        Ended::Dropped => log.leave(visit, How::Dropped),
        Ended::Unwound => log.leave(visit, How::Unwound),
    };
    let watched = Watched::new(pass, report);
    Box::pin(async move { watched.await.map(|held| held.message) })
}

/// Waits, if there is anything to wait for.
async fn wait(ms: u8) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
    }
}

async fn pass<S>(
    shared: &Shared,
    index: usize,
    visit: Visit,
    inner: S,
    mut request: Held<Request>,
) -> Result<Answer, KitError>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<KitError> + 'static,
    S::Future: Send + 'static,
{
    let (log, plan) = (&shared.log, &shared.case.app.layers[index]);
    edit_request(log, &plan.on_request, &mut request).await;
    wait(plan.wait_before).await;
    match plan.mode {
        Mode::Panic(Moment::Before) => panic!("kit: L{index}"),
        Mode::Fail(Moment::InCall | Moment::Before) => return Err(KitError),
        _ => {}
    }
    let mut held = modes::ask(log, &plan.mode, visit, inner, request).await?;
    wait(plan.wait_after).await;
    match plan.mode {
        Mode::Panic(Moment::After) => panic!("kit: L{index}"),
        Mode::Fail(Moment::After) => return Err(KitError),
        _ => {}
    }
    edit_response(log, &plan.on_response, &mut held).await;
    Ok(held)
}

/// A view of the kit, by number.
pub struct View<E>(pub Shared, pub usize, pub PhantomData<fn() -> E>);

impl<E> Clone for View<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1, PhantomData)
    }
}

impl<E: Ending> Service<Request> for View<E> {
    type Response = Response;
    type Error = E;
    type Future = Answering<E>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering<E> {
        let (shared, number) = (self.0.clone(), self.1);
        let log = shared.log.clone();
        let (visit, label) = log.enter(Place::View(number), &request);
        if shared.case.app.view.mode == Mode::Panic(Moment::InCall) {
            log.leave(visit, How::Unwound);
            panic!("kit: V{number}");
        }
        let answer = async move {
            match view(&shared, number, request, label).await {
                Ok(answer) => Ok(answer),
                Err(KitError) => E::end(&shared.log),
            }
        };
        watch(log, visit, answer)
    }
}

async fn view(
    shared: &Shared,
    number: usize,
    mut request: Request,
    _: Label,
) -> Result<Answer, KitError> {
    let (log, plan) = (&shared.log, &shared.case.app.view);
    read(request.body_mut(), plan.reads).await;
    drop(request);
    wait(plan.wait).await;
    match plan.mode {
        Mode::Panic(_) => panic!("kit: V{number}"),
        Mode::Fail(_) => return Err(KitError),
        Mode::Hang => std::future::pending().await,
        _ => {}
    }
    let (body, label) = reel(log, plan.body.clone());
    let mut held = Held::fresh(Response::new(body), label);
    edit_response(log, &plan.edits, &mut held).await;
    Ok(held)
}
