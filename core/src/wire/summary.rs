//! A line of a list.

use super::{Cycle, Edge, KnownBy, MarkKind, Outcome, Stage};
use serde::{Deserialize, Serialize};

/// What a list shows of a cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CycleSummary {
    /// As in [`Cycle::id`].
    pub id: String,
    /// As in [`Cycle::app`].
    pub app: String,
    /// As in [`Cycle::run`].
    pub run: String,
    /// As in [`Cycle::number`].
    pub number: u64,
    /// As in [`Cycle::started_unix_us`].
    pub started_unix_us: u64,
    /// As in [`Cycle::duration_ns`].
    pub duration_ns: u64,
    /// As in [`Cycle::method`].
    pub method: String,
    /// As in [`Cycle::target`].
    pub target: String,
    /// As in [`Cycle::route`].
    pub route: Option<String>,
    /// As in [`Cycle::status`].
    pub status: Option<u16>,
    /// As in [`Cycle::outcome`].
    pub outcome: Outcome,
    /// Name of the site that the outcome names.
    pub outcome_site: Option<String>,
    /// How the time was spent.
    pub bar: Bar,
    /// SQL statements that ran.
    pub sql: u64,
    /// Log events.
    pub logs: u64,
}

/// How the time of a cycle was spent, recording's own cost left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bar {
    /// In layers, on the way in (resolving included).
    pub in_ns: u64,
    /// In the view.
    pub view_ns: u64,
    /// In layers, on the way out.
    pub out_ns: u64,
    /// From the head of the response to the end of its body.
    pub send_ns: u64,
}

impl Cycle {
    /// The line that a list shows.
    pub fn summary(&self) -> CycleSummary {
        let count =
            |f: fn(&MarkKind) -> bool| self.marks.iter().filter(|m| f(&m.what)).count() as u64;
        CycleSummary {
            id: self.id.clone(),
            app: self.app.clone(),
            run: self.run.clone(),
            number: self.number,
            started_unix_us: self.started_unix_us,
            duration_ns: self.duration_ns,
            method: self.method.clone(),
            target: self.target.clone(),
            route: self.route.clone(),
            status: self.status,
            outcome: self.outcome.clone(),
            outcome_site: self
                .outcome
                .site()
                .and_then(|i| self.sites.get(i))
                .map(|s| s.name.clone()),
            bar: self.bar(),
            sql: count(|m| matches!(m, MarkKind::Sql { .. })),
            logs: count(|m| matches!(m, MarkKind::Log { .. })),
        }
    }

    /// How the time was spent: before the innermost point, in the view, after it, sending.
    pub fn bar(&self) -> Bar {
        let is_view = |site: Option<usize>| {
            site.and_then(|i| self.sites.get(i))
                .is_some_and(|s: &super::Site| s.kind.stage() == Stage::View)
        };
        let mut bar = Bar::default();
        let mut before = 0;
        for pair in self.steps.windows(2) {
            let begun = pair[0].t_ns.saturating_add(pair[0].cost_ns);
            let ns = pair[1].t_ns.saturating_sub(begun);
            let part = match (pair[0].stage, pair[0].edge) {
                (Stage::Send, _) => &mut bar.send_ns,
                (_, Edge::In) if is_view(pair[0].site) => &mut bar.view_ns,
                (Stage::Parse | Stage::Middleware | Stage::Resolve | Stage::View, Edge::In) => {
                    &mut bar.in_ns
                }
                (Stage::Resolve | Stage::Parse, Edge::Out) if before == 0 => &mut bar.in_ns,
                (_, Edge::Out) => &mut bar.out_ns,
            };
            *part = part.saturating_add(ns);
            before += u64::from(pair[0].edge == Edge::Out && pair[0].stage != Stage::Resolve);
        }
        bar
    }
}

impl Outcome {
    /// The site that the outcome names, as an index into [`Cycle::sites`](super::Cycle::sites).
    pub fn site(&self) -> Option<usize> {
        match self {
            Self::ShortCircuited { site } | Self::TimedOut { site } => Some(*site),
            Self::Rejected { site, .. }
            | Self::Failed { site, .. }
            | Self::Panicked { site, .. }
            | Self::Cancelled { site, .. } => *site,
            Self::Completed | Self::Upgraded { .. } => None,
        }
    }

    /// One line for people; `site` is the name of the site that the outcome names.
    pub fn describe(&self, site: Option<&str>) -> String {
        let by = site.unwrap_or("?");
        match self {
            Self::Completed => "completed".into(),
            Self::ShortCircuited { .. } => format!("answered by {by}"),
            Self::Rejected {
                extractor,
                rejection,
                read,
                known_by,
                ..
            } => {
                // Where it is not certain which it was, the rejection stands for it.
                let mut text = match rejection {
                    Some(rejection) if rejection == extractor => {
                        format!("rejected by an extractor ({rejection})")
                    }
                    Some(rejection) => format!("rejected by extractor {extractor} ({rejection})"),
                    None => format!("rejected by extractor {extractor}"),
                };
                if let Some(read) = read {
                    text += &format!(", {} of the body read", crate::text::size(*read));
                }
                if *known_by == KnownBy::Answer {
                    text += ", going by its answer";
                }
                text
            }
            Self::Failed { error, .. } => format!("failed: {error}"),
            Self::Panicked {
                message,
                at,
                caught,
                ..
            } => {
                let mut text = String::from(if *caught { "panic caught" } else { "panicked" });
                if let Some(message) = message {
                    text += &format!(": {message}");
                }
                if let Some(at) = at {
                    text += &format!(" at {at}");
                }
                text
            }
            Self::TimedOut { .. } => format!("timed out by {by}"),
            Self::Cancelled { stage, .. } => match site {
                Some(site) => format!("cancelled in {} ({site})", stage.as_str()),
                None => format!("cancelled in {}", stage.as_str()),
            },
            Self::Upgraded { protocol } => format!("upgraded to {protocol}"),
        }
    }
}
