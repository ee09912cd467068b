//! What layers of the kit do to messages.

use crate::{
    log::{Ext, Label, Log},
    plan::{BodyEdit, BodyPlan, Edit},
    reel::{disguised, prefixed, reel},
};
use axum::{body::Body, extract::Request, response::Response};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use http_body::Body as _;
use std::{future::poll_fn, pin::Pin};

/// A message and which body it has.
pub struct Held<M> {
    pub message: M,
    pub label: Label,
    /// The body that it came with.
    pub came: Label,
}

impl<M> Held<M> {
    pub fn new(message: M, label: Label) -> Self {
        Self {
            message,
            label,
            came: label,
        }
    }

    /// With a body that no probe has seen.
    pub fn fresh(message: M, label: Label) -> Self {
        Self {
            message,
            label,
            came: Label::Head,
        }
    }
}

pub async fn edit_request(log: &Log, edits: &[Edit], held: &mut Held<Request>) {
    for edit in edits {
        match edit {
            Edit::Uri(uri) => *held.message.uri_mut() = uri.parse().expect("a URI"),
            Edit::Method(method) => *held.message.method_mut() = method.parse().expect("a method"),
            Edit::Ext(n) => insert(held.message.extensions_mut(), *n),
            Edit::NoExt(n) => remove(held.message.extensions_mut(), *n),
            Edit::Body(edit) => {
                let body = std::mem::take(held.message.body_mut());
                let (body, label) = edit_body(log, edit, body, held.label, held.came).await;
                *held.message.body_mut() = body;
                held.label = label;
            }
            edit => headers(held.message.headers_mut(), edit),
        }
    }
}

pub async fn edit_response(log: &Log, edits: &[Edit], held: &mut Held<Response>) {
    for edit in edits {
        match edit {
            Edit::Status(status) => {
                *held.message.status_mut() = (*status).try_into().expect("a status");
            }
            Edit::Ext(n) => insert(held.message.extensions_mut(), *n),
            Edit::NoExt(n) => remove(held.message.extensions_mut(), *n),
            Edit::Body(edit) => {
                let body = std::mem::take(held.message.body_mut());
                let (body, label) = edit_body(log, edit, body, held.label, held.came).await;
                *held.message.body_mut() = body;
                held.label = label;
            }
            edit => headers(held.message.headers_mut(), edit),
        }
    }
}

fn headers(map: &mut HeaderMap, edit: &Edit) {
    let value = |v: &[u8]| HeaderValue::from_bytes(v).expect("a value");
    match edit {
        Edit::Set(name, v) => drop(map.insert(HeaderName::from_static(name), value(v))),
        Edit::Append(name, v) => drop(map.append(HeaderName::from_static(name), value(v))),
        Edit::Remove(name) => drop(map.remove(*name)),
        Edit::Sensitive(name, v) => {
            let mut value = value(v);
            value.set_sensitive(true);
            map.insert(HeaderName::from_static(name), value);
        }
        _ => {}
    }
}

fn insert(extensions: &mut Extensions, n: usize) {
    match n {
        0 => drop(extensions.insert(Ext::<0>)),
        1 => drop(extensions.insert(Ext::<1>)),
        _ => drop(extensions.insert(Ext::<2>)),
    }
}

fn remove(extensions: &mut Extensions, n: usize) {
    match n {
        0 => drop(extensions.remove::<Ext<0>>()),
        1 => drop(extensions.remove::<Ext<1>>()),
        _ => drop(extensions.remove::<Ext<2>>()),
    }
}

async fn edit_body(
    log: &Log,
    edit: &BodyEdit,
    body: Body,
    label: Label,
    came: Label,
) -> (Body, Label) {
    match edit {
        BodyEdit::Replace(plan) => reel(log, plan.clone()),
        BodyEdit::Prefix | BodyEdit::Disguise => {
            let is_prefix = matches!(edit, BodyEdit::Prefix);
            // Nobody can tell it from the body that it is around, if a probe has seen that one and lengths don't tell.
            let tells = is_prefix && body.size_hint().exact().is_some();
            let hidden = label == came && !body.is_end_stream() && !tells;
            let (body, new) = match is_prefix {
                true => prefixed(log, body),
                false => disguised(log, body),
            };
            (body, if hidden { label } else { new })
        }
        BodyEdit::Buffer => {
            let mut body = body;
            let data = read(&mut body, usize::MAX).await;
            drop(body);
            let plan = BodyPlan {
                chunks: if data.is_empty() { vec![] } else { vec![data] },
                exact: true,
                tells_end: true,
                ..BodyPlan::default()
            };
            reel(log, plan)
        }
        BodyEdit::Empty => reel(
            log,
            BodyPlan {
                exact: true,
                tells_end: true,
                ..BodyPlan::default()
            },
        ),
    }
}

/// Takes up to so many frames of a body, or until it breaks.
pub async fn read(body: &mut Body, frames: usize) -> Vec<u8> {
    let mut data = Vec::new();
    for _ in 0..frames {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            Some(Ok(frame)) => data.extend(frame.into_data().unwrap_or_default()),
            Some(Err(_)) | None => break,
        }
    }
    data
}
