//! What people do one after the other. Everybody who logs in logs out again, so that an errand can start anywhere.

use super::kind::Kind::{self, *};
use crate::chance::Chance;

/// The first errands of every run: together they make every kind of request worth seeing, in forty visits.
pub(super) const OPENING: &[&[Kind]] = &[
    &[Home, Styles, Books, Search, Book, Download, Review],
    &[LoginForm, Login, Account, CartAdd, Cart, CheckOut, Logout],
    &[ApiBooks, ApiBook, ApiBookMissing],
    &[ApiNoKey, ApiInvalid, ApiCreate, ApiUpdate, ApiDelete],
    &[UploadForm, Upload],
    &[OldBooks, BooksSlash],
    &[AccountRefused, Authors],
    &[Slow, SlowTimedOut],
    &[SlowGivenUp],
    &[Error, Panic],
    &[Export, ExportDropped],
    &[Events],
    &[Health, NotFound, MethodNotAllowed, Busy],
];

/// What people do afterwards, and how many of a hundred do it.
const LATER: &[(usize, &[Kind])] = &[
    (14, &[Home, Styles, Book, Book]),
    (14, &[Home, Search, Book, Review]),
    (12, &[Books, BooksPage, Book, Book, Download]),
    (10, &[LoginForm, Login, Account, Logout]),
    (
        10,
        &[
            Book, LoginForm, Login, CartAdd, Search, Book, CartAdd, Cart, CheckOut, Account, Logout,
        ],
    ),
    (4, &[LoginForm, LoginRefused, Login, Account, Logout]),
    (4, &[Book, AccountRefused]),
    (5, &[ApiBooks, ApiBook, ApiBook, ApiBookMissing]),
    (
        3,
        &[
            ApiPreflight,
            ApiMalformed,
            ApiInvalid,
            ApiCreate,
            ApiUpdate,
            ApiDelete,
        ],
    ),
    (2, &[ApiNoKey]),
    (3, &[Authors, Book]),
    (3, &[Slow, Busy]),
    (1, &[SlowTimedOut]),
    (2, &[SlowGivenUp]),
    (1, &[Error]),
    (1, &[Panic]),
    (2, &[Export, ExportDropped]),
    (2, &[Events]),
    (2, &[UploadForm, UploadTooLarge, Upload]),
    (2, &[Book, ReviewInvalid, Review]),
    (1, &[BookMistyped, BookMissing, NotFound]),
    (1, &[Health, BooksHead, MethodNotAllowed]),
    (1, &[OldBooks, BooksSlash]),
];

/// An errand that comes up as often as [`LATER`] says.
pub(super) fn later(chance: &mut Chance) -> &'static [Kind] {
    let all = LATER.iter().map(|(weight, _)| weight).sum();
    let mut left = chance.below(all);
    for (weight, errand) in LATER {
        if left < *weight {
            return errand;
        }
        left -= weight;
    }
    unreachable!("`left` starts below the sum of the weights");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_of_a_hundred() {
        assert_eq!(LATER.iter().map(|(weight, _)| weight).sum::<usize>(), 100);
    }

    #[test]
    fn nobody_stays_logged_in() {
        for errand in OPENING.iter().chain(LATER.iter().map(|(_, errand)| errand)) {
            let count = |kind| errand.iter().filter(|k| **k == kind).count();
            assert_eq!(count(Login), count(Logout), "{errand:?}");
        }
    }
}
