//! At which steps something went wrong.

use onionskin::{
    replay::Replay,
    wire::{Cycle, Left, MarkKind, Outcome, Step},
};

/// For each step, whether something went wrong there: it was left by an error, a panic or for good; an error was told or logged
/// before the next; or it decided that the cycle ends badly.
pub(super) fn problems(cycle: &Cycle) -> Vec<bool> {
    let is_bad = |left: &Left| !matches!(left, Left::Returned | Left::Sent);
    let left = |step: &Step| step.left.as_ref().is_some_and(is_bad);
    let mut wrong: Vec<bool> = cycle.steps.iter().map(left).collect();
    let faults = cycle.marks.iter().filter(|mark| is_fault(&mark.what));
    for step in faults.map(|mark| mark.after).chain(decided(cycle)) {
        if let Some(wrong) = wrong.get_mut(step as usize) {
            *wrong = true;
        }
    }
    wrong
}

/// Whether a mark says that something went wrong.
pub fn is_fault(mark: &MarkKind) -> bool {
    match mark {
        MarkKind::Error { .. } | MarkKind::Panic { .. } => true,
        MarkKind::Log { level, .. } => level == "ERROR",
        _ => false,
    }
}

/// Where the status that was sent was set, if that is a bad ending.
fn decided(cycle: &Cycle) -> Option<u32> {
    let is_bad = match &cycle.outcome {
        Outcome::Rejected { .. } | Outcome::TimedOut { .. } => true,
        _ => cycle.status.is_some_and(|status| status >= 400),
    };
    let last = cycle.steps.last().filter(|_| is_bad)?;
    let replay = Replay::new(cycle).ok()?;
    Some(replay.response(last.seq)?.status.as_ref()?.by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        samples::{get_request, record},
        timeline,
    };
    use http::StatusCode;
    use onionskin::{
        Router,
        extract::{Path, Request},
        middleware::{from_fn, map_response},
        response::{IntoResponse, Response},
        routing::get,
        wire::{Edge, Mark, Stage},
    };

    fn app() -> Router {
        let locked = from_fn(async |_: Request, _| StatusCode::UNAUTHORIZED.into_response());
        let cached = from_fn(async |_: Request, _| StatusCode::NOT_MODIFIED.into_response());
        let spoilt = map_response(async |mut answer: Response| {
            *answer.status_mut() = StatusCode::IM_A_TEAPOT;
            answer
        });
        async fn book(Path(id): Path<u64>) -> String {
            id.to_string()
        }
        Router::new()
            .route("/books/{id}", get(book))
            .route("/broken", get(async || StatusCode::BAD_GATEWAY))
            .merge(
                Router::new()
                    .route("/locked", get(book))
                    .route_layer(locked),
            )
            .merge(
                Router::new()
                    .route("/cached", get(book))
                    .route_layer(cached),
            )
            .merge(
                Router::new()
                    .route("/spoilt", get(async || "7"))
                    .route_layer(spoilt),
            )
            .layer(map_response(async |answer: Response| answer))
    }

    /// The steps at which something went wrong.
    fn wrong(cycle: &Cycle) -> Vec<usize> {
        let steps = timeline(cycle).steps;
        let wrong = steps.iter().enumerate().filter(|(_, step)| step.problem);
        wrong.map(|(at, _)| at).collect()
    }

    #[test]
    fn it_is_where_the_answer_was_made_that_ended_it_badly() {
        for (path, stage) in [
            ("/books/7", None),
            ("/cached", None),
            ("/books/x", Some(Stage::View)),
            ("/broken", Some(Stage::View)),
            ("/locked", Some(Stage::Middleware)),
            ("/spoilt", Some(Stage::Middleware)),
            ("/nothing", Some(Stage::View)),
        ] {
            let cycle = record(app(), get_request(path));
            let wrong = wrong(&cycle);
            assert_eq!(
                wrong.len(),
                usize::from(stage.is_some()),
                "{path} {wrong:?}"
            );
            for step in wrong.iter().map(|at| &cycle.steps[*at]) {
                assert_eq!((Some(step.stage), step.edge), (stage, Edge::Out), "{path}");
                let set = step.delta.as_ref().unwrap().status.as_ref();
                assert_eq!(set.map(|set| set.to), cycle.status, "{path}");
            }
        }
    }

    #[test]
    fn it_is_where_an_error_was_told_and_where_something_was_not_left_well() {
        let mut cycle = record(app(), get_request("/books/7"));
        let mark = |after, level: &str| Mark {
            t_ns: 0,
            after,
            inside: None,
            what: MarkKind::Log {
                level: level.into(),
                target: "shop".into(),
                message: "no more".into(),
                fields: Default::default(),
            },
        };
        cycle.marks = vec![mark(1, "WARN"), mark(3, "ERROR"), mark(9_999, "ERROR")];
        assert_eq!(wrong(&cycle), [3]);
        cycle.marks[0].what = MarkKind::Error {
            chain: vec!["no connection".into()],
        };
        assert_eq!(wrong(&cycle), [1, 3]);
        let last = cycle.steps.len() - 1;
        for bad in [Left::Cut, Left::Dropped, Left::Unwound] {
            cycle.steps[last].left = Some(bad);
            assert_eq!(wrong(&cycle), [1, 3, last]);
        }
    }
}
