//! Routes that are documented, by utoipa-axum.

use super::{by, one, only, same, way};
use onionskin::wire::{Outcome, SiteKind};

#[test]
fn a_documented_app() {
    let talks = [
        one("all", &[200], "GET /api/books", b""),
        one("another", &[201], "POST /api/books", b"a title"),
        one("one", &[200], "GET /api/books/7", b""),
        one("no number", &[400], "GET /api/books/seven", b""),
        one("not a keeper", &[403], "DELETE /api/books/7", b""),
        one("a keeper", &[204], "DELETE /api/books/7\nx-keeper: 1", b""),
        one("no such way", &[405], "PUT /api/books", b""),
        one("not documented", &[200], "GET /plain", b""),
        one("a service", &[200], "POST /echo", b"echo"),
        one("a nested service", &[200], "GET /pages/1", b""),
        one("merged", &[200], "GET /late", b""),
        one("within", &[200], "GET /health", b""),
        one("not within", &[405], "POST /health", b""),
        one("nowhere", &[404], "GET /nowhere", b""),
        one("the document", &[200], "GET /openapi.json", b""),
        one("its paths", &[200], "GET /paths", b""),
        one("a part of it", &[200], "GET /books.json", b""),
        one("not in this way there", &[405], "POST /pages/1", b""),
    ];
    let told = same("openapi", &talks);
    let all = only(&told[0]);
    assert_eq!(all.route.as_deref(), Some("/api/books"));
    assert_eq!(
        way(all)[3..],
        [
            "> nest /api/books",
            "> inside nest /api/books",
            "> stamp",
            "> list",
            "< list",
            "< stamp",
            "< inside nest /api/books",
            "< nest /api/books",
            "< router",
            "> send",
            "< send"
        ]
    );
    // A service was nested there: the app's routes were not for this request.
    let nested = only(&told[17]);
    let mut found = nested.steps.iter().filter_map(|s| s.resolved.as_ref());
    assert_eq!(found.next(), Some(&Default::default()));
    let text = onionskin::text::timeline(nested).to_string();
    assert!(text.contains("← resolve  router  nest /pages\n"), "{text}");
    // Nothing is seen from outside only.
    let mut sites = told.iter().flatten().flat_map(|cycle| &cycle.sites);
    assert!(sites.all(|site| site.kind != SiteKind::Opaque));
    let Outcome::Rejected { extractor, .. } = &only(&told[3]).outcome else {
        panic!("{:?}", only(&told[3]).outcome);
    };
    assert_eq!(extractor, "Path<u32>");
    let refused = only(&told[4]);
    assert!(
        matches!(refused.outcome, Outcome::ShortCircuited { .. }),
        "{:?}",
        refused.outcome
    );
    assert_eq!(by(refused), "keeper");
    for (talk, inner) in [(5, "remove"), (6, "405"), (11, "health"), (13, "closure")] {
        let way = way(only(&told[talk]));
        assert!(
            way.iter().any(|step| *step == format!("> {inner}")),
            "{way:?}"
        );
    }
}
