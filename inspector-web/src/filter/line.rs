//! The fields that are in the line of a cycle.

use super::{
    field::Field,
    pattern::Pattern,
    plan::{Ask, Leaf},
    subject::Context,
};
use onionskin::wire::{CycleSummary, Outcome};

/// Whether a word is in the method, the target, the route or the outcome.
pub(super) fn has_word(line: &CycleSummary, word: &Pattern) -> bool {
    let has = |text: &str| word.matches(text.as_bytes());
    has(&line.target)
        || has(&line.method)
        || line.route.as_deref().is_some_and(has)
        || match line.outcome {
            // Most are, and a text need not be made for that.
            Outcome::Completed => has("completed"),
            _ => has(&line.outcome.describe(line.outcome_site.as_deref())),
        }
}

pub(super) fn matches(leaf: &Leaf, line: &CycleSummary, context: &Context) -> bool {
    let ask = &leaf.ask;
    match leaf.field {
        Field::Method => ask.text(&line.method),
        Field::Status => match line.status {
            Some(status) => ask.number(status.into()),
            None => matches!(ask, Ask::None),
        },
        Field::Path => ask.text(path_and_query(&line.target).0),
        Field::Target => ask.text(&line.target),
        Field::Query => pairs(path_and_query(&line.target).1).any(|(name, value)| {
            leaf.name
                .as_ref()
                .is_some_and(|n| n.matches(name.as_bytes()))
                && ask.text(value)
        }),
        Field::Route => match &line.route {
            Some(route) => ask.text(route),
            None => matches!(ask, Ask::None),
        },
        Field::Time => ask.number(line.duration_ns),
        Field::Outcome => ask.text(line.outcome.kind()),
        Field::AnsweredBy => answered_by(line).is_some_and(|name| ask.text(name)),
        Field::Extractor => extractor(line).any(|name| ask.text(name)),
        Field::Sql => ask.number(line.sql),
        Field::Logs => ask.number(line.logs),
        Field::App => ask.text(&line.app),
        Field::Run => run(ask, line, context),
        Field::Number => ask.number(line.number),
        Field::Since => {
            let age = context.now_us.saturating_sub(line.started_unix_us);
            ask.number(age.saturating_mul(1000))
        }
        _ => false,
    }
}

fn run(ask: &Ask, line: &CycleSummary, context: &Context) -> bool {
    let known = context.runs.get(&line.run);
    match ask {
        Ask::Newest => known.is_some_and(|(_, newest)| *newest),
        Ask::Ordinal(number) => known.is_some_and(|(ordinal, _)| ordinal == number),
        ask => ask.text(&line.run),
    }
}

/// The path of a target, and what is behind its `?`.
pub(super) fn path_and_query(target: &str) -> (&str, &str) {
    // A proxy's client names the host too.
    let absolute = (!target.starts_with('/')).then(|| target.split_once("://"));
    let path = match absolute.flatten() {
        Some((scheme, rest)) if !scheme.contains('/') => {
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    path.split_once('?').unwrap_or((path, ""))
}

/// Parameters of a query, as they are written there.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

pub(super) fn answered_by(line: &CycleSummary) -> Option<&str> {
    let answered = matches!(
        line.outcome,
        Outcome::ShortCircuited { .. } | Outcome::TimedOut { .. }
    );
    line.outcome_site.as_deref().filter(|_| answered)
}

/// The extractor that refused the request, and its rejection.
pub(super) fn extractor(line: &CycleSummary) -> impl Iterator<Item = &str> {
    let (extractor, rejection) = match &line.outcome {
        Outcome::Rejected {
            extractor,
            rejection,
            ..
        } => (Some(extractor), rejection.as_ref()),
        _ => (None, None),
    };
    extractor.into_iter().chain(rejection).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_a_path_and_a_query() {
        for (target, path, query) in [
            ("/a/b?c=d&e", "/a/b", "c=d&e"),
            ("/a", "/a", ""),
            ("http://host:1/a?b", "/a", "b"),
            ("http://host?b", "", "b"),
            ("http://host", "/", ""),
            ("/to?url=http://x/y", "/to", "url=http://x/y"),
            ("*", "*", ""),
        ] {
            assert_eq!(path_and_query(target), (path, query), "{target}");
        }
        let found: Vec<_> = pairs("a=1&&b&=2&c=d=e").collect();
        assert_eq!(found, [("a", "1"), ("b", ""), ("", "2"), ("c", "d=e")]);
    }
}
