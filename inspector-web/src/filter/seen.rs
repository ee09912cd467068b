//! Values of a field that were seen, for completion.

use super::{cycle, field::Field, line, subject::Subject};
use onionskin::{text::edits::short_type, wire::Side};
use std::collections::HashMap;

/// Longest value that is offered.
const MAX_VALUE: usize = 200;

/// How many cycles are decoded for a field that is not in the line.
const DECODED: usize = 64;

/// Names of headers, cookies, parameters or types, the most frequent first.
pub(super) fn names(field: Field, subjects: &[Subject<'_>]) -> Vec<(String, usize)> {
    let mut counts = Counts::default();
    for subject in subjects.iter().take(reach(field, subjects)) {
        if field == Field::Query {
            let (_, query) = line::path_and_query(&subject.line.target);
            counts.add(line::pairs(query).map(|(name, _)| name.to_owned()));
            continue;
        }
        let Some(whole) = subject.cycle() else {
            continue;
        };
        counts.add(named(field, whole).map(|(name, _)| name));
    }
    counts.sorted()
}

/// Values of a field, or of the header, cookie, parameter or type of a name.
pub(super) fn values(
    field: Field,
    name: Option<&str>,
    subjects: &[Subject<'_>],
) -> Vec<(String, usize)> {
    let mut counts = Counts::default();
    for subject in subjects.iter().take(reach(field, subjects)) {
        let s = subject.line;
        let is = |known: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(known));
        match field {
            Field::Method => counts.add([s.method.clone()]),
            Field::Status => counts.add(s.status.map(|status| status.to_string())),
            Field::Path => counts.add([line::path_and_query(&s.target).0.to_owned()]),
            Field::Target => counts.add([s.target.clone()]),
            Field::Route => counts.add(s.route.clone()),
            Field::Outcome => counts.add([s.outcome.kind().to_owned()]),
            Field::AnsweredBy => counts.add(line::answered_by(s).map(String::from)),
            Field::Extractor => counts.add(line::extractor(s).map(String::from)),
            Field::App => counts.add([s.app.clone()]),
            Field::Run => counts.add(["last".to_owned(), s.run.clone()]),
            Field::Query => {
                let (_, query) = line::path_and_query(&s.target);
                let pairs = line::pairs(query).filter(|(known, _)| is(known));
                counts.add(pairs.map(|(_, value)| value.to_owned()));
            }
            Field::Layer | Field::Handler | Field::ChangedBy => {
                counts.add(subject.passed(field).map(|site| site.name.clone()));
            }
            Field::Level => {
                counts.add(["warn", "error", "info", "debug", "trace"].map(String::from))
            }
            Field::Ext
            | Field::Header
            | Field::RequestHeader
            | Field::ResponseHeader
            | Field::Cookie
            | Field::Param => {
                let cycle = subject.cycle();
                let pairs = cycle.into_iter().flat_map(|cycle| named(field, cycle));
                counts.add(pairs.filter(|(known, _)| is(known)).map(|(_, value)| value));
            }
            _ => {}
        }
    }
    counts.sorted()
}

/// How many of the newest cycles are looked at.
fn reach(field: Field, subjects: &[Subject<'_>]) -> usize {
    match field.info().needs {
        super::field::Needs::Cycle => DECODED,
        _ => subjects.len(),
    }
}

fn named(
    field: Field,
    whole: &onionskin::wire::Cycle,
) -> Box<dyn Iterator<Item = (String, String)> + '_> {
    let headers = |wanted: Option<Side>| {
        let all = cycle::headers(whole).filter(move |(side, _)| wanted.is_none_or(|w| w == *side));
        all.map(|(_, header)| (header.name.clone(), header.value.to_text().into_owned()))
    };
    match field {
        Field::Header => Box::new(headers(None)),
        Field::RequestHeader => Box::new(headers(Some(Side::Request))),
        Field::ResponseHeader => Box::new(headers(Some(Side::Response))),
        Field::Cookie => Box::new(cycle::cookies(whole)),
        Field::Ext => Box::new(cycle::extensions(whole).map(|(of_type, value)| {
            let value = value.unwrap_or_default();
            (short_type(of_type), value.to_owned())
        })),
        _ => Box::new(cycle::params(whole).map(|(name, value)| (name.into(), value.into()))),
    }
}

#[derive(Default)]
struct Counts(HashMap<String, usize>);

impl Counts {
    fn add(&mut self, values: impl IntoIterator<Item = String>) {
        for value in values {
            if !value.is_empty() && value.len() <= MAX_VALUE {
                *self.0.entry(value).or_default() += 1;
            }
        }
    }

    fn sorted(self) -> Vec<(String, usize)> {
        let mut values: Vec<_> = self.0.into_iter().collect();
        values.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        values
    }
}
