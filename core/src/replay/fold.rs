//! One delta done to one message.

use super::{Held, Message};
use crate::wire::{Change, Delta, Extension, ExtensionEdit, Header, HeaderEdit};

/// Does what `delta` says; `by` is the step that carries it.
pub(super) fn apply(message: &mut Message, delta: &Delta, by: u32) -> Result<(), &'static str> {
    set(&mut message.method, delta.method.as_ref(), by);
    set(&mut message.uri, delta.uri.as_ref(), by);
    set(&mut message.version, delta.version.as_ref(), by);
    set(&mut message.status, delta.status.as_ref(), by);
    set(&mut message.body, delta.body.as_ref(), by);
    if let (Some(_), Some(held)) = (delta.counted, &mut message.body) {
        held.value.body = delta.counted;
    }
    for edit in &delta.headers {
        edit_headers(&mut message.headers, edit, by)?;
    }
    for edit in &delta.extensions {
        edit_extensions(&mut message.extensions, edit, by);
    }
    Ok(())
}

fn set<T: Clone>(slot: &mut Option<Held<T>>, change: Option<&Change<T>>, by: u32) {
    if let Some(change) = change {
        let value = change.to.clone();
        *slot = Some(Held { value, by });
    }
}

fn edit_headers(
    list: &mut Vec<Held<Header>>,
    edit: &HeaderEdit,
    by: u32,
) -> Result<(), &'static str> {
    match edit {
        HeaderEdit::Add { at, header } => {
            if *at > list.len() {
                return Err("a header is added behind the end of the list");
            }
            let value = header.clone();
            list.insert(*at, Held { value, by });
        }
        HeaderEdit::Remove { at, header } => {
            check(list, *at, header)?;
            list.remove(*at);
        }
        HeaderEdit::Change { at, from, to } => {
            check(list, *at, from)?;
            let value = to.clone();
            list[*at] = Held { value, by };
        }
        HeaderEdit::Move { from, at, header } => {
            check(list, *from, header)?;
            if *at >= list.len() {
                return Err("a header is moved behind the end of the list");
            }
            let held = list.remove(*from);
            list.insert(*at, held);
        }
    }
    Ok(())
}

/// An edit that names another header than the one in its place would show a falsehood.
fn check(list: &[Held<Header>], at: usize, header: &Header) -> Result<(), &'static str> {
    match list.get(at) {
        None => Err("an edit names a place behind the end of the header list"),
        Some(held) if held.value != *header => {
            Err("an edit names another header than the one in its place")
        }
        Some(_) => Ok(()),
    }
}

/// Extensions are a set: one that is put in again has changed, one that is not there can't be taken out.
fn edit_extensions(list: &mut Vec<Held<Extension>>, edit: &ExtensionEdit, by: u32) {
    let at = list
        .iter()
        .position(|held| held.value.type_name == edit.type_name());
    let value = match edit {
        ExtensionEdit::Add { value, .. } => value.clone(),
        ExtensionEdit::Change { to, .. } => Some(to.clone()),
        ExtensionEdit::Remove { .. } => {
            list.retain(|held| held.value.type_name != edit.type_name());
            return;
        }
    };
    let value = Extension {
        type_name: edit.type_name().to_owned(),
        value,
    };
    match at {
        Some(at) => list[at] = Held { value, by },
        None => list.push(Held { value, by }),
    }
}
