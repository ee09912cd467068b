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
    pub(crate) class: Class,
}

/// Places for the names of our lists: many more than names, so that most stand where they are looked for.
const KNOWN_PLACES: usize = 1024;

/// Each name stands in its place, or in the next one that is free.
static KNOWN: LazyLock<Vec<Option<Known>>> = LazyLock::new(|| {
    let mut known: Vec<Option<Known>> = Vec::new();
    known.resize_with(KNOWN_PLACES, || None);
    for text in listed() {
        let name = HeaderName::from_bytes(text.as_bytes()).expect("the lists hold names");
        let mut at = place(&name) % KNOWN_PLACES;
        while known[at].as_ref().is_some_and(|there| there.name != name) {
            at = (at + 1) % KNOWN_PLACES;
        }
        let id = site::name_id(text);
        // Number 0 is that of names for which there was no room.
        known[at] = (id != 0).then(|| Known {
            class: classify(text),
            name,
            id,
        });
    }
    known
});

/// A number that few names have in common.
#[inline]
fn place(name: &HeaderName) -> usize {
    let text = name.as_str().as_bytes();
    let byte = |at: usize| usize::from(text.get(at).copied().unwrap_or(0));
    text.len() * 131 + byte(0) * 7 + byte(text.len() / 2) * 29 + byte(text.len() - 1)
}

/// A name that this thread has met.
struct Met {
    name: HeaderName,
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
    let place = place(name);
    let mut at = place % KNOWN_PLACES;
    while let Some(known) = &KNOWN[at] {
        if known.name == *name {
            return (Some(known), known.class);
        }
        at = (at + 1) % KNOWN_PLACES;
    }
    (None, class_of_other(name, place % PLACES))
}

/// How the values of a header are treated that is on no list.
fn class_of_other(name: &HeaderName, place: usize) -> Class {
    let met = MET.try_with(|met| match met.borrow().get(place) {
        Some(Some(met)) if met.name == *name => Some(met.class),
        _ => None,
    });
    match met {
        Ok(Some(class)) => class,
        _ => meet(name, place),
    }
}

#[cold]
fn meet(name: &HeaderName, place: usize) -> Class {
    let text = name.as_str();
    let class = classify(text);
    // A copy of its own: a clone would keep alive what the app has allocated.
    if let Ok(name) = HeaderName::from_bytes(text.as_bytes())
        && text.len() <= LONGEST
    {
        let _ = MET.try_with(|met| {
            let mut met = met.borrow_mut();
            met.resize_with(PLACES, || None);
            met[place] = Some(Met { name, class });
        });
    }
    class
}

/// How the values of this header are treated.
pub(crate) fn class_of(name: &HeaderName) -> Class {
    name_of(name).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_lists_are_found_and_others_are_classified() {
        for text in listed() {
            let (known, class) = name_of(&HeaderName::from_bytes(text.as_bytes()).unwrap());
            assert_eq!(known.map(|k| k.name.as_str()), Some(text));
            assert_eq!(class, classify(text), "{text}");
        }
        for text in ["x-of-our-own", "x-my-session", "x"] {
            let name = HeaderName::from_bytes(text.as_bytes()).unwrap();
            for _ in 0..2 {
                let (known, class) = name_of(&name);
                assert!(known.is_none());
                assert_eq!(class, classify(text), "{text}");
            }
        }
    }

    #[cfg(all(feature = "tokio", feature = "http1"))]
    #[tokio::test(flavor = "current_thread")]
    async fn every_name_on_the_lists_is_recorded_as_it_is() {
        use crate::{Router, body::Body, extract::Request, testing};

        let mut request = Request::new(Body::empty());
        for text in listed() {
            let name = HeaderName::from_static(text);
            request.headers_mut().append(name, "value".parse().unwrap());
        }
        let (_, cycle) = testing::run(Router::new(), request).await;
        let seen = &cycle.replay().request(0).expect("a request").headers;
        let names: Vec<_> = seen.iter().map(|held| &*held.value.name).collect();
        assert_eq!(names, listed().collect::<Vec<_>>());
    }

    #[test]
    fn most_names_stand_where_they_are_looked_for() {
        let elsewhere = (0..KNOWN_PLACES).filter(|at| {
            let known = KNOWN[*at].as_ref();
            known.is_some_and(|known| place(&known.name) % KNOWN_PLACES != *at)
        });
        assert!(elsewhere.count() < 20);
    }
}
