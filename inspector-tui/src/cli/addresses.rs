//! Addresses to listen on, as options take them.

use std::net::{Ipv4Addr, SocketAddr};

/// What such an option is given: one address or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses(pub(super) Vec<SocketAddr>);

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

/// Whether who listens on these addresses is reached at this one.
pub(super) fn reaches(there: &[String], wanted: SocketAddr) -> bool {
    there
        .iter()
        .filter_map(|a| a.parse().ok())
        .any(|a: SocketAddr| {
            let same_family = a.is_ipv4() == wanted.is_ipv4();
            a.port() == wanted.port()
                && (a.ip() == wanted.ip() || same_family && a.ip().is_unspecified())
        })
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
                reaches(&there, wanted.parse().unwrap()),
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
