//! What the user has the inspector do, one after the other.

use super::tell;
use crate::event::News;
use onionskin::text::counted;
use onionskin_web::{
    Client,
    client::ClientError,
    model::{Recording, Sending, StartRecording, StartSending},
};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often a sending is looked after.
const LOOK: Duration = Duration::from_millis(100);

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Start the recording, or stop it.
    Record,
    /// Send the cycle of this id to a collector.
    Send(String),
}

pub(super) async fn run(
    client: Client,
    mut orders: mpsc::Receiver<Order>,
    news: mpsc::Sender<News>,
) {
    while let Some(order) = orders.recv().await {
        let said = match order {
            Order::Record => record(&client).await,
            Order::Send(id) => send(&client, id, &news).await,
        };
        tell(&news, News::Said(said)).await;
    }
}

async fn record(client: &Client) -> String {
    match toggle(client).await {
        Ok(Recording {
            running: true,
            file,
            ..
        }) => format!("recording into {file}"),
        Ok(Recording { file, cycles, .. }) => {
            format!("{} recorded in {file}", counted(cycles, "cycle"))
        }
        Err(error) => format!("can't record: {error}"),
    }
}

/// What the inspector has already goes into the file too: it is what the list shows.
async fn toggle(client: &Client) -> Result<Recording, ClientError> {
    let now = client.status().await?.recording;
    if now.is_some_and(|recording| recording.running) {
        return client.stop_recording().await;
    }
    let wanted = StartRecording {
        history: true,
        ..StartRecording::default()
    };
    client.start_recording(&wanted).await
}

/// Where to is what the inspector's own variables say, else the usual place.
async fn send(client: &Client, id: String, news: &mpsc::Sender<News>) -> String {
    match sent(client, id, news).await {
        Ok(sent) => match &sent.stopped_because {
            Some(why) => format!("not sent to {}: {why}", sent.endpoint),
            None => format!("to {}: {sent}", sent.endpoint),
        },
        Err(error) => format!("can't send: {error}"),
    }
}

/// Sends a cycle and waits until it is over; meanwhile it is said that it is under way.
async fn sent(
    client: &Client,
    id: String,
    news: &mpsc::Sender<News>,
) -> Result<Sending, ClientError> {
    let wanted = StartSending {
        ids: vec![id],
        ..StartSending::default()
    };
    let started = client.start_sending(&wanted).await?;
    tell(
        news,
        News::Said(format!("sending to {} …", started.endpoint)),
    )
    .await;
    loop {
        match client.status().await?.sending {
            Some(now) if now.running => tokio::time::sleep(LOOK).await,
            now => return Ok(now.unwrap_or(started)),
        }
    }
}
