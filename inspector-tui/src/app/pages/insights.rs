//! What a reviewer would remark: on the cycle that is open, and on its app.

use super::{PageLine, answer, dim, nothing, of};
use crate::{
    app::{Action, App, Role, piece},
    ask::{Answer, Question},
    keys::Command,
};
use onionskin::text::{counted, escape, grouped};
use onionskin_web::model::RunInsight;

pub(super) fn questions(app: &App) -> Vec<Question> {
    [of_cycle(app), of_run(app)].into_iter().flatten().collect()
}

fn of_cycle(app: &App) -> Option<Question> {
    let id = app.view()?.id().to_owned();
    Some(Question::Insights { id })
}

fn of_run(app: &App) -> Option<Question> {
    Some(Question::RunInsights {
        run: app.run()?.to_owned(),
        filter: app.listed.clone(),
    })
}

/// ```text
/// This cycle
///   auth gives another value to vary, which compression set
/// The app, over 1,204 cycles (500 of them looked into)
///   session takes 61 % of all the time               1,204 of 1,204
///     src/main.rs:41
/// ```
pub(super) fn lines(app: &App) -> Vec<PageLine> {
    let mut lines = Vec::new();
    if let Some(question) = of_cycle(app) {
        lines.push(PageLine::heading("This cycle"));
        let insights = answer(app, &question, |answer| match answer {
            Answer::Insights(insights) => Some(insights.clone()),
            _ => None,
        });
        match insights {
            Ok(insights) if insights.is_empty() => lines.push(dim("  nothing to remark")),
            Ok(insights) => lines.extend(insights.iter().map(|insight| {
                let step = insight
                    .step
                    .map_or(String::new(), |s| format!("  (step {})", u64::from(s) + 1));
                of(vec![
                    piece(Role::Plain, format!("  {}", escape(&insight.text))),
                    piece(Role::Dim, step),
                ])
            })),
            Err(waiting) => lines.extend(waiting),
        }
        lines.push(PageLine::default());
    }
    let Some(question) = of_run(app) else {
        return nothing();
    };
    let insights = answer(app, &question, |answer| match answer {
        Answer::RunInsights(insights) => Some(insights.clone()),
        _ => None,
    });
    match insights {
        Ok(insights) => {
            let looked = match insights.looked_into < insights.cycles {
                true => format!(", the newest {} looked into", grouped(insights.looked_into)),
                false => String::new(),
            };
            let heading = format!(
                "The app, over {}{looked}",
                counted(insights.cycles, "cycle")
            );
            lines.push(PageLine::heading(heading));
            if insights.insights.is_empty() {
                lines.push(dim("  nothing to remark"));
            }
            let open = app.keys.hint(Command::Open);
            let remarks = insights.insights.iter();
            lines.extend(remarks.flat_map(|insight| remark(insight, &open)));
        }
        Err(waiting) => lines.extend(waiting),
    }
    lines
}

fn remark(insight: &RunInsight, open: &str) -> Vec<PageLine> {
    let mut lines = vec![PageLine {
        pieces: vec![piece(Role::Plain, format!("  {}", escape(&insight.text)))],
        right: vec![piece(
            Role::Dim,
            format!("{} of {}", grouped(insight.count), grouped(insight.of)),
        )],
        action: Some(Action::Filter(insight.filter.clone())),
        source: insight.source.clone(),
    }];
    if let Some(source) = &insight.source {
        lines.push(PageLine {
            source: Some(source.clone()),
            ..dim(format!("    {}:{}", escape(&source.file), source.line))
        });
    }
    if let Some(example) = &insight.example {
        lines.push(PageLine {
            action: Some(Action::Open(example.clone())),
            ..dim(format!(
                "    {open}: cycle {}, which shows it",
                escape(example)
            ))
        });
    }
    lines
}
