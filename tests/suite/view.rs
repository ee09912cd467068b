//! What is known of the view and of what happens around it, as an app on a real socket shows it.

mod caps;
mod errors;
mod layers;
mod marks;
mod panics;
mod rejections;

use crate::served::Served;
use onionskin::{Router, testing::Recorded};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A request below `/conn` to an app of its own: all that came back, and the cycle.
async fn ask(app: Router, head: &str, body: &[u8]) -> (String, Recorded) {
    let mut served = Served::start(app).await;
    let answer = exchange(&mut served, head, body).await;
    (answer, served.cycle().await)
}

/// Sends a request of which the connection is closed after; all that comes back.
async fn exchange(served: &mut Served, head: &str, body: &[u8]) -> String {
    let request = crate::raw::request(head, body);
    served.client.write_all(&request).await.unwrap();
    let mut all = Vec::new();
    // A server that closes with bytes unread resets; what came before stays.
    let _ = served.client.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}
