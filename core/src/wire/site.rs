//! Places in the app.

use super::Stage;
use serde::{Deserialize, Serialize};

/// A place in the app's code where a probe stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Site {
    /// Number of the site in its app run.
    pub id: u32,
    /// What stands there.
    pub kind: SiteKind,
    /// Short name, for people: `TimeoutLayer`, `require_login`, `show_book`.
    pub name: String,
    /// `code.function.name`: the full type name as the compiler has it.
    pub type_name: String,
    /// `code.file.path` where it was added.
    pub file: String,
    /// `code.line.number` where it was added.
    pub line: u32,
    /// For a handler: the types of its extractors, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extractors: Vec<String>,
}

/// What stands at a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// The server: `onionskin::serve`.
    Server,
    /// Layers around the whole router that were not traced one by one.
    Around,
    /// A router's own `call`.
    Router,
    /// A layer added with `Router::layer`.
    Layer,
    /// A layer added with `Router::route_layer`.
    RouteLayer,
    /// A layer added to a `MethodRouter`.
    MethodLayer,
    /// What axum does to a request for a nested router: it takes the prefix off the path.
    Nest,
    /// A layer in a `ServiceBuilder`.
    BuilderLayer,
    /// A layer named with `traced`.
    Traced,
    /// The inner edge of a traced layer: it bounds the layer and is not one itself.
    Edge,
    /// A handler.
    Handler,
    /// A service used as a route.
    Service,
    /// A fallback of the app.
    Fallback,
    /// axum's own 404 or 405.
    DefaultFallback,
    /// A router that was built without probes inside.
    Opaque,
}

impl SiteKind {
    /// The stage that a step at such a site belongs to.
    pub fn stage(self) -> Stage {
        match self {
            Self::Server => Stage::Parse,
            Self::Router => Stage::Resolve,
            Self::Around
            | Self::Layer
            | Self::RouteLayer
            | Self::MethodLayer
            | Self::Nest
            | Self::BuilderLayer
            | Self::Traced
            | Self::Edge => Stage::Middleware,
            Self::Handler
            | Self::Service
            | Self::Fallback
            | Self::DefaultFallback
            | Self::Opaque => Stage::View,
        }
    }

    /// Whether a layer stands here (and not a view, a router or an edge).
    pub fn is_layer(self) -> bool {
        self.stage() == Stage::Middleware && self != Self::Edge
    }
}

impl SiteKind {
    /// The word for it, as shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Around => "around the router",
            Self::Router => "router",
            Self::Layer => "layer",
            Self::RouteLayer => "route_layer",
            Self::MethodLayer => "method layer",
            Self::Nest => "nest",
            Self::BuilderLayer => "ServiceBuilder layer",
            Self::Traced => "traced layer",
            Self::Edge => "edge",
            Self::Handler => "handler",
            Self::Service => "service",
            Self::Fallback => "fallback",
            Self::DefaultFallback => "default fallback",
            Self::Opaque => "opaque router",
        }
    }
}
