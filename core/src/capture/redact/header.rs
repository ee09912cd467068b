//! What there is to know of a header's name, found fast.

use super::names::{Class, classify, listed};
use crate::capture::site;
use http::HeaderName;
use std::{cell::RefCell, sync::LazyLock};

/// A name that is on our lists: everyday names, and those of credentials.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: HeaderName,
    /// Its number in the table of names.
    pub(crate) id: u32,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let mut names: Vec<&str> = listed().collect();
    names.sort_unstable();
    names.dedup();
    let known = |name: &str| Known {
        name: HeaderName::from_bytes(name.as_bytes()).expect("the lists hold names of headers"),
        id: site::name_id(name),
    };
    names.into_iter().map(known).collect()
});

/// A name that this thread has met.
struct Met {
    name: HeaderName,
    known: Option<&'static Known>,
    class: Class,
}

/// Places for names met; one that is taken is taken over. So names of a client's making push nothing up.
const PLACES: usize = 256;
/// A longer name is looked up every time.
const LONGEST: usize = 64;

thread_local! {
    static MET: RefCell<Vec<Option<Met>>> = const { RefCell::new(Vec::new()) };
}

/// Where a name is on our lists, if it is, and how its values are treated.
#[inline]
pub(crate) fn name_of(name: &HeaderName) -> (Option<&'static Known>, Class) {
    let text = name.as_str().as_bytes();
    let (first, last) = (text.first(), text.last());
    let ends = usize::from(*first.unwrap_or(&0)) * 7 + usize::from(*last.unwrap_or(&0));
    let place = (text.len() * 37 + ends) % PLACES;
    let met = MET.try_with(|met| match met.borrow().get(place) {
        Some(Some(met)) if met.name == *name => Some((met.known, met.class)),
        _ => None,
    });
    match met {
        Ok(Some(known)) => known,
        _ => meet(name, place),
    }
}

#[cold]
fn meet(name: &HeaderName, place: usize) -> (Option<&'static Known>, Class) {
    let text = name.as_str();
    let at = KNOWN.binary_search_by(|known| known.name.as_str().cmp(text));
    // Number 0 is that of names for which there was no room.
    let known = at.ok().map(|at| &KNOWN[at]).filter(|known| known.id != 0);
    let class = classify(text);
    // A copy of its own: a clone would keep alive what the app has allocated.
    if let Ok(name) = HeaderName::from_bytes(text.as_bytes())
        && text.len() <= LONGEST
    {
        let _ = MET.try_with(|met| {
            let mut met = met.borrow_mut();
            met.resize_with(PLACES, || None);
            met[place] = Some(Met { name, known, class });
        });
    }
    (known, class)
}

/// How the values of this header are treated.
pub(crate) fn class_of(name: &HeaderName) -> Class {
    name_of(name).1
}
