//! A layer with a name, anywhere a layer fits.

use super::{
    probe::{EdgeLayer, EdgeProbe},
    site,
};
use crate::wire::{Site, SiteKind};
use std::{any::type_name, cell::RefCell, panic::Location};
use tower_layer::Layer;

/// Puts probes around one layer and gives it a name. It fits anywhere the layer does: in any tower stack, and around a
/// whole router, where `Router::layer` can't see.
///
/// In a build without recording it is the layer itself.
///
/// # Example
///
/// ```
/// use onionskin::{Router, routing::get};
/// use tower_layer::Layer as _;
/// # use tower_layer::Identity as NormalizePathLayer;
///
/// let router: Router = Router::new().route("/", get(|| async { "Hello" }));
/// let app = onionskin::traced("trailing slash", NormalizePathLayer::new()).layer(router);
/// # drop(app);
/// ```
#[track_caller]
pub fn traced<L>(name: impl Into<String>, layer: L) -> Traced<L> {
    let at = Location::caller();
    let name = name.into();
    let inner = site::named_site(SiteKind::Edge, format!("inside {name}"), "", &[], at);
    Traced {
        layer,
        outer: site::named_site(SiteKind::Traced, name, type_name::<L>(), &[], at),
        inner,
    }
}

/// A layer with probes around it: made by [`traced`].
#[derive(Clone, Copy, Debug)]
pub struct Traced<L> {
    layer: L,
    outer: &'static Site,
    inner: &'static Site,
}

impl<S, L> Layer<S> for Traced<L>
where
    L: Layer<EdgeProbe<S>>,
{
    type Service = EdgeProbe<L::Service>;

    fn layer(&self, service: S) -> Self::Service {
        let inside = EdgeLayer { site: self.inner }.layer(service);
        EdgeLayer { site: self.outer }.layer(self.layer.layer(inside))
    }
}

/// How the name of a [`ProbedLayer`]'s type begins.
const PROBED_LAYER: &str = concat!(env!("CARGO_CRATE_NAME"), "::capture::traced::ProbedLayer<");

thread_local! {
    /// The question which sites are in a layer: those that are cloned meanwhile answer.
    static ASKED: RefCell<Option<Vec<u32>>> = const { RefCell::new(None) };
}

/// A layer in a `ServiceBuilder`, with a probe outside it. The next layer's probe, or the one behind the stack, is its
/// inner edge.
#[derive(Debug)]
pub struct ProbedLayer<L> {
    layer: L,
    site: &'static Site,
}

impl<L: Clone> Clone for ProbedLayer<L> {
    fn clone(&self) -> Self {
        ASKED.with_borrow_mut(|asked| {
            if let Some(sites) = asked {
                sites.push(self.site.id);
            }
        });
        Self {
            layer: self.layer.clone(),
            site: self.site,
        }
    }
}

/// The sites of a layer that a router is given, innermost first: those of a `ServiceBuilder`'s layers, then its own. A stack is
/// private to tower, so it is cloned, which is from the innermost layer to the outermost, and its probes answer.
pub(crate) fn sites_of<L: Clone>(layer: &L, site: &Site) -> Vec<u32> {
    let mut sites = Vec::new();
    if type_name::<L>().contains(PROBED_LAYER) {
        ASKED.set(Some(Vec::new()));
        drop(layer.clone());
        sites = ASKED.take().unwrap_or_default();
    }
    sites.push(site.id);
    sites
}

/// Puts a probe outside a layer of a `ServiceBuilder`.
#[track_caller]
pub fn builder_layer<L>(layer: L) -> ProbedLayer<L> {
    ProbedLayer {
        layer,
        site: site::site(SiteKind::BuilderLayer, type_name::<L>(), Location::caller()),
    }
}

impl<S, L> Layer<S> for ProbedLayer<L>
where
    L: Layer<S>,
{
    type Service = EdgeProbe<L::Service>;

    fn layer(&self, service: S) -> Self::Service {
        EdgeLayer { site: self.site }.layer(self.layer.layer(service))
    }
}
