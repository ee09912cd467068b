//! What is kept.

use super::settings::{SettingsError, Vars, said};
use crate::{
    spans::{Parent, TraceId},
    wire::{Cycle, Outcome},
};
use std::{fmt, sync::Arc, time::Duration};

/// Cycles that took so many milliseconds are sent in any case. OpenTelemetry has no variable for that.
const SLOW: &str = "ONIONSKIN_OTEL_SLOW_MS";

/// A question about a cycle that has ended.
pub(super) type Choice = Arc<dyn Fn(&Cycle) -> bool + Send + Sync>;

/// Which cycles are sent.
#[derive(Clone)]
pub(super) struct Sampler {
    /// Of those that nothing else speaks for or against.
    pub(super) ratio: f64,
    /// Whether the decision of whoever sent a valid `traceparent` is followed instead.
    pub(super) follows_parent: bool,
    /// Whether errors are sent in any case.
    pub(super) errors: bool,
    /// Cycles that took so long are sent in any case.
    pub(super) slow: Option<Duration>,
    /// These are sent in any case.
    pub(super) keep: Option<Choice>,
    /// These are never sent.
    pub(super) skip: Option<Choice>,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            ratio: 1.0,
            follows_parent: false,
            errors: true,
            slow: None,
            keep: None,
            skip: None,
        }
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler")
            .field("ratio", &self.ratio)
            .field("slow", &self.slow)
            .finish_non_exhaustive()
    }
}

impl Sampler {
    /// What `OTEL_TRACES_SAMPLER`, its argument and [`SLOW`] say. `always_off` means it: not even errors.
    pub(super) fn from_vars(var: Vars<'_>) -> Result<Self, SettingsError> {
        let mut sampler = Self::default();
        if let Some(slow) = said(var, SLOW) {
            let ms = slow.parse().map_err(|_| SettingsError::Value {
                name: SLOW,
                value: slow,
                wanted: "a number of milliseconds",
            })?;
            sampler.slow = Some(Duration::from_millis(ms));
        }
        let Some(name) = said(var, "OTEL_TRACES_SAMPLER") else {
            return Ok(sampler);
        };
        let (follows, kind) = match name.strip_prefix("parentbased_") {
            Some(kind) => (true, kind),
            None => (false, name.as_str()),
        };
        sampler.follows_parent = follows;
        match kind {
            "always_on" => {}
            "always_off" => {
                sampler.ratio = 0.0;
                sampler.errors = false;
            }
            "traceidratio" => {
                if let Some(ratio) = said(var, "OTEL_TRACES_SAMPLER_ARG") {
                    let parsed = ratio.parse().ok().filter(|r| (0.0..=1.0).contains(r));
                    sampler.ratio = parsed.ok_or(SettingsError::Value {
                        name: "OTEL_TRACES_SAMPLER_ARG",
                        value: ratio,
                        wanted: "a number from 0 to 1",
                    })?;
                }
            }
            _ => {
                return Err(SettingsError::Value {
                    name: "OTEL_TRACES_SAMPLER",
                    value: name,
                    wanted: "always_on, always_off or traceidratio, or one of these behind parentbased_",
                });
            }
        }
        Ok(sampler)
    }

    /// What can be said while the request comes in, and is told to the services that it calls.
    pub(super) fn at_begin(&self, trace: TraceId, parent: &Parent) -> bool {
        if let (true, Parent::Valid(parent)) = (self.follows_parent, parent) {
            return parent.sampled;
        }
        // The last seven bytes are the random ones, so everybody who asks them says the same of a trace.
        let mut random = [0; 8];
        random[1..].copy_from_slice(&trace.0[9..]);
        let random = u64::from_be_bytes(random) as f64;
        random < self.ratio * (1_u64 << 56) as f64
    }

    /// Whether a cycle that has ended is sent.
    pub(super) fn at_end(&self, cycle: &Cycle, trace: TraceId, parent: &Parent) -> bool {
        if self.skip.as_ref().is_some_and(|skip| skip(cycle)) {
            return false;
        }
        let slow = self
            .slow
            .is_some_and(|slow| u128::from(cycle.duration_ns) >= slow.as_nanos());
        slow || (self.errors && is_error(cycle))
            || self.keep.as_ref().is_some_and(|keep| keep(cycle))
            || self.at_begin(trace, parent)
    }
}

fn is_error(cycle: &Cycle) -> bool {
    cycle.status.is_some_and(|status| status >= 500)
        || matches!(
            cycle.outcome,
            Outcome::Failed { .. } | Outcome::Panicked { .. } | Outcome::TimedOut { .. }
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        spans::{Ids, TraceRef},
        text::samples,
    };

    fn of(name: &str, arg: &str) -> Result<Sampler, SettingsError> {
        Sampler::from_vars(&|var| match var {
            "OTEL_TRACES_SAMPLER" => Some(name.into()),
            "OTEL_TRACES_SAMPLER_ARG" => Some(arg.into()),
            _ => None,
        })
    }

    fn trace(n: u32) -> TraceId {
        Ids::of(&format!("0badc0ffee00-{n}"), &Parent::None).trace
    }

    #[test]
    fn a_ratio_is_about_kept_and_the_same_for_all_who_ask() {
        let sampler = of("traceidratio", "0.25").unwrap();
        let kept = |n: &u32| sampler.at_begin(trace(*n), &Parent::None);
        let count = (0..4000).filter(kept).count();
        assert!((880..1120).contains(&count), "{count} of 4000");
        let (all, none) = (of("always_on", "").unwrap(), of("always_off", "").unwrap());
        assert!((0..99).all(|n| all.at_begin(trace(n), &Parent::None)));
        assert!(!(0..99).any(|n| none.at_begin(trace(n), &Parent::None)));
    }

    #[test]
    fn errors_and_slow_ones_are_always_kept() {
        let mut sampler = of("traceidratio", "0").unwrap();
        let kept =
            |sampler: &Sampler, cycle: &Cycle| sampler.at_end(cycle, trace(1), &Parent::None);
        assert!(!kept(&sampler, &samples::completed()));
        assert!(kept(&sampler, &samples::panicked()));
        sampler.slow = Some(Duration::from_nanos(samples::completed().duration_ns));
        assert!(kept(&sampler, &samples::completed()));
        sampler.skip = Some(Arc::new(|cycle| cycle.method == "GET"));
        assert!(!kept(&sampler, &samples::completed()));
        assert!(!kept(&of("always_off", "").unwrap(), &samples::panicked()));
        let keep = Sampler {
            keep: Some(Arc::new(|cycle| cycle.method == "GET")),
            ..of("always_off", "").unwrap()
        };
        assert!(kept(&keep, &samples::completed()));
    }

    #[test]
    fn what_is_slow_can_be_said_by_a_variable() {
        let of = |slow: &'static str| {
            Sampler::from_vars(&|var| match var {
                "OTEL_TRACES_SAMPLER" => Some("traceidratio".into()),
                "OTEL_TRACES_SAMPLER_ARG" => Some("0".into()),
                "ONIONSKIN_OTEL_SLOW_MS" => Some(slow.into()),
                _ => None,
            })
        };
        let sampler = of("250").unwrap();
        let mut cycle = samples::completed();
        for (ms, kept) in [(249, false), (250, true)] {
            cycle.duration_ns = ms * 1_000_000;
            let told = sampler.at_end(&cycle, trace(1), &Parent::None);
            assert_eq!(told, kept, "{ms} ms");
        }
        assert_eq!(of("").unwrap().slow, None);
        let error = of("slow").unwrap_err().to_string();
        assert!(
            error.contains("ONIONSKIN_OTEL_SLOW_MS is \"slow\""),
            "{error}"
        );
    }

    #[test]
    fn the_parent_decides_where_it_is_asked() {
        let parent = |sampled| {
            Parent::Valid(TraceRef {
                trace: trace(1),
                span: crate::spans::SpanId([1; 8]),
                sampled,
            })
        };
        let follows = of("parentbased_always_on", "").unwrap();
        assert!(!follows.at_begin(trace(1), &parent(false)));
        assert!(follows.at_begin(trace(1), &Parent::None));
        let own = of("always_on", "").unwrap();
        assert!(
            own.at_begin(trace(1), &parent(false)),
            "our decision is our own"
        );
    }

    #[test]
    fn what_is_no_sampler_is_refused() {
        assert!(of("sometimes", "").is_err());
        assert!(of("traceidratio", "2").is_err());
    }
}
