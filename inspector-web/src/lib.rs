//! The inspector: it takes the links of apps, keeps their cycles and answers for them over HTTP.
pub mod model;
