//! The link where app and inspector share no file system: in a container, in a virtual machine, on a system without Unix sockets.
//!
//! The app connects to an address, and both prove that they know the same [`Key`] before anything else is said. It is never
//! sent, so who listens in the inspector's place learns nothing, not even the app's name:
//!
//! ```text
//! app:       {"onionskin":"link","challenge":"…"}
//! inspector: {"onionskin":"link","challenge":"…","proof":"…"}
//! app:       {"onionskin":"link","proof":"…"}, and what it says on a Unix socket
//! ```
//!
//! What is said afterwards is not encrypted.

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    str::FromStr,
};

/// Environment variable of an app with the [`Address`] of an inspector; it goes before the socket's.
pub const LINK_ENV: &str = "ONIONSKIN_LINK";

/// Where an inspector listens and what it knows: `tcp://KEY@HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or IP address, and the port.
    pub host: String,
    /// What app and inspector know.
    pub key: Key,
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let read = || {
            let (key, host) = text.strip_prefix("tcp://")?.split_once('@')?;
            let host = host.strip_suffix('/').unwrap_or(host);
            let (name, port) = host.rsplit_once(':')?;
            port.parse::<u16>().ok()?;
            let is_whole = !name.is_empty() && (name.ends_with(']') || !name.contains(':'));
            is_whole.then_some(Self {
                host: host.to_owned(),
                key: key.parse().ok()?,
            })
        };
        read().ok_or(NoAddress)
    }
}

impl fmt::Display for Address {
    /// With the key: for the one who starts the app, not for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp://{}@{}", self.key.digits(), self.host)
    }
}

/// The text is no [`Address`]. It is not repeated: there may be a key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAddress;

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not of the form tcp://KEY@HOST:PORT, which `onionskin --link` prints")
    }
}

impl std::error::Error for NoAddress {}

/// What app and inspector know: 128 bits, written as 32 hexadecimal digits. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl From<[u8; 16]> for Key {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Key {
    type Err = NoKey;

    fn from_str(digits: &str) -> Result<Self, NoKey> {
        let is_key = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = is_key.then(|| u128::from_str_radix(digits, 16).ok());
        Ok(Self(number.flatten().ok_or(NoKey)?.to_be_bytes()))
    }
}

/// The text is no [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key is 32 hexadecimal digits, as `openssl rand -hex 16` makes them")
    }
}

impl std::error::Error for NoKey {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Its digits, for who may know them.
    pub fn digits(&self) -> String {
        hex(self.0)
    }

    /// What one end says, who has both challenges, to show that it knows the key: SipHash-2-4 with 128 bits of result over the
    /// name of its role and the two challenges, in hexadecimal digits.
    pub fn proof(&self, role: Role, challenges: &Challenges) -> String {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(role.name().as_bytes());
        hasher.write(challenges.app.as_bytes());
        hasher.write(challenges.inspector.as_bytes());
        hex(hasher.finish128().as_bytes())
    }

    /// Whether an end of this role knows the key; takes as long for nearly right proofs as for others.
    pub fn is_proved(&self, role: Role, challenges: &Challenges, proof: &str) -> bool {
        let wanted = self.proof(role, challenges);
        let differences = wanted.bytes().zip(proof.bytes()).map(|(a, b)| a ^ b);
        wanted.len() == proof.len() && differences.fold(0, |all, one| all | one) == 0
    }
}

/// An end of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It connects.
    App,
    /// It listens.
    Inspector,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Inspector => "inspector",
        }
    }
}

/// What each end drew for this connection alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenges {
    /// The app's.
    pub app: String,
    /// The inspector's.
    pub inspector: String,
}

/// 32 hexadecimal digits that nobody has seen.
pub fn challenge() -> String {
    // RandomState is seeded from the system's randomness.
    let half = |n: u8| RandomState::new().hash_one(n).to_le_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half(0));
    bytes[8..].copy_from_slice(&half(1));
    hex(bytes)
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// First line of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Always `"link"`.
    pub onionskin: String,
    /// The app's challenge: 32 hexadecimal digits.
    pub challenge: String,
}

/// First line of an inspector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Always `"link"`.
    pub onionskin: String,
    /// The inspector's challenge.
    pub challenge: String,
    /// That it knows the key.
    pub proof: String,
}

/// Second line of an app. Its [`Hello`](super::protocol::Hello) comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Always `"link"`.
    pub onionskin: String,
    /// That it knows the key.
    pub proof: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f";

    #[test]
    fn an_address_has_a_key_a_host_and_a_port() {
        for host in ["127.0.0.1:7334", "[::1]:1", "host.docker.internal:65535"] {
            let text = format!("tcp://{KEY}@{host}");
            let address: Address = text.parse().unwrap();
            assert_eq!((&*address.host, &*address.key.digits()), (host, KEY));
            assert_eq!(address.to_string(), text);
            assert_eq!(format!("{text}/").parse(), Ok(address.clone()));
            assert!(!format!("{address:?}").contains(KEY));
        }
        for bad in [
            "",
            "127.0.0.1:7334",
            "tcp://127.0.0.1:7334",
            &format!("http://{KEY}@a:1"),
            &format!("tcp://{KEY}@a"),
            &format!("tcp://{KEY}@:1"),
            &format!("tcp://{KEY}@a:65536"),
            &format!("tcp://{KEY}@::1:1"),
            &format!("tcp://{KEY}0@a:1"),
            "tcp://+00102030405060708090a0b0c0d0e0f@a:1",
        ] {
            assert_eq!(bad.parse::<Address>(), Err(NoAddress), "{bad}");
        }
    }

    /// The vector of docs/LINK.md, for who writes an app in another language.
    #[test]
    fn a_proof_is_of_one_key_one_role_and_these_challenges() {
        let key: Key = KEY.parse().unwrap();
        let challenges = Challenges {
            app: "00112233445566778899aabbccddeeff".into(),
            inspector: "ffeeddccbbaa99887766554433221100".into(),
        };
        let proof = key.proof(Role::App, &challenges);
        assert_eq!(proof, "b6a33a7453b0bd070ee9a8362540e9e2");
        assert!(key.is_proved(Role::App, &challenges, &proof));
        assert!(!key.is_proved(Role::Inspector, &challenges, &proof));
        assert!(!key.is_proved(Role::App, &challenges, &proof[..31]));
        assert!(!key.is_proved(Role::App, &challenges, ""));
        let turned = Challenges {
            app: challenges.inspector.clone(),
            inspector: challenges.app.clone(),
        };
        assert!(!key.is_proved(Role::App, &turned, &proof));
        let other: Key = "100102030405060708090a0b0c0d0e0f".parse().unwrap();
        assert!(!other.is_proved(Role::App, &challenges, &proof));
        assert_ne!(challenge(), challenge());
        assert_eq!(challenge().len(), 32);
    }
}
