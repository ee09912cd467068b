//! What explains how a cycle ended.

use super::places::Places;
use crate::model::{PanicView, Refused, WhyView};
use onionskin::{
    text::notes::nearest,
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
    let routes = routes(cycle);
    let why = WhyView {
        nearest: nearest(&routes),
        routes,
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
    let cycle = places.cycle;
    let Outcome::Rejected {
        site,
        extractor,
        rejection,
        read,
        known_by,
    } = &cycle.outcome
    else {
        return None;
    };
    let said = cycle.marks.iter().find_map(|mark| match &mark.what {
        MarkKind::Log { target, fields, .. } if target == "axum::rejection" => fields.get("body"),
        _ => None,
    });
    let handler = site.and_then(|i| cycle.sites.get(i));
    let mut extractors = handler.map_or(&[][..], |s| &s.extractors).iter();
    Some(Refused {
        extractor: extractor.clone(),
        rejection: rejection.clone(),
        row: site.and_then(|site| places.row_of_site(site)),
        argument: extractors.position(|e| e == extractor),
        message: said.cloned(),
        read: *read,
        known_by: *known_by,
    })
}

#[cfg(test)]
mod tests {
    use crate::view::{
        samples::{get_request, record, shop},
        timeline,
    };

    #[test]
    fn the_extractor_that_refused_is_pointed_at() {
        let view = timeline(&record(shop(), get_request("/books/x")));
        let refused = view.why.unwrap().extractor.unwrap();
        let row = &view.rows[refused.row.unwrap()];
        assert_eq!(row.name, "book");
        assert_eq!(row.extractors[refused.argument.unwrap()], refused.extractor);
    }
}
