//! The static map of an app.

use super::Site;
use serde::{Deserialize, Serialize};

/// The static map of an app: its routes, and for each the layers in the order in which a request meets them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stack {
    /// All sites that the chains name.
    pub sites: Vec<Site>,
    /// Routes, in order of their addition.
    pub routes: Vec<StackRoute>,
    /// What a request meets that no route matches.
    pub fallback: StackChain,
}

/// A route of the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StackRoute {
    /// The pattern, as `http.route` has it.
    pub path: String,
    /// A chain for each endpoint of the route.
    pub endpoints: Vec<StackChain>,
}

/// What a request meets, from outside to inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StackChain {
    /// The methods that lead here; empty: every method that no other endpoint of the route takes.
    pub methods: Vec<String>,
    /// Site ids, outermost layer first, the view last.
    pub chain: Vec<u32>,
}
