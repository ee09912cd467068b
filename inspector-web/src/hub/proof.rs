//! Who connects by TCP shows that it knows the key, and so do we.

use super::{
    link::{Refused, answer, first_line},
    reader::Reader,
};
use crate::Limits;
use onionskin::{
    link::{
        protocol::Refusal,
        tcp::{Challenge, Challenges, Key, Proof, Response, Role, challenge},
    },
    wire::WIRE_VERSION,
};
use tokio::net::TcpStream;

/// Lets an app in that knows the key. Nothing is answered to who does not begin as an app does: a browser, perhaps.
pub(super) async fn exchange(
    reader: &mut Reader<TcpStream>,
    key: &Key,
    limits: &Limits,
) -> Result<(), Refused> {
    let _ = reader.stream().set_nodelay(true);
    let line = first_line(reader, limits.head).await?.unwrap_or_default();
    let first: Challenge = serde_json::from_slice(&line).map_err(|_| Refused)?;
    let challenges = Challenges {
        app: first.challenge,
        inspector: challenge(),
    };
    let response = Response {
        onionskin: "link".into(),
        challenge: challenges.inspector.clone(),
        proof: key.proof(Role::Inspector, &challenges),
    };
    let written = answer(reader, &response, limits.head).await;
    written.map_err(|()| Refused)?;
    let line = first_line(reader, limits.head).await?.unwrap_or_default();
    let is_proved = serde_json::from_slice(&line)
        .is_ok_and(|Proof { proof, .. }| key.is_proved(Role::App, &challenges, &proof));
    if is_proved {
        return Ok(());
    }
    tokio::time::sleep(limits.wrong_token).await;
    let refusal = Refusal {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        error: "the app has another key than this inspector; give it the ONIONSKIN_LINK that \
                `onionskin --link` prints"
            .into(),
    };
    // It is refused either way.
    let _ = answer(reader, &refusal, limits.head).await;
    Err(Refused)
}
