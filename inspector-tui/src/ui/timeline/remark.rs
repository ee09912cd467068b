//! What there is to say of a row, behind its bar; all of it escaped.

use crate::app::View;
use onionskin::{
    text::{duration, notes},
    wire::{Left, SiteKind, Stage},
};
use onionskin_web::model::{Row, RowState};

pub(super) fn remark(view: &View, row: &Row) -> String {
    let own = row.in_ns.saturating_add(row.out_ns);
    let mut text = match row.stage {
        _ if row.state == RowState::NeverRan => return "never ran".into(),
        Stage::Resolve => return resolved(view, row),
        Stage::View => format!("view {}", duration(own)),
        Stage::Middleware if row.inner_ns > 0 || row.out_ns > 0 => {
            format!("in {}, out {}", duration(row.in_ns), duration(row.out_ns))
        }
        Stage::Middleware if row.left == Some(Left::Returned) => {
            format!("{}, answered by itself", duration(own))
        }
        Stage::Middleware => duration(own),
        Stage::Parse => duration(row.in_ns),
        Stage::Send => duration(own),
    };
    if row.idle_ns > 0 {
        text += &format!(", idle {}", duration(row.idle_ns));
    }
    text
}

fn resolved(view: &View, row: &Row) -> String {
    let timeline = &view.timeline;
    let is_here = |at: usize| timeline.rows.get(at).is_some_and(|r| r.entry == row.entry);
    let steps = timeline.steps.iter();
    let found = steps
        .filter(|step| step.row.is_some_and(is_here))
        .find_map(|step| step.resolved.as_ref());
    let Some(found) = found else {
        return duration(row.in_ns);
    };
    let nest = timeline.rows.iter().skip_while(|r| r.entry != row.entry);
    let nest = nest.skip(1).find(|r| r.kind == Some(SiteKind::Nest));
    notes::found(found, nest.map(|nest| &*nest.name))
}
