//! What messages say of their bodies.

use onionskin::{
    replay::{Message, Replay},
    wire::Cycle,
};

/// What the message that a body belongs to says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) content_type: Option<String>,
    /// `content-encoding`, in the order in which they were applied.
    pub(super) codings: Vec<String>,
}

/// The labels of all bodies of a cycle.
pub(super) struct Labels(Vec<Label>);

impl Labels {
    /// Each body is described by the first message that has it and says something of it: the word of who made it.
    pub(super) fn of(cycle: &Cycle) -> Self {
        let mut labels = vec![Label::default(); cycle.bodies.len()];
        if let Ok(replay) = Replay::new(cycle) {
            for step in &cycle.steps {
                let messages = [replay.request(step.seq), replay.response(step.seq)];
                for message in messages.into_iter().flatten() {
                    describe(message, &mut labels);
                }
            }
        }
        Self(labels)
    }

    pub(super) fn of_body(&self, index: usize) -> &Label {
        &self.0[index]
    }
}

fn describe(message: &Message, labels: &mut [Label]) {
    let body = message.body.as_ref().and_then(|body| body.value.body);
    let Some(label) = body.and_then(|index| labels.get_mut(index)) else {
        return;
    };
    let values = |name: &'static str| {
        let headers = message.headers.iter().map(|held| &held.value);
        let named = headers.filter(move |h| h.name == name);
        named.map(|h| h.value.to_text().into_owned())
    };
    if label.content_type.is_none() {
        label.content_type = values("content-type").next();
    }
    if label.codings.is_empty() {
        let all = values("content-encoding").collect::<Vec<_>>().join(",");
        let names = all.split(',').map(|c| c.trim().to_ascii_lowercase());
        label.codings = names.filter(|c| !c.is_empty() && c != "identity").collect();
    }
}
