//! What explains how a cycle ended.

use super::places::Places;
use crate::model::{PanicView, Refused, WhyView};
use onionskin::{
    text::edits::short_type,
    times::RowState,
    wire::{Cycle, MarkKind, Outcome, Tried},
};

/// What explains the ending; none where there is nothing to explain.
pub(super) fn why(places: &Places<'_>) -> Option<WhyView> {
    let cycle = places.cycle;
    let answered_by = match &cycle.outcome {
        Outcome::ShortCircuited { site } | Outcome::TimedOut { site } => places.row_of_site(*site),
        _ => None,
    };
    let never_ran = places.rows.iter().enumerate();
    let never_ran = never_ran.filter(|(_, row)| row.state == RowState::NeverRan);
    let why = WhyView {
        routes: routes(cycle),
        extractor: refused(places),
        chain: chain(cycle),
        panic: panic(cycle),
        answered_by,
        never_ran: never_ran.map(|(index, _)| index).collect(),
    };
    (why != WhyView::default()).then_some(why)
}

fn routes(cycle: &Cycle) -> Vec<Tried> {
    let resolved = cycle.steps.iter().rev().filter_map(|s| s.resolved.as_ref());
    let mut tried = resolved.map(|r| &r.tried).filter(|t| !t.is_empty());
    tried.next().cloned().unwrap_or_default()
}

fn chain(cycle: &Cycle) -> Vec<String> {
    let said = cycle.marks.iter().rev().find_map(|mark| match &mark.what {
        MarkKind::Error { chain } => Some(chain.clone()),
        _ => None,
    });
    said.unwrap_or_else(|| match &cycle.outcome {
        Outcome::Failed { error, .. } => vec![error.clone()],
        _ => Vec::new(),
    })
}

/// The panic that the outcome names, with the backtrace of its mark.
fn panic(cycle: &Cycle) -> Option<PanicView> {
    let Outcome::Panicked { message, at, .. } = &cycle.outcome else {
        return None;
    };
    let same = |m: &String, a: &String| Some(m) == message.as_ref() && Some(a) == at.as_ref();
    let backtrace = cycle.marks.iter().rev().find_map(|mark| match &mark.what {
        MarkKind::Panic {
            message,
            at,
            backtrace,
        } if same(message, at) => Some(backtrace.clone()),
        _ => None,
    });
    Some(PanicView {
        message: message.clone(),
        at: at.clone(),
        backtrace: backtrace.unwrap_or_default(),
    })
}

fn refused(places: &Places<'_>) -> Option<Refused> {
    let Outcome::Rejected { site, extractor } = &places.cycle.outcome else {
        return None;
    };
    let said = places.cycle.marks.iter().find_map(|mark| match &mark.what {
        MarkKind::Log { target, fields, .. } if target == "axum::rejection" => fields.get("body"),
        _ => None,
    });
    let site_extractors = site.and_then(|i| places.cycle.sites.get(i));
    let extractors = site_extractors.map_or(&[][..], |s| &s.extractors);
    Some(Refused {
        rejection: extractor.clone(),
        row: site.and_then(|site| places.row_of_site(site)),
        argument: argument(extractors, extractor),
        message: said.cloned(),
    })
}

/// axum's extractors by what the names of their rejections hold.
const REJECTIONS: [(&str, &[&str]); 8] = [
    ("Json", &["Json"]),
    ("Path", &["PathParam"]),
    ("Query", &["QueryString"]),
    ("Form", &["Form"]),
    ("Multipart", &["Boundary", "Multipart"]),
    ("Extension", &["Extension"]),
    ("MatchedPath", &["MatchedPath"]),
    ("TypedHeader", &["TypedHeader"]),
];

/// Which extractor of a handler makes such a rejection, where exactly one does.
fn argument(extractors: &[String], rejection: &str) -> Option<usize> {
    let (name, _) = REJECTIONS
        .iter()
        .find(|(_, words)| words.iter().any(|word| rejection.contains(word)))?;
    let is_it = |extractor: &String| {
        let short = short_type(extractor);
        short.split('<').next() == Some(name)
    };
    let mut found = extractors.iter().enumerate().filter(|(_, e)| is_it(e));
    let (index, _) = found.next()?;
    found.next().is_none().then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_tells_its_extractor_where_only_one_can_have_made_it() {
        let handler = |types: &[&str]| types.iter().map(|t| (*t).into()).collect::<Vec<_>>();
        let books = handler(&["axum::extract::Path<u64>", "Query<app::Page>", "Json<New>"]);
        for (rejection, expected) in [
            ("FailedToDeserializePathParams", Some(0)),
            ("FailedToDeserializeQueryString", Some(1)),
            ("JsonDataError", Some(2)),
            ("MissingJsonContentType", Some(2)),
            ("FailedToDeserializeFormBody", None),
            ("Unheard", None),
        ] {
            assert_eq!(argument(&books, rejection), expected, "{rejection}");
        }
        let two = handler(&["Path<u64>", "Path<String>"]);
        assert_eq!(argument(&two, "FailedToDeserializePathParams"), None);
    }
}
