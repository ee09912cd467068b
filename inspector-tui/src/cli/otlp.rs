//! `--otlp`: where spans of other services are received.

use onionskin_web::{Inspector, Otlp};
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
