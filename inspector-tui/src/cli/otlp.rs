//! `--otlp`: where spans of other services are received.

use super::addresses::{Addresses, reaches};
use anyhow::{Context as _, bail};
use onionskin_web::{Client, Inspector, Otlp, Running};

/// What the inspector is to do. Without addresses it takes the usual ports of this machine.
pub(super) fn config(asked: Option<&Option<Addresses>>) -> Option<Otlp> {
    let addresses = asked?.as_ref();
    Some(match addresses {
        Some(Addresses(addresses)) => Otlp {
            addresses: addresses.clone(),
            ..Otlp::default()
        },
        None => Otlp::default(),
    })
}

/// Makes sure that an inspector that runs already receives spans wherever that is asked for: it can't be told to.
///
/// # Errors
/// If it does not.
pub(super) async fn check(
    asked: Option<&Option<Addresses>>,
    running: &Running,
) -> anyhow::Result<()> {
    let Some(wanted) = config(asked) else {
        return Ok(());
    };
    let status = Client::new(&running.url)?.status().await;
    let status = status.context("can't ask the inspector that runs where it receives OTLP")?;
    let there = status.otlp.map_or_else(Vec::new, |otlp| otlp.addresses);
    let missing = wanted.addresses.iter().find(|a| !reaches(&there, **a));
    let Some(missing) = missing else {
        eprintln!(
            "onionskin: OTLP is received on {}, by the inspector that runs already (pid {})",
            there.join(" and "),
            running.pid
        );
        return Ok(());
    };
    let instead = match there.as_slice() {
        [] => "receives no OTLP".to_owned(),
        there => format!("receives OTLP on {}, not on {missing}", there.join(" and ")),
    };
    bail!(
        "the inspector that runs already (pid {}) {instead}; that is said when it starts\n\n  \
         go on without it           leave out --otlp\n  \
         have it receive            end it, and start it with --otlp\n  \
         start another one          --socket PATH, with OTLP ports that are free",
        running.pid
    )
}

/// Says on standard error where spans are received.
pub(super) fn tell(inspector: &Inspector) {
    for address in inspector.otlp() {
        eprintln!("onionskin: OTLP is received on {address}, by gRPC and by HTTP");
        if !address.ip().is_loopback() {
            eprintln!(
                "onionskin: whoever reaches {address} can have spans shown here: there is no token for OTLP"
            );
        }
    }
}
