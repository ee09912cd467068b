//! Where a router is nested: what axum does there is told apart from what the layer around it does.

use super::{decode::Decoder, delta::Head};
use crate::wire::{Delta, ExtensionEdit, Left, Site, SiteKind};

impl Decoder<'_> {
    /// The inner edge of a nest, which bounds what axum does there.
    pub(super) fn inner_edge(&mut self, nest: usize) -> usize {
        const EDGE: u32 = 1 << 31;
        let site = self.cycle.sites[nest].clone();
        let sites = &mut self.cycle.sites;
        *self.site_index.entry(site.id | EDGE).or_insert_with(|| {
            sites.push(Site {
                id: site.id | EDGE,
                kind: SiteKind::Edge,
                name: format!("inside {}", site.name),
                ..site
            });
            sites.len() - 1
        })
    }

    /// Leaves the nest that this is the inner edge of, right behind it and in the same way.
    pub(super) fn leave_nest(&mut self, edge: usize) {
        let Some(nest) = self.entries[edge].parent else {
            return;
        };
        if self.cycle.sites[self.entries[nest].site].kind != SiteKind::Nest {
            return;
        }
        let left = self.entries[edge].left.clone().unwrap_or(Left::Returned);
        let returned = left == Left::Returned;
        let mut step = self.out_of(nest, left);
        if returned && let Some((head, base)) = self.entries[edge].inner.clone() {
            step.delta = Some(Delta {
                base: Some(base),
                ..Delta::default()
            });
            if let Some(parent) = self.entries[nest].parent {
                self.entries[parent].inner = Some((head.clone(), step.seq));
            }
            self.entries[nest].inner = Some((head, step.seq));
        }
        self.cycle.steps.push(step);
    }
}

/// Takes out of a delta what axum does where a router is nested: the path without the prefix, and the extension that says
/// so. Returns that, and the head as it was before.
///
/// Where the path is not the one outside without the prefix, the layer outside has changed it as well, and nobody has seen
/// what it was in between: then all of the change is the layer's.
pub(super) fn strip(
    delta: &mut Delta,
    request: &Head,
    outer: Option<&Head>,
    prefix: &str,
) -> (Delta, Head) {
    let is_nest = |edit: &ExtensionEdit| edit.type_name().ends_with("nested_path::NestedPath");
    let (extensions, others) = delta.extensions.drain(..).partition(is_nest);
    delta.extensions = others;
    let mut before = request.clone();
    let uri = match outer {
        Some(outer) if outer.uri.as_deref().and_then(|uri| without(prefix, uri)) == request.uri => {
            before.uri.clone_from(&outer.uri);
            delta.uri.take()
        }
        _ => None,
    };
    (
        Delta {
            uri,
            extensions,
            ..Delta::default()
        },
        before,
    )
}

/// A target as it is behind a nest at this prefix, which may have parameters.
fn without(prefix: &str, target: &str) -> Option<String> {
    let path_at = target.find("://").map_or(Some(0), |at| {
        target[at + 3..].find('/').map(|slash| at + 3 + slash)
    })?;
    let (origin, mut rest) = target.split_at(path_at);
    for _ in prefix.trim_matches('/').split('/') {
        rest = rest.strip_prefix('/')?;
        rest = &rest[rest.find(['/', '?']).unwrap_or(rest.len())..];
    }
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Some(format!("{origin}{slash}{rest}"))
}
