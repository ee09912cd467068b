use super::{complete::complete, field::FIELDS, *};
use crate::{
    fixture::{RUN, cycle},
    store::{Kept, Places, Record},
};
use onionskin::{codec::Tables, link::protocol::Message, wire::*};
use proptest::prelude::*;
use std::collections::HashSet;

fn parse(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// `POST /api/books/7?page=2`, which a session layer let through and a handler answered with 500.
fn sample() -> Cycle {
    let mut cycle = cycle(RUN, 7);
    cycle.method = "POST".into();
    cycle.target = "/api/books/7?page=2&tag=".into();
    cycle.route = Some("/api/books/{id}".into());
    cycle.status = Some(500);
    cycle.duration_ns = 150_000_000;
    cycle.started_unix_us = 1_000_000_000_000;
    let layer = Site {
        id: 4,
        kind: SiteKind::Layer,
        name: "session".into(),
        ..cycle.sites[0].clone()
    };
    cycle.sites.push(layer);
    cycle.steps[0].stage = Stage::Middleware;
    cycle.steps[0].site = Some(1);
    cycle.steps[1].parent = Some(0);
    cycle.steps[1].delta = Some(Delta {
        base: Some(0),
        headers: onionskin::replay::diff(&[], &[header("cookie", "sid=3; theme=dark")]),
        extensions: vec![ExtensionEdit::Add {
            type_name: "shop::auth::User".into(),
            value: Some("User { id: 7, name: \"bob\" }".into()),
        }],
        ..Delta::default()
    });
    cycle.steps[2].entry = 1;
    cycle.steps[2].left = Some(Left::Returned);
    cycle.steps[2].resolved = Some(Resolved {
        params: vec![("id".into(), "7".into())],
        ..Resolved::default()
    });
    cycle.bodies[0].head = Octets::from("the book is out of stock");
    cycle.bodies[0].len = 5000;
    cycle.connection = Some(Connection {
        number: 3,
        ..Connection::default()
    });
    let mark = |what| Mark {
        t_ns: 5,
        after: 1,
        inside: None,
        what,
    };
    cycle.marks = vec![
        mark(MarkKind::Log {
            level: "WARN".into(),
            target: "shop::stock".into(),
            message: "nothing left".into(),
            fields: [("isbn".into(), "978-3".into())].into(),
        }),
        mark(MarkKind::Sql {
            statement: "SELECT * FROM books".into(),
            rows: None,
            elapsed_ns: None,
        }),
        mark(MarkKind::Error {
            chain: vec!["no stock".into(), "connection refused".into()],
        }),
        mark(MarkKind::Panic {
            message: "index out of bounds".into(),
            at: "src/shop.rs:7".into(),
            backtrace: vec![],
        }),
    ];
    cycle
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    }
}

fn with_subject<T>(cycle: Cycle, f: impl FnOnce(&Subject<'_>) -> T) -> T {
    let (line, places) = (cycle.summary(), Places::of(&cycle));
    let tables = Tables {
        sites: cycle.sites.iter().map(|s| (s.id, s.clone())).collect(),
        ..Tables::default()
    };
    let cycle = Box::new(cycle);
    let json = serde_json::to_vec(&Message::Cycle { cycle }).unwrap();
    let record = Kept::Here(Record::Json(json.into()));
    f(&Subject::new(&line, &places, &record, &tables))
}

fn context() -> Context {
    Context {
        now_us: 1_000_000_000_000 + 60_000_000,
        runs: [(RUN.to_owned(), (2, true))].into(),
    }
}

fn passes(cycle: Cycle, filter: &str) -> bool {
    let plan = parse(filter).plan();
    with_subject(cycle, |subject| plan.matches(subject, &context()))
}

#[test]
fn every_field_finds_what_it_is_about_and_nothing_else() {
    let mut asked = HashSet::new();
    for (yes, no) in [
        ("method:post", "method:get"),
        ("status:>=500", "status:4xx"),
        ("status:5xx", "status:none"),
        ("status:499..500", "status:<500"),
        ("path:/api/*", "path:/api"),
        ("path:/api/books/7", "path:*page*"),
        ("path~^/api/(books|pens)/\\d$", "path~^books"),
        ("query:page", "query:pag"),
        ("query:page:2", "query:page:3"),
        ("query:tag:\"\"", "query:page:\"\""),
        ("target:*page=2*", "target:/api/books/7"),
        ("route:/api/books/{id}", "route:none"),
        ("time:>100ms", "time:<=0.1s"),
        ("time:100ms..150ms", "time:1s.."),
        ("outcome:completed", "outcome:failed"),
        ("outcome:comp*", "answered-by:*"),
        ("changed-by:session", "changed-by:auth"),
        ("layer:session", "layer:show_book"),
        ("handler:show_*", "handler:session"),
        (
            "handler:show_book@src/main.rs:42",
            "handler:show_book@src/main.rs:4",
        ),
        ("layer:*@src/*:42", "layer:session@"),
        ("header:x-odd", "header:x-even"),
        ("header:HOST:localhost*", "header:host~^3000"),
        ("request-header:host", "request-header:content-type"),
        ("response-header:content-type~plain", "response-header:host"),
        ("cookie:theme", "cookie:dark"),
        ("cookie:theme:dark", "cookie:sid:dark"),
        ("param:id:7", "param:id:8"),
        ("ext:User", "ext:Use"),
        ("ext:shop::auth::*", "ext:String"),
        ("ext~^shop::auth::", "ext~^auth"),
        ("ext:shop::auth::User", "ext:shop:auth::User"),
        ("ext:User:BOB", "ext:User:alice"),
        (
            "ext:shop::auth::User:\"id: 7\"",
            "ext:shop::auth::Session:7",
        ),
        ("ext:User~\"name: .*bob\"", "ext:User~^bob"),
        ("ext:*User=7", "ext:*=8"),
        ("body~\"out of\\sstock\"", "body:\"in stock\""),
        ("body:OUT*stock", "body~OUT"),
        ("size:>4kb", "size:4kb"),
        ("sql:>0", "sql:>1"),
        ("sql~FROM.books", "sql~carts"),
        ("logs:1", "logs:0"),
        ("log:978", "log:debug"),
        ("level:info", "level:error"),
        ("error:refused", "error:timeout"),
        ("panic:bounds", "panic:shop.rs:8"),
        ("app:shop", "app:sho"),
        ("run:last", "run:1"),
        ("run:2", "run:ffffffffffff"),
        ("number:7", "number:>7"),
        ("since:2m", "since:30s"),
        ("since:>30s", "since:>2m"),
        ("conn:3", "conn:1"),
        ("books", "pens"),
        ("post", "\"POST /api\""),
        ("bo*7", "7*bo"),
        ("!health", "health"),
        ("app:shop method:POST", "app:shop method:GET"),
        ("app:x or method:POST", "app:x or method:GET"),
        ("not app:x", "!app:shop"),
        ("!(app:x or app:y)", "!(app:x or app:shop)"),
        ("app:x app:y or app:shop", "app:x (app:y or app:shop)"),
        ("", "not (app:shop && method=POST)"),
    ] {
        assert!(passes(sample(), yes), "{yes}");
        assert!(!passes(sample(), no), "{no}");
        let name = yes.trim_start_matches(['!', '(']);
        asked.extend(name.split([':', '~']).next().map(String::from));
    }
    // These need another ending.
    let ending = |outcome, yes: &str, no: &str| {
        let cycle = Cycle {
            outcome,
            ..sample()
        };
        assert!(
            passes(cycle.clone(), yes) && !passes(cycle, no),
            "{yes}, {no}"
        );
    };
    let extractor = "axum::Json<New>".to_owned();
    ending(
        Outcome::ShortCircuited { site: 1 },
        "answered-by:session",
        "outcome:completed",
    );
    ending(
        Outcome::Rejected {
            site: None,
            extractor,
            rejection: Some("JsonSyntaxError".into()),
            read: None,
            known_by: KnownBy::App,
        },
        "extractor:*Json<* extractor:jsonsyntaxerror",
        "extractor:Path",
    );
    asked.extend(["answered-by", "extractor"].map(String::from));
    for info in FIELDS {
        assert!(asked.contains(info.name), "{}", info.name);
    }
    let unanswered = Cycle {
        status: None,
        route: None,
        ..sample()
    };
    assert!(passes(unanswered, "status:none route:none !status:>0"));
}

#[test]
fn errors_point_at_what_is_wrong() {
    for (text, wrong, words) in [
        ("status:5oo", "5oo", "404"),
        ("app:x statsu:500", "statsu", "no field"),
        ("status:", "", "missing"),
        ("header:", "", "header:x-id"),
        ("header~x", "~", "a name comes first"),
        ("path~(", "(", "unclosed group"),
        ("path~\"(\"", "\"(\"", "unclosed group"),
        ("time:5", "5", "unit"),
        ("path:>5", "5", "is a text"),
        ("level:loud", "loud", "trace, debug"),
        ("ext:shop::User:name~bob", "name~bob", "ext:User~"),
        ("ext>User", ">", "a name comes first"),
        ("ext:", "", "ext:User"),
        ("(a b", "(", "not closed"),
        ("a) b", ")", "closes nothing"),
        ("a or", "", "missing"),
        ("or a", "or", "quotes"),
        ("a and and b", "and", "quotes"),
        ("()", ")", "missing"),
        ("\"abc", "\"abc", "closing quote"),
        ("a \"\"", "\"\"", "everything"),
        ("app:\"x\"y", "y", "space"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(
            &text[error.at..error.at + error.len],
            wrong,
            "{text}: {error:?}"
        );
        assert!(error.message.contains(words), "{text}: {}", error.message);
    }
    let deep = |n| Filter::parse(&format!("{}a{}", "(".repeat(n), ")".repeat(n)));
    deep(60).unwrap();
    assert!(deep(70).unwrap_err().message.contains("deep"));
    assert!(
        Filter::parse(&"!".repeat(4000))
            .unwrap_err()
            .message
            .contains("deep")
    );
    assert!(
        Filter::parse(&"a".repeat(5000))
            .unwrap_err()
            .message
            .contains("4096")
    );
}

#[test]
fn it_is_written_in_one_way() {
    for (text, written) in [
        ("  app=shop   AND(METHOD:post)", "app:shop method:post"),
        ("a && b || !c", "(a b) or !c"),
        ("not not a", "!!a"),
        ("status>=500 sql<3", "status:>=500 sql:<3"),
        ("path~\"^/a b\"", "path~\"^/a b\""),
        ("header:x-id", "header:x-id"),
        (
            "header:x-id:~a header:x:\"~a\" app:=~a",
            "header:x-id~a header:x:\"~a\" app:=~a",
        ),
        ("\"health\" health", "\"health\" health"),
        ("ext=a::B=:c ext~x", "ext:a::B:=:c ext~x"),
        ("ext:a::B<c::D>:e", "ext:a::B<c::D>:e"),
        (r#""say \"so\" \d""#, r#""say \"so\" \\d""#),
    ] {
        assert_eq!(parse(text).to_string(), written);
    }
}

#[test]
fn places_are_counted_in_utf_16() {
    let text = "a😀b:c";
    assert_eq!((utf16(text, 1), utf16(text, 5), utf16(text, 99)), (1, 3, 6));
    assert_eq!(
        (byte_at(text, 1), byte_at(text, 3), byte_at(text, 99)),
        (1, 5, 8)
    );
}

/// What is offered at the `|`, as the whole text would be then.
fn offered(text: &str) -> Vec<String> {
    let cursor = text.find('|').unwrap();
    let text = text.replace('|', "");
    let apply = |offer: complete::Offer| {
        format!("{}{}{}", &text[..offer.from], offer.text, &text[offer.to..])
    };
    with_subject(sample(), |subject| {
        complete(&text, cursor, std::slice::from_ref(subject))
            .into_iter()
            .map(apply)
            .collect()
    })
}

#[test]
fn what_fits_at_the_cursor() {
    for (text, expected) in [
        ("|", "method:"),
        ("sta|", "status:"),
        ("app:x req|", "app:x request-header:"),
        ("app:x !he|", "app:x !health"),
        ("(me|", "(method:"),
        ("method:|", "method:POST"),
        ("method:p| x", "method:POST x"),
        ("status:|", "status:500"),
        ("status:|", "status:>="),
        ("status:>=|", "status:>=500"),
        ("route:*bo|", "route:/api/books/{id}"),
        ("route:|", "route:none"),
        ("changed-by:s|", "changed-by:session"),
        ("handler:|", "handler:show_book"),
        ("header:x|", "header:x-odd"),
        ("header:content-type:|", "header:content-type:text/plain"),
        ("cookie:|", "cookie:theme"),
        ("query:page:|", "query:page:2"),
        ("ext:U|", "ext:User"),
        (
            "ext:User:|",
            "ext:User:\"User { id: 7, name: \\\"bob\\\" }\"",
        ),
        (
            "ext:\"User\":us|",
            "ext:\"User\":\"User { id: 7, name: \\\"bob\\\" }\"",
        ),
        ("run:|", "run:last"),
        ("!(outcome:c|)", "!(outcome:completed)"),
        ("\"a b\" outcome:c|", "\"a b\" outcome:completed"),
    ] {
        let offers = offered(text);
        assert!(
            offers.iter().any(|offer| offer == expected),
            "{text}: {offers:?}"
        );
    }
    assert_eq!(offered("method:g|"), [] as [String; 0]);
    assert_eq!(offered("\"sta|"), [] as [String; 0]);
}

#[test]
fn the_table_for_people_is_that_of_the_code() {
    let mut table = String::from("| field | what it is about | example |\n|---|---|---|\n");
    for info in FIELDS {
        let example = info.example.replace('|', "\\|");
        table += &format!("| `{}` | {} | `{example}` |\n", info.name, info.what);
        let example = parse(info.example).to_string();
        assert!(example.starts_with(info.name), "{example}");
    }
    let text = include_str!("../../../docs/FILTER.md");
    let marks = ["<!-- fields -->\n", "<!-- end of fields -->\n"];
    let (before, rest) = text.split_once(marks[0]).expect("the marks stay");
    let (_, after) = rest.split_once(marks[1]).expect("the marks stay");
    let [from, to] = marks;
    let made = format!("{before}{from}{table}{to}{after}");
    crate::generated::check("../docs/FILTER.md", &made);
}

#[test]
fn every_example_for_people_is_a_filter() {
    let text = include_str!("../../../docs/FILTER.md");
    let blocks = text.split("```text\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    let examples: Vec<_> = lines
        .map(|line| line.split("  #").next().unwrap())
        .collect();
    assert!(examples.len() > 10);
    for example in examples {
        parse(example);
    }
}

/// Texts that are more like filters than random ones are.
fn nearly() -> impl Strategy<Value = String> {
    let names: Vec<&str> = FIELDS.iter().map(|info| info.name).collect();
    let part = prop_oneof![
        prop::sample::select(names).prop_map(String::from),
        prop::sample::select(vec![
            ":", "~", "=", "<", ">=", "!", "(", ")", " ", "and", "or", "not", "health", "\"", "\\",
            "..", "4xx", "100ms", "*", "none", "last", "x-id", "^a", "500", "é😀", "&&",
        ])
        .prop_map(String::from),
        "\\PC{0,3}",
    ];
    prop::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_understood_is_understood_again(text in nearly()) {
        match Filter::parse(&text) {
            Ok(filter) => {
                let written = filter.to_string();
                prop_assert_eq!(Filter::parse(&written), Ok(filter.clone()), "{}", written);
                with_subject(cycle(RUN, 1), |s| filter.plan().matches(s, &Context::default()));
            }
            Err(error) => prop_assert!(text.get(error.at..error.at + error.len).is_some()),
        }
        for at in (0..=text.len()).step_by(3) {
            with_subject(cycle(RUN, 1), |s| complete(&text, at, std::slice::from_ref(s)));
        }
    }
}
