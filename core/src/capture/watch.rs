//! Extensions whose values are shown: those that the app names.

use super::{
    handle::{self, UNSHOWN},
    redact, site,
};
use http::Extensions;
use std::{
    any::{TypeId, type_name},
    fmt::{self, Debug, Display, Write},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Most bytes of a value that are shown.
const CAP: usize = 1 << 10;

/// Whether there are any: all that a probe asks where there are none.
static ANY: AtomicBool = AtomicBool::new(false);
static WATCHED: RwLock<Vec<Watched>> = RwLock::new(Vec::new());

struct Watched {
    type_id: TypeId,
    /// Number of the type's name.
    name: u32,
    show: Box<Show>,
}

/// The value of a type among extensions, as text, if there is one.
type Show = dyn Fn(&Extensions) -> Option<String> + Send + Sync;

/// The value of an extension, as the app shows it.
pub(crate) struct Shown {
    /// Number of the type's name.
    pub(crate) name: u32,
    /// Up to the cap.
    pub(crate) text: String,
}

/// Shows the value of an extension wherever a request or a response has one of this type, and not only that it is there:
/// as its `Debug` has it, up to 1 KiB, credentials in it masked as everywhere. A change of the value between two layers is
/// seen as well.
///
/// Call it once, when the app starts. It runs `T`'s `Debug` at every probe that meets such a value; nothing is formatted
/// where there is none. To show less than that, or if `T` has no `Debug`: [`watch_extension_with`].
///
/// In a build without recording it does nothing.
///
/// # Example
///
/// ```
/// #[derive(Clone, Debug)]
/// struct User { id: u64 }
///
/// onionskin::watch_extension::<User>();
/// ```
pub fn watch_extension<T>()
where
    T: Debug + Send + Sync + 'static,
{
    watch::<T>(|value, out| write!(out, "{value:?}"));
}

/// As [`watch_extension`], shown as `show` has it.
///
/// # Example
///
/// ```
/// # #[derive(Clone)]
/// struct Session { token: String, user: u64 }
///
/// onionskin::watch_extension_with(|session: &Session| format!("of user {}", session.user));
/// ```
pub fn watch_extension_with<T, D>(show: impl Fn(&T) -> D + Send + Sync + 'static)
where
    T: Send + Sync + 'static,
    D: Display,
{
    watch::<T>(move |value, out| write!(out, "{}", show(value)));
}

fn watch<T>(show: impl Fn(&T, &mut Capped) -> fmt::Result + Send + Sync + 'static)
where
    T: Send + Sync + 'static,
{
    let watched = Watched {
        type_id: TypeId::of::<T>(),
        name: site::name_id(type_name::<T>()),
        show: Box::new(move |extensions| {
            let value = extensions.get::<T>()?;
            let mut out = Capped {
                text: String::with_capacity(128),
                is_cut: false,
            };
            // An error means that the cap is reached, or that the app's code does not want to: either way this is what
            // there is.
            let _ = show(value, &mut out);
            Some(out.text)
        }),
    };
    let mut all = WATCHED.write().unwrap_or_else(PoisonError::into_inner);
    all.retain(|other| other.type_id != watched.type_id);
    all.push(watched);
    ANY.store(true, Ordering::Release);
}

/// The watched values among these extensions. Runs code of the app's: the recording must not be locked.
#[inline]
pub(crate) fn shown(extensions: &Extensions) -> Vec<Shown> {
    if !ANY.load(Ordering::Acquire) || extensions.is_empty() {
        return Vec::new();
    }
    ask(extensions)
}

#[cold]
fn ask(extensions: &Extensions) -> Vec<Shown> {
    let all = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    let show = |watched: &Watched| {
        let text = handle::shown(|| (watched.show)(extensions));
        Some(Shown {
            name: watched.name,
            text: text.unwrap_or_else(|| Some(UNSHOWN.into()))?,
        })
    };
    all.iter().filter_map(show).collect()
}

/// Takes text up to the cap, and nothing more then, whether or not it is heard that it does not.
struct Capped {
    text: String,
    is_cut: bool,
}

impl Write for Capped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let room = CAP - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
        self.text.push_str(&text[..end.unwrap_or(0)]);
        self.text.push('…');
        self.is_cut = true;
        Err(fmt::Error)
    }
}

impl Shown {
    /// Writes it, credentials masked.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        redact::put_debug(out, self.text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug)]
    #[expect(dead_code, reason = "it is there to be shown")]
    struct User {
        id: u64,
    }

    #[derive(Clone)]
    struct Quiet(String);

    #[derive(Clone, Debug)]
    struct Other;

    #[test]
    fn what_is_watched_is_shown_up_to_the_cap() {
        watch_extension::<User>();
        watch_extension::<User>();
        watch_extension_with(|quiet: &Quiet| quiet.0.repeat(1000));
        let mut extensions = Extensions::new();
        extensions.insert(Other);
        assert!(shown(&extensions).is_empty());
        extensions.insert(User { id: 42 });
        extensions.insert(Quiet("ab…c".into()));
        let shown = shown(&extensions);
        let texts: Vec<&str> = shown.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts.contains(&"User { id: 42 }"));
        let long = texts
            .iter()
            .find(|text| text.starts_with("ab…cab"))
            .unwrap();
        assert!(long.len() <= CAP + '…'.len_utf8());
        assert!(long.ends_with('…'), "it says that it was cut");
    }

    /// Shows itself in pieces, and takes no notice of what becomes of them.
    #[derive(Clone)]
    struct Pieces(Vec<String>);

    impl Debug for Pieces {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for piece in &self.0 {
                let _ = f.write_str(piece);
            }
            Ok(())
        }
    }

    #[test]
    fn what_comes_in_pieces_is_cut_once() {
        watch_extension::<Pieces>();
        let text = |lens: &[usize]| {
            let pieces = lens.iter().map(|len| "v".repeat(*len));
            let mut extensions = Extensions::new();
            extensions.insert(Pieces(pieces.collect()));
            shown(&extensions).remove(0).text
        };
        let cut = "v".repeat(CAP) + "…";
        assert_eq!(text(&[300, 300, CAP - 600]), "v".repeat(CAP));
        assert_eq!(text(&[300, 300, CAP - 599]), cut);
        assert_eq!(text(&[300, 800, 9, 5000]), cut);
    }

    #[test]
    fn one_that_panics_says_so() {
        struct Bad;
        impl Debug for Bad {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("on purpose")
            }
        }
        #[derive(Clone)]
        struct Holds;
        watch_extension_with(|_: &Holds| format!("{Bad:?}"));
        let mut extensions = Extensions::new();
        extensions.insert(Holds);
        assert!(
            shown(&extensions)
                .iter()
                .any(|s| s.text.contains("panicked"))
        );
    }
}
