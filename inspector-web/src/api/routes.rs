//! The table of all questions. The router and the OpenAPI document are both made of it, so that they can't differ.

use super::{Api, cycles, export, filter, live, recording, sending, status, view};
use crate::model::{
    App, BodyView, Comparison, CyclePage, CycleSpans, FilterHelp, Found, Insight, KeyGroup,
    Recording, RunInsights, Sending, StackView, StartRecording, StartSending, Status, StepView,
    Timeline,
};
use axum::{
    Json,
    routing::{MethodRouter, get, post},
};
use onionskin::{
    replay::Snapshot,
    wire::{Cycle, Stack},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::LazyLock;

/// One question.
pub(super) struct Question {
    /// The path, with parameters as axum and OpenAPI write them alike.
    pub(super) path: &'static str,
    /// What is sent, as JSON: then it is `POST`, and does something. All others are `GET`.
    pub(super) sent: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Its name for programs.
    pub(super) name: &'static str,
    /// What it answers, for people.
    pub(super) what: &'static str,
    /// The parameters behind the `?`, as an object.
    pub(super) query: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// What comes back.
    pub(super) answer: Answer,
    pub(super) handler: MethodRouter<Api>,
}

/// What comes back.
pub(super) enum Answer {
    /// JSON of a type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Server-sent events: name and data are those of a type.
    Events(fn(&mut SchemaGenerator) -> Schema),
    /// Bytes, to be saved.
    File,
}

impl Question {
    fn new(path: &'static str, name: &'static str, what: &'static str, answer: Answer) -> Self {
        Self {
            path,
            sent: None,
            name,
            what,
            query: None,
            answer,
            handler: MethodRouter::new(),
        }
    }

    /// A question that is answered in JSON.
    pub(super) fn json<T: JsonSchema>(
        path: &'static str,
        name: &'static str,
        what: &'static str,
    ) -> Self {
        Self::new(path, name, what, Answer::Json(schema::<T>))
    }

    /// What may stand behind the `?`.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(T::json_schema),
            ..self
        }
    }

    /// What is to be sent.
    pub(super) fn sent<T: JsonSchema>(self) -> Self {
        Self {
            sent: Some(schema::<T>),
            ..self
        }
    }

    /// Who answers.
    pub(super) fn by(self, handler: MethodRouter<Api>) -> Self {
        Self { handler, ..self }
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// All questions.
pub(super) fn questions() -> Vec<Question> {
    vec![
        Question::json::<Status>("/api/status", "status", "The state of the inspector.")
            .by(get(status)),
        Question::json::<Vec<App>>("/api/apps", "apps", "Apps by name, each with its runs.")
            .by(get(cycles::apps)),
        Question::json::<Stack>(
            "/api/apps/{run}/stack",
            "stack",
            "The map of an app: routes, and for each the layers from outside to inside.",
        )
        .by(get(cycles::stack)),
        Question::json::<StackView>(
            "/api/apps/{run}/map",
            "map",
            "The map of an app with figures, of the cycles kept that match.",
        )
        .query::<cycles::MapQuery>()
        .by(get(cycles::map)),
        Question::json::<RunInsights>(
            "/api/apps/{run}/insights",
            "runInsights",
            "What a reviewer would remark on an app, over the cycles kept that match.",
        )
        .query::<cycles::MapQuery>()
        .by(get(cycles::insights)),
        Question::json::<CyclePage>("/api/cycles", "cycles", "A page of the list, newest first.")
            .query::<cycles::ListQuery>()
            .by(get(cycles::list)),
        Question::json::<FilterHelp>(
            "/api/filter",
            "filter",
            "Whether a filter is understood, and what could be written at the cursor.",
        )
        .query::<filter::HelpQuery>()
        .by(get(filter::help)),
        Question::json::<Cycle>(
            "/api/cycles/{id}",
            "cycle",
            "One cycle, whole: steps with their deltas, marks, bodies.",
        )
        .by(get(cycles::one)),
        Question::json::<Snapshot>(
            "/api/cycles/{id}/steps/{step}",
            "snapshot",
            "Request and response as they stood after a step; every value with the step that set it.",
        )
        .by(get(cycles::snapshot)),
        Question::json::<Timeline>(
            "/api/cycles/{id}/timeline",
            "timeline",
            "One cycle as it is drawn: rows, steps with their edits, marks, and what explains the ending.",
        )
        .by(get(view::timeline)),
        Question::json::<StepView>(
            "/api/cycles/{id}/steps/{step}/view",
            "stepView",
            "Request and response after a step, line by line: what the step did, who set each value, and who before.",
        )
        .by(get(view::step)),
        Question::json::<Found>(
            "/api/cycles/{id}/search",
            "search",
            "The steps of a cycle at which a text is: in what they changed, in what was logged and run after them, in the names \
             of their places.",
        )
        .query::<view::SearchQuery>()
        .by(get(view::search)),
        Question::new(
            "/api/cycles/{id}/bodies/{body}",
            "body",
            "The kept head of a body, as an attachment.",
            Answer::File,
        )
        .by(get(cycles::body)),
        Question::json::<BodyView>(
            "/api/cycles/{id}/bodies/{body}/view",
            "bodyView",
            "A body as it is looked at: decoded, taken apart, compared with another of the cycle.",
        )
        .query::<view::BodyQuery>()
        .by(get(view::body)),
        Question::json::<Vec<Insight>>(
            "/api/cycles/{id}/insights",
            "insights",
            "What a reviewer would remark on a cycle.",
        )
        .by(get(view::insights)),
        Question::json::<CycleSpans>(
            "/api/cycles/{id}/spans",
            "cycleSpans",
            "What other services did in the trace of a cycle, where their spans are received.",
        )
        .by(get(view::spans)),
        Question::json::<Comparison>(
            "/api/compare",
            "compare",
            "Two cycles, aligned by layer: where they part, in content and in time.",
        )
        .query::<view::CompareQuery>()
        .by(get(view::compare)),
        Question::new(
            "/api/cycles/{id}/export",
            "export_cycle",
            "One cycle in another format, as an attachment.",
            Answer::File,
        )
        .query::<export::FormatQuery>()
        .by(get(export::one)),
        Question::new(
            "/api/export",
            "export",
            "The cycles that match, oldest first, in another format, as an attachment that is written while it is read.",
            Answer::File,
        )
        .query::<export::ExportQuery>()
        .by(get(export::many)),
        Question::json::<Recording>(
            "/api/recording",
            "start_recording",
            "Records what comes from now on into a file.",
        )
        .sent::<StartRecording>()
        .by(post(recording::start)),
        Question::json::<Recording>(
            "/api/recording/stop",
            "stop_recording",
            "Ends the recording, and says how it stood.",
        )
        .sent::<()>()
        .by(post(recording::stop)),
        Question::json::<Sending>(
            "/api/send",
            "start_sending",
            "Sends cycles to a collector or Jaeger, as OpenTelemetry traces; how that goes is in the status.",
        )
        .sent::<StartSending>()
        .by(post(sending::start)),
        Question::json::<Sending>(
            "/api/send/stop",
            "stop_sending",
            "Ends the sending, and says how it stood.",
        )
        .sent::<()>()
        .by(post(sending::stop)),
        Question::new(
            "/api/live",
            "live",
            "What happens, as server-sent events. `Last-Event-ID` resumes after a position.",
            Answer::Events(schema::<crate::model::LiveEvent>),
        )
        .query::<live::LiveQuery>()
        .by(get(live::live)),
        Question::json::<Vec<KeyGroup>>(
            "/api/keys",
            "keys",
            "The keys of both UIs, from the one table.",
        )
        .by(get(async || Json(crate::keys::groups()))),
        Question::json::<serde_json::Map<String, serde_json::Value>>(
            "/api/openapi.json",
            "openapi",
            "This document.",
        )
        .by(get(super::openapi::serve)),
    ]
}

/// Whether something happens at this path when it is posted to.
pub(crate) fn takes_post(path: &str) -> bool {
    static PATHS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let posts = questions()
            .into_iter()
            .filter(|question| question.sent.is_some());
        posts.map(|question| question.path).collect()
    });
    PATHS.contains(&path)
}
