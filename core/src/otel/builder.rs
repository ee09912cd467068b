//! How an app says what it wants.

use super::{
    Protocol, Settings, SettingsError,
    sample::Sampler,
    settings::{self, put},
};
use crate::{
    report::report,
    spans::{Attribute, Content, Options},
    text,
    wire::Cycle,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Bytes of cycles that wait, by default.
const MEMORY: usize = 16 << 20;
/// How long the end of an exporter may take if nobody says.
const AT_THE_END: Duration = Duration::from_secs(5);

/// Starts to send, if the environment names a receiver. What it says wrong is printed, and nothing is sent then.
///
/// Keep what it returns until the end of `main`: dropping it sends what waits still, for at most five seconds.
pub fn init() -> Exporter {
    exporter().start().unwrap_or_else(|error| {
        report(format_args!("no cycles are sent to a collector: {error}"));
        Exporter::default()
    })
}

/// An exporter with what the environment says, and what you say further.
pub fn exporter() -> Builder {
    Builder::from_vars(&|name| std::env::var(name).ok())
}

/// What is to be sent, and where. Made by [`exporter`].
#[derive(Clone, Debug)]
pub struct Builder {
    pub(super) settings: Option<Settings>,
    pub(super) resource: Vec<Attribute>,
    pub(super) options: Options,
    pub(super) sampler: Sampler,
    pub(super) memory: usize,
    pub(super) shows_trace: bool,
    /// What is wrong with where to send, and with what: said at the start.
    wrong: [Option<SettingsError>; 2],
}

impl Builder {
    fn from_vars(var: settings::Vars<'_>) -> Self {
        let mut wrong = [None, None];
        let settings = Settings::from_vars(var).unwrap_or_else(|error| {
            wrong[0] = Some(error);
            None
        });
        let sampler = Sampler::from_vars(var).unwrap_or_else(|error| {
            wrong[1] = Some(error);
            Sampler::default()
        });
        Self {
            settings,
            sampler,
            resource: settings::resource(var),
            options: Options::default(),
            memory: MEMORY,
            shows_trace: false,
            wrong,
        }
    }

    /// Sends there, whatever the environment says: `http://host:4318` for HTTP, `http://host:4317` for gRPC.
    #[must_use]
    pub fn endpoint(mut self, url: &str, protocol: Protocol) -> Self {
        match Settings::new(url, protocol) {
            Ok(settings) => return self.settings(settings),
            Err(error) => self.wrong[0] = Some(error),
        }
        self
    }

    /// As [`endpoint`](Self::endpoint), with all there is to say.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self.wrong[0] = None;
        self
    }

    /// Name of the service; by default `OTEL_SERVICE_NAME`, else the app's own.
    #[must_use]
    pub fn service_name(self, name: &str) -> Self {
        self.resource("service.name", name)
    }

    /// One more attribute of the service.
    #[must_use]
    pub fn resource(mut self, key: &str, value: &str) -> Self {
        put(&mut self.resource, key, value);
        self
    }

    /// How much of a cycle is sent: [`Content::Record`] by default.
    #[must_use]
    pub fn content(mut self, content: Content) -> Self {
        self.options.content = content;
        self
    }

    /// Headers that stand as attributes on the root span; none by default.
    #[must_use]
    pub fn headers<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.options.headers = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sends about this part of all cycles (0 to 1), and every error.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.sampler.ratio = ratio.clamp(0.0, 1.0);
        self
    }

    /// Sends in any case what took so long or longer.
    #[must_use]
    pub fn slow(mut self, duration: Duration) -> Self {
        self.sampler.slow = Some(duration);
        self
    }

    /// Sends in any case the cycles for which this holds.
    #[must_use]
    pub fn keep(mut self, choice: impl Fn(&Cycle) -> bool + Send + Sync + 'static) -> Self {
        self.sampler.keep = Some(Arc::new(choice));
        self
    }

    /// Never sends the cycles for which this holds.
    #[must_use]
    pub fn skip(mut self, choice: impl Fn(&Cycle) -> bool + Send + Sync + 'static) -> Self {
        self.sampler.skip = Some(Arc::new(choice));
        self
    }

    /// Bytes of cycles that may wait for the receiver: 16 MiB by default. What finds no room is dropped and counted.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Puts the trace's id into the header `x-trace-id` of every response, so that a cycle is found again. Off by default:
    /// it is the only thing here that changes what the app sends.
    #[must_use]
    pub fn trace_id_header(mut self, on: bool) -> Self {
        self.shows_trace = on;
        self
    }

    /// Starts. Without a receiver, or in a build that does not record, nothing is sent.
    ///
    /// # Errors
    /// If something was said that can't be done, if an exporter runs already, or if there is no thread for it.
    pub fn start(self) -> Result<Exporter, SettingsError> {
        if let Some(error) = self.wrong.iter().flatten().next() {
            return Err(error.clone());
        }
        #[cfg(any(debug_assertions, feature = "in-release"))]
        if self.settings.is_some() {
            return super::export::start(self).map(|running| Exporter {
                running: Some(running),
            });
        }
        Ok(Exporter::default())
    }
}

/// Sends cycles until it is dropped or shut down.
#[must_use = "cycles are sent until it is dropped: keep it to the end of `main`"]
#[derive(Debug, Default)]
pub struct Exporter {
    #[cfg(any(debug_assertions, feature = "in-release"))]
    running: Option<super::export::Running>,
}

/// What became of the cycles that an exporter was given:
/// `offered = sent + sampled_out + rejected + dropped + waiting`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// All of them.
    pub offered: u64,
    /// The receiver has them.
    pub sent: u64,
    /// Left out by the sampler.
    pub sampled_out: u64,
    /// The receiver refused them.
    pub rejected: u64,
    /// Lost, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Not sent yet.
    pub waiting: u64,
    /// Spans that the receiver has.
    pub spans: u64,
    /// Spans that it refused of requests that it took otherwise.
    pub rejected_spans: u64,
    /// Bytes of the requests that it took, before compression.
    pub bytes: u64,
    /// Requests that it took.
    pub requests: u64,
}

/// How an exporter ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Left {
    /// Cycles that it could not send when its time was over.
    pub cycles: u64,
    /// What was wrong at the last attempt that failed, if one did.
    pub why: Option<String>,
    /// What became of all cycles.
    pub counters: Counters,
}

impl Exporter {
    /// What became of the cycles up to now.
    pub fn counters(&self) -> Counters {
        #[cfg(any(debug_assertions, feature = "in-release"))]
        if let Some(running) = &self.running {
            return running.counters();
        }
        Counters::default()
    }

    /// Sends what waits, for at most `patience`, and ends. Says what is left: nothing, if all is well.
    ///
    /// Blocks the thread: call it at the end of `main`, or inside `spawn_blocking`.
    pub fn shutdown(mut self, patience: Duration) -> Left {
        self.end(patience)
    }

    fn end(&mut self, patience: Duration) -> Left {
        #[cfg(any(debug_assertions, feature = "in-release"))]
        if let Some(running) = self.running.take() {
            return running.shutdown(patience);
        }
        let _ = patience;
        Left::default()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let left = self.end(AT_THE_END);
        if left.cycles > 0 {
            let why = left.why.unwrap_or_else(|| "there was no time".into());
            let cycles = text::counted(left.cycles, "cycle");
            report(format_args!("{cycles} not sent: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_app_says_of_where_to_send_stands_above_what_the_environment_does() {
        let builder = || {
            Builder::from_vars(&|name| {
                (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "localhost:4318".to_owned())
            })
        };
        builder().start().unwrap_err();
        let told = builder().endpoint("http://a:1", Protocol::HttpProtobuf);
        assert_eq!(told.wrong, [None, None]);
        assert_eq!(told.settings.unwrap().endpoint, "http://a:1/v1/traces");
        let twice = builder().endpoint("a:1", Protocol::Grpc);
        let error = twice.start().unwrap_err().to_string();
        assert!(error.contains("\"a:1\""), "{error}");
    }
}
