//! `--otlp`: where spans of other services are received.

use anyhow::{Context as _, bail};
use onionskin_web::{Client, Inspector, Otlp, Running};
use std::net::{Ipv4Addr, SocketAddr};

/// What `--otlp=` is given: one address or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses(Vec<SocketAddr>);

/// Reads addresses: ports, or addresses with their ports, between commas.
pub(super) fn addresses(text: &str) -> Result<Addresses, String> {
    text.split(',')
        .map(address)
        .collect::<Result<_, _>>()
        .map(Addresses)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = port.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| {
        format!("{text:?} is no address: give a port (4318: on this machine only), or an IP address with its port (192.168.1.2:4318)")
    })
}

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
    let missing = wanted.addresses.iter().find(|a| !receives(&there, **a));
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

/// Whether who listens on these addresses is reached at this one.
fn receives(there: &[String], wanted: SocketAddr) -> bool {
    there
        .iter()
        .filter_map(|a| a.parse().ok())
        .any(|a: SocketAddr| {
            let same_family = a.is_ipv4() == wanted.is_ipv4();
            a.port() == wanted.port()
                && (a.ip() == wanted.ip() || same_family && a.ip().is_unspecified())
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_listens_on_all_addresses_is_reached_at_each() {
        let there = ["0.0.0.0:4318".to_owned(), "127.0.0.1:1".to_owned()];
        for (wanted, is_there) in [
            ("127.0.0.1:4318", true),
            ("127.0.0.1:1", true),
            ("192.168.1.2:1", false),
            ("127.0.0.1:4317", false),
            ("[::1]:4318", false),
        ] {
            assert_eq!(
                receives(&there, wanted.parse().unwrap()),
                is_there,
                "{wanted}"
            );
        }
    }

    #[test]
    fn a_port_is_of_this_machine_and_anything_else_is_said_in_full() {
        let Addresses(read) = addresses("4318,localhost:1,0.0.0.0:2,[::1]:3").unwrap();
        let read: Vec<_> = read.iter().map(ToString::to_string).collect();
        assert_eq!(
            read,
            ["127.0.0.1:4318", "127.0.0.1:1", "0.0.0.0:2", "[::1]:3"]
        );
        for bad in [
            "",
            ",",
            "4318,",
            "70000",
            ":4318",
            "example.org:4318",
            "0.0.0.0",
            "*:4318",
        ] {
            let error = addresses(bad).unwrap_err();
            assert!(error.contains("give a port"), "{bad}: {error}");
        }
    }
}
