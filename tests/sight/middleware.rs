//! What layers did to the messages, where they stand, and which of them never ran.

use crate::scene::{around, notes, sight, stack};
use crossterm::event::KeyCode;
use onionskin_tui::app::Pane;

#[test]
fn the_method_the_uri_and_the_version() {
    let mut eyes = sight().cycle_of("POST /old HTTP/1.1", b"");
    eyes.at("→ middleware rewrites")
        .request(&["POST /old HTTP/1.1"]);
    eyes.at("→ view view").timeline(&["3 changes"]).request(&[
        "~ PUT /new?page=2 HTTP/1.0",
        "← rewrites",
        "- was POST",
        "- was /old",
        "- was HTTP/1.1",
        "set by rewrites",
    ]);
}

#[test]
fn headers_added_changed_removed_with_duplicates_in_order() {
    let head = "GET /edits HTTP/1.1\nx-kept: old\nx-gone: 1\nx-twice: a\nx-twice: a";
    let mut eyes = sight().cycle_of(head, b"");
    eyes.at("→ view view").request(&[
        "~ x-kept: new  (was old)",
        "← edits",
        "x-twice: a x-twice: a + x-twice: b",
        "- x-gone: 1",
        "set by edits at step ",
        "before by ",
    ]);
    let added = ["+ x-edited: yes", "← edits"];
    eyes.at("← middleware edits").response(&added);
}

#[test]
fn the_order_of_headers() {
    let head = "GET /edits HTTP/1.1\nx-gone: 1\nx-b: 1";
    let mut eyes = sight().cycle_of(head, b"");
    // `HeaderMap::remove` fills the hole with its last entry.
    eyes.at("→ view view")
        .request(&["> connection: close", "← edits"]);
}

#[test]
fn extensions_by_their_type_and_the_value_of_one_that_is_watched() {
    let mut eyes = sight().cycle_of("GET /guest HTTP/1.1", b"");
    eyes.at("→ middleware says_farewell")
        .request(&["+ ext Guest(7)", "← welcomes", "+ ext Seat"]);
    let gone = ["- ext Guest", "← says_farewell"];
    eyes.at("→ view view").request(&gone);
}

#[test]
fn the_status_and_bodies_before_and_after() {
    let mut eyes = sight().cycle_of("POST /shout HTTP/1.1", b"hear me");
    eyes.at("→ view echo")
        .request(&["~ body 8 B (was 7 B)", "← shouts", "hear me!", "- hear me"]);
    eyes.at("← middleware shouts").response(&[
        "~ HTTP/1.1 202",
        "- was 201",
        "~ body 9 B (was 8 B)",
        "HEAR ME!?",
        "- hear me!",
    ]);
    eyes.at_the_end().response(&[
        "request body: 7 B in 1 frame, complete, xxh64 ",
        "request body: 8 B in 1 frame, complete, xxh64 ",
        "response body: 9 B in 1 frame, complete, xxh64 ",
    ]);
}

#[test]
fn a_body_that_is_passed_on_is_one() {
    let mut eyes = sight().cycle_of("POST /echo HTTP/1.1", b"hear me");
    let one = "request body: 7 B in 1 frame, complete, xxh64 ";
    eyes.at_the_end().response(&[one]);
    let lines = eyes.lines();
    assert_eq!(lines.matches(", xxh64 ").count(), 1, "{lines}");
}

#[test]
fn a_body_encoded_and_decoded() {
    let mut eyes = sight().cycle_of("GET /packed HTTP/1.1", b"");
    eyes.at("← middleware packs").response(&[
        "+ content-encoding: gzip",
        "29 B behind gzip",
        "shelf after shelf after shelf",
    ]);
    eyes.press_in(Pane::Response, KeyCode::Char('V'));
    eyes.response(&["000000 1f 8b 08 00"]);
}

#[test]
fn a_layer_that_tries_again_with_the_numbers_of_its_attempts() {
    let mut eyes = sight().cycle_of("GET /retry HTTP/1.1", b"");
    eyes.at("→ middleware between")
        .timeline(&["between #2", "between #3"]);
    eyes.at("← view third_time").response(&["503"]);
    eyes.at("→ middleware between (attempt 3)")
        .request(&["attempt 3"]);
    eyes.at("← view third_time").response(&["200"]);
}

#[test]
fn a_layer_that_answers_and_those_that_never_ran() {
    let mut eyes = sight().cycle_of("GET /refuse HTTP/1.1", b"");
    eyes.at("← middleware refuse").timeline(&[
        "answered by refuse",
        "inner never ran",
        "ok never ran",
        ", answered by itself",
    ]);
    let said = ["answered by refuse", "never ran: inner, ok"];
    eyes.at_the_end().response(&said);
}

#[test]
fn layers_of_a_nested_router() {
    let mut eyes = notes().cycle_of("GET /admin/notes/7/a HTTP/1.1", b"");
    eyes.at("→ middleware require_token")
        .request(&["notes.rs:"]);
    let said = ["answered by require_token", "never ran: inspect"];
    eyes.at_the_end()
        .timeline(&["inspect never ran"])
        .response(&said);
}

/// As they stand in the gallery's `ServiceBuilder`.
const STACK: [&str; 6] = [
    "HandleErrorLayer",
    "BufferLayer",
    "LoadShedLayer",
    "ConcurrencyLimitLayer",
    "RateLimitLayer",
    "TimeoutLayer",
];

#[test]
fn layers_in_a_service_builder() {
    let mut eyes = stack().cycle_of("GET /quick HTTP/1.1", b"");
    eyes.at("← resolve").at("→ middleware ServiceBuilder");
    for name in STACK {
        eyes.at(&format!("→ middleware {name}"))
            .request(&["stack.rs:"]);
    }
    eyes.at("→ middleware SetResponseHeaderLayer")
        .at("→ view quick");
    eyes.at("← middleware SetResponseHeaderLayer")
        .response(&["+ x-inner: yes"]);
}

#[test]
fn layers_in_a_service_builder_around_the_router() {
    let mut eyes = around().cycle_of("GET /quick HTTP/1.1", b"");
    for name in STACK {
        eyes.at(&format!("→ middleware {name}"));
    }
    eyes.at("→ resolve").at("→ view quick");
}

#[test]
fn a_layer_of_the_routes_of_a_method_of_a_handler_and_around_all() {
    let mut eyes = sight().cycle_of("GET /routed HTTP/1.1", b"");
    eyes.at("→ middleware one address")
        .at("→ resolve")
        .at("← resolve");
    eyes.at("→ middleware before_the_route").at("→ view view");
    let mut eyes = sight().cycle_of("GET /one HTTP/1.1", b"");
    eyes.at("← resolve")
        .at("→ middleware of_get")
        .at("→ view view");
    let mut eyes = sight().cycle_of("POST /one HTTP/1.1", b"");
    eyes.at("→ view view");
    assert!(!eyes.to_string().contains("of_get"), "{eyes}");
    let mut eyes = sight().cycle_of("GET /handler HTTP/1.1", b"");
    eyes.at("→ view view in of_the_handler");
}
