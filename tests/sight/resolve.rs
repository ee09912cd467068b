//! Which route it was, or why it was none.

use crate::scene::{notes, sight};

#[test]
fn routes_tried_and_why_refused() {
    let mut eyes = sight().cycle_of("GET /books/7/reviews HTTP/1.1", b"");
    eyes.at("← resolve")
        .timeline(&["no route"])
        .response(&["tried /books/{id}: the path goes on with \"reviews\""]);
    let mut eyes = sight().cycle_of("GET /json HTTP/1.1", b"");
    let almost = ["tried /json: almost, it takes POST"];
    eyes.at("← resolve").response(&almost);
    eyes.at_the_end().timeline(&["405 in "]);
}

#[test]
fn the_route_its_parameters_and_the_prefix_of_a_nest() {
    let head = "GET /admin/notes/7/a/b%20c HTTP/1.1\nauthorization: Bearer open-sesame";
    let mut eyes = notes().cycle_of(head, b"");
    eyes.at("← resolve")
        .response(&["route /admin/notes/{id}/{*rest}", "id=7", "rest=a/b c"]);
    eyes.at("→ middleware inside nest /admin").request(&[
        "~ GET /notes/7/a/b%20c HTTP/1.1",
        "- was /admin/notes/7/a/b%20c",
        "← nest /admin",
    ]);
}

#[test]
fn fallbacks() {
    let mut eyes = notes().cycle_of("GET /nowhere HTTP/1.1", b"");
    eyes.at("← resolve").timeline(&["no route"]);
    eyes.at("→ view lost")
        .request(&["notes.rs:", "extractors: Uri"]);
    eyes.at_the_end().timeline(&["404 in ", "completed"]);
    let mut eyes = notes().cycle_of("PATCH /notes HTTP/1.1", b"");
    eyes.at("→ view not_that_way")
        .at_the_end()
        .timeline(&["405 in "]);
}

#[test]
fn head_is_answered_by_the_view_of_get() {
    let mut eyes = sight().cycle_of("HEAD /books/7 HTTP/1.1", b"");
    eyes.at("→ view view").request(&["HEAD /books/7 HTTP/1.1"]);
    eyes.at_the_end().timeline(&["200 in ", "completed"]);
}

#[test]
fn a_layer_that_redirects_from_a_trailing_slash() {
    let mut eyes = sight().cycle_of("GET /books/7/ HTTP/1.1", b"");
    let answer = ["308", "+ location: /books/7", "← one address"];
    eyes.at("← middleware one address").response(&answer);
    eyes.at_the_end().timeline(&["answered by one address"]);
}

#[test]
fn a_layer_that_takes_a_trailing_slash_off() {
    let mut eyes = sight().cycle_of("GET /routed/ HTTP/1.1", b"");
    eyes.at("→ middleware trailing slash")
        .request(&["GET /routed/ HTTP/1.1"]);
    let taken_off = ["GET /routed HTTP/1.1", "← trailing slash"];
    eyes.at("→ resolve").request(&taken_off);
    eyes.at("← resolve").response(&["route /routed"]);
}
