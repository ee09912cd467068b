//! The map of an app, with figures of the cycles that are kept and match a filter.

use onionskin::wire::Site;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/apps/{run}/map`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackView {
    /// Name of the app.
    pub app: String,
    /// The app run.
    pub run: String,
    /// How many cycles the figures are of.
    pub cycles: u64,
    /// Leads to them.
    pub filter: String,
    /// Put behind a filter of the map, it leads to those of its cycles that went wrong.
    pub errors: String,
    /// Routes, in order of their addition, and behind them those that are in no map but were met.
    pub routes: Vec<MapRoute>,
    /// What the chains name, and what else a cycle passed.
    pub places: Vec<MapPlace>,
    /// What a request meets that no route matches.
    pub fallback: MapChain,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapRoute {
    /// The pattern, as `http.route` has it.
    pub path: String,
    /// Its endpoints.
    pub endpoints: Vec<MapEndpoint>,
    /// Leads to its cycles.
    pub filter: String,
    /// All cycles that matched it, those for a method that it does not take included.
    pub stats: Stats,
}

/// An endpoint of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapEndpoint {
    /// The methods that lead here; empty: every method that no other endpoint of the route takes.
    pub methods: Vec<String>,
    /// What a request meets, from outside to inside, as indices into the places.
    pub chain: Vec<usize>,
    /// Leads to its cycles.
    pub filter: String,
    /// The cycles that came for one of these methods (`HEAD` counts to `GET` where it has no endpoint of its own).
    pub stats: Stats,
}

/// What a request meets, from outside to inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapChain {
    /// Indices into the places.
    pub chain: Vec<usize>,
    /// Leads to its cycles.
    pub filter: String,
    /// The cycles that no route matched.
    pub stats: Stats,
}

/// A layer, handler or other place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapPlace {
    /// The place.
    pub site: Site,
    /// Lead to its cycles.
    pub filters: PlaceFilters,
    /// Its figures.
    pub stats: PlaceStats,
}

/// Lead to the cycles of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceFilters {
    /// Those that passed it; none for a server, a router and an edge, which no filter names.
    pub passed: Option<String>,
    /// Those that it answered.
    pub answered: String,
    /// Those in which it changed something.
    pub changed: String,
}

/// Figures of cycles. Percentiles are of their whole durations, by nearest rank; none without a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// How many.
    pub count: u64,
    /// How many of them answered 5xx, failed or panicked.
    pub errors: u64,
    /// Half took at most this long.
    pub p50_ns: Option<u64>,
    /// 95 % took at most this long.
    pub p95_ns: Option<u64>,
    /// 99 % took at most this long.
    pub p99_ns: Option<u64>,
}

/// Figures of a place. Self time is its own, what is inside it and recording's cost left out; all attempts of one cycle
/// together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceStats {
    /// Cycles that passed it.
    pub count: u64,
    /// How many of them answered 5xx, failed or panicked.
    pub errors: u64,
    /// In how many it answered by itself, or gave up waiting and answered.
    pub answered: u64,
    /// In how many it changed anything of the request or the response.
    pub changed: u64,
    /// In half, its self time was at most this.
    pub self_p50_ns: Option<u64>,
    /// In 95 %.
    pub self_p95_ns: Option<u64>,
    /// In 99 %.
    pub self_p99_ns: Option<u64>,
    /// In all together.
    pub self_total_ns: u64,
}
