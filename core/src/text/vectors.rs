//! What text, times and sizes are to look like. The dashboard's own functions are tested with the same file.

use crate::wire::Octets;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Vectors {
    pub(super) escape: Vec<Escape>,
    pub(super) duration: Vec<(u64, String)>,
    pub(super) size: Vec<(u64, String)>,
}

#[derive(Deserialize)]
pub(super) struct Escape {
    pub(super) bytes: Octets,
    pub(super) shown: String,
}

pub(super) fn get() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}
