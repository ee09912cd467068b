//! A cycle that is open: its timeline, the step we are at, and both messages there.

use super::{Layout, MessagePane, Player};
use crate::ask::{Answer, Answers, Known, Question};
use onionskin::wire::Side;
use onionskin_web::{
    model::{
        BodyPlace, ContentKind, CycleSpans, MessageView, Op, Row, StepLine, StepView, Timeline,
    },
    view::BodyOptions,
};
use std::sync::Arc;

/// A cycle that is open.
#[derive(Debug)]
pub struct View {
    /// Its rows, steps and marks.
    pub timeline: Arc<Timeline>,
    /// The step we are at.
    pub player: Player,
    /// What other services did in its trace, as far as that has come.
    pub spans: Arc<CycleSpans>,
    /// The messages as they are shown: at the step we are at, or while that is loading at the one before. No flicker.
    pub shown: Option<Arc<StepView>>,
    /// Why the messages of the step can't be shown.
    pub failed: Option<String>,
    /// How many remarks there are on it, where that is known.
    pub remarks: Option<usize>,
    /// The request.
    pub request: MessagePane,
    /// The response.
    pub response: MessagePane,
    /// Of which answers and step the panes were made.
    made_of: Option<(u64, usize, Layout)>,
}

impl View {
    /// Opens a cycle at its first step.
    pub fn new(timeline: Arc<Timeline>) -> Self {
        Self {
            player: Player::new(timeline.steps.len()),
            timeline,
            spans: Arc::default(),
            shown: None,
            failed: None,
            remarks: None,
            request: MessagePane::new(Side::Request),
            response: MessagePane::new(Side::Response),
            made_of: None,
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.timeline.cycle.id
    }

    /// The step we are at.
    pub fn step(&self) -> Option<&StepLine> {
        self.timeline.steps.get(self.player.step())
    }

    /// Index of the row that the step is about.
    pub fn row(&self) -> Option<usize> {
        self.step()?.row
    }

    /// The row that the step is about.
    pub fn current_row(&self) -> Option<&Row> {
        self.timeline.rows.get(self.row()?)
    }

    /// The step of a row that follows the one we are at, round and round: a layer has one on the way in and one on the way
    /// out.
    pub(super) fn step_of(&self, row: usize) -> Option<usize> {
        let steps = &self.timeline.steps;
        let from = self.player.step() + 1;
        let mut around = (from..steps.len()).chain(0..from.min(steps.len()));
        around.find(|at| steps[*at].row == Some(row))
    }

    /// The pane of a side.
    pub fn pane(&self, side: Side) -> &MessagePane {
        match side {
            Side::Request => &self.request,
            Side::Response => &self.response,
        }
    }

    pub(super) fn pane_mut(&mut self, side: Side) -> &mut MessagePane {
        match side {
            Side::Request => &mut self.request,
            Side::Response => &mut self.response,
        }
    }

    /// The message of a side, if there is one yet.
    pub fn message(&self, side: Side) -> Option<&MessageView> {
        let shown = self.shown.as_ref()?;
        match side {
            Side::Request => Some(&shown.request),
            Side::Response => shown.response.as_ref(),
        }
    }

    /// What has to be known to show it, the most urgent first: this step, its bodies, the steps beside it.
    pub(super) fn needs(&self, needs: &mut Vec<Question>) {
        let step = self.player.step();
        let ask = |step: usize| Question::Step {
            id: self.id().to_owned(),
            step: step as u32,
        };
        needs.push(self.of_others());
        if self.timeline.steps.is_empty() {
            return;
        }
        needs.push(ask(step));
        needs.extend(
            [Side::Request, Side::Response]
                .iter()
                .filter_map(|side| self.body(*side)),
        );
        needs.push(Question::Insights {
            id: self.id().to_owned(),
        });
        if step + 1 < self.player.len() {
            needs.push(ask(step + 1));
        }
        if let Some(before) = step.checked_sub(1) {
            needs.push(ask(before));
        }
    }

    /// The question for what other services did.
    pub(super) fn of_others(&self) -> Question {
        Question::Spans {
            id: self.id().to_owned(),
        }
    }

    /// The question for the body of a side, where there is one.
    pub fn body(&self, side: Side) -> Option<Question> {
        let place = self.message(side)?.body.as_ref()?;
        Some(Question::Body {
            id: self.id().to_owned(),
            number: place.index?,
            options: options(place, self.pane(side)),
        })
    }

    /// The questions for the images of the messages.
    pub(super) fn pictures(&self, room: (u16, u16)) -> impl Iterator<Item = Question> {
        [Side::Request, Side::Response]
            .into_iter()
            .filter_map(move |side| self.picture(side, room))
    }

    /// The question for the image that the body of a side is, if it is one.
    fn picture(&self, side: Side, room: (u16, u16)) -> Option<Question> {
        let pane = self.pane(side);
        let body = pane.body.as_ref().ok()?.as_ref()?;
        (body.kind == ContentKind::Image).then(|| Question::Picture {
            id: self.id().to_owned(),
            number: body.index,
            encoded: pane.encoded,
            room,
        })
    }

    /// Takes what is known by now. Returns whether anything is shown that was not.
    pub(super) fn settle(&mut self, answers: &Answers, layout: &Layout) -> bool {
        let now = (answers.version(), self.player.step(), *layout);
        if self.made_of == Some(now) {
            return false;
        }
        self.made_of = Some(now);
        let step = Question::Step {
            id: self.id().to_owned(),
            step: self.player.step() as u32,
        };
        self.failed = None;
        match answers.get(&step) {
            Known::Here(Answer::Step(view)) => self.shown = Some(view.clone()),
            Known::Failed(why) => self.failed = Some(why.to_owned()),
            _ => {}
        }
        if let Known::Here(Answer::Spans(spans)) = answers.get(&self.of_others()) {
            self.spans = spans.clone();
        }
        let remarks = Question::Insights {
            id: self.id().to_owned(),
        };
        if let Known::Here(Answer::Insights(remarks)) = answers.get(&remarks) {
            self.remarks = Some(remarks.len());
        }
        for side in [Side::Request, Side::Response] {
            let body = self
                .body(side)
                .map(|question| match answers.get(&question) {
                    Known::Here(Answer::Body(body)) => Ok(Some(body.clone())),
                    Known::Failed(why) => Err(why.to_owned()),
                    _ => Ok(None),
                });
            self.pane_mut(side).body = body.unwrap_or(Ok(None));
            let picture = self.picture(side, layout.room());
            let picture = picture.map(|question| match answers.get(&question) {
                Known::Here(Answer::Picture(picture)) => Ok(Some(picture.clone())),
                Known::Failed(why) => Err(why.to_owned()),
                _ => Ok(None),
            });
            self.pane_mut(side).picture = picture.unwrap_or(Ok(None));
            self.pane_mut(side).columns = layout.columns(side);
            self.make(side);
        }
        true
    }

    /// Makes the lines of a pane anew.
    pub(super) fn make(&mut self, side: Side) {
        let lines = super::message::lines(self, side);
        self.pane_mut(side).set(lines);
    }

    /// Forgets of what the panes were made: another body is wanted.
    pub(super) fn unsettle(&mut self) {
        self.made_of = None;
    }
}

fn options(place: &BodyPlace, pane: &MessagePane) -> BodyOptions {
    BodyOptions {
        kind: pane.kind,
        encoded: pane.encoded,
        // Where a layer put another body in its place: the difference between them.
        against: place.before.filter(|_| place.op == Some(Op::Change)),
    }
}
