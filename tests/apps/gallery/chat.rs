//! Rooms over WebSocket: what one says, all hear.

use axum::{
    Router,
    extract::{
        Path, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use futures_util::{SinkExt as _, StreamExt as _};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};
use tokio::sync::broadcast::{self, Sender};

#[derive(Clone)]
struct Room {
    names: Arc<Mutex<HashSet<String>>>,
    said: Sender<String>,
}

pub(crate) fn app() -> Router {
    let room = Room {
        names: Arc::default(),
        said: broadcast::channel(64).0,
    };
    Router::new()
        .route("/", get(|| async { Html("<title>chat</title>") }))
        .route("/join/{name}", get(join))
        .with_state(room)
}

async fn join(
    State(room): State<Room>,
    Path(name): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !room.names.lock().unwrap().insert(name.clone()) {
        return (StatusCode::CONFLICT, "the name is taken").into_response();
    }
    upgrade
        .protocols(["chat.v2", "chat.v1"])
        .max_message_size(64)
        .on_upgrade(move |socket| talk(socket, room, name))
}

async fn talk(socket: WebSocket, room: Room, name: String) {
    let (mut out, mut messages) = socket.split();
    let mut heard = room.said.subscribe();
    let _ = room.said.send(format!("{name} is here"));
    loop {
        tokio::select! {
            biased;
            said = heard.recv() => {
                let Ok(said) = said else { break };
                if out.send(Message::Text(said.into())).await.is_err() {
                    break;
                }
            }
            message = messages.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = room.said.send(format!("{name}: {text}"));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    let _ = out.send(Message::Binary(bytes)).await;
                }
                // What answers a ping or a close goes out when the next message is asked for.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    room.names.lock().unwrap().remove(&name);
    let _ = room.said.send(format!("{name} went"));
}
