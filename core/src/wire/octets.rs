//! Bytes of a message as JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt};

/// Bytes that came from a message: a JSON string where they are UTF-8, `{"base64": "…"}` where they are not.
///
/// They are untrusted: escape them before a terminal or a page shows them.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Octets(pub Vec<u8>);

impl Octets {
    /// The bytes as text, where they are UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The bytes as text, with U+FFFD for what is not UTF-8.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Octets {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Octets {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Repr<'a> {
    Text(Cow<'a, str>),
    Base64 { base64: Cow<'a, str> },
}

/// As [`Repr`] has it.
#[cfg(feature = "schema")]
impl schemars::JsonSchema for Octets {
    fn schema_name() -> Cow<'static, str> {
        "Octets".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Bytes of a message: a string where they are UTF-8, else in base64.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "base64": { "type": "string", "contentEncoding": "base64" } },
                    "required": ["base64"],
                },
            ],
        })
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => Repr::Text(text.into()),
            None => Repr::Base64 {
                base64: STANDARD.encode(&self.0).into(),
            },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Repr::deserialize(deserializer)? {
            Repr::Text(text) => text.into_owned().into_bytes(),
            Repr::Base64 { base64 } => STANDARD
                .decode(base64.as_bytes())
                .map_err(D::Error::custom)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_other_bytes_survive_json() {
        for bytes in [
            &b"plain"[..],
            b"",
            "snö".as_bytes(),
            &[0x80, 0xff, 0],
            b"{\"base64\":1}",
        ] {
            let octets = Octets(bytes.to_vec());
            let json = serde_json::to_string(&octets).unwrap();
            assert_eq!(
                serde_json::from_str::<Octets>(&json).unwrap(),
                octets,
                "{json}"
            );
        }
        assert_eq!(
            serde_json::to_string(&Octets(vec![0xff])).unwrap(),
            r#"{"base64":"/w=="}"#
        );
    }
}
