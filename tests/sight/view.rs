//! The view, and what happened in it.

use crate::scene::{notes, sight};

#[test]
fn its_handler_its_place_and_its_extractors_in_order() {
    let head = "GET /admin/notes/7/a HTTP/1.1\nauthorization: Bearer open-sesame";
    let mut eyes = notes().cycle_of(head, b"");
    eyes.at("→ view inspect").request(&[
        "notes.rs:",
        "extractors: Path<(u32, String)>, Extension<Admin>",
    ]);
}

#[test]
fn the_extractor_that_refused_and_how_much_of_the_body_was_read() {
    let head = "POST /json HTTP/1.1\ncontent-type: application/json";
    let mut eyes = sight().cycle_of(head, b"nope");
    eyes.at("→ view create")
        .request(&["extractors: HeaderMap, Json<HashMap<String, u32>>"]);
    eyes.at_the_end()
        .timeline(&["400 in ", "rejected by extractor Json<"]);
    eyes.response(&[
        "rejected by extractor Json<HashMap<String, u32>> (JsonSyntaxError), 4 B of the body read",
    ]);
    // Nobody listens to axum's events there.
    let head = "POST /notes HTTP/1.1\ncontent-type: application/json";
    let mut eyes = notes().cycle_of(head, b"nope");
    let by_answer = "rejected by extractor Json<Note> (JsonSyntaxError), 4 B of the body read, \
                     going by its answer";
    eyes.at_the_end().response(&[by_answer]);
    let mut eyes = sight().cycle_of("GET /session/7 HTTP/1.1", b"");
    eyes.at("→ view session")
        .request(&["extractors: Path<u32>, Session"]);
    eyes.at_the_end()
        .response(&["rejected by extractor Session"]);
}

#[test]
fn its_time_busy_and_idle() {
    let mut eyes = sight().cycle_of("GET /wait HTTP/1.1", b"");
    eyes.at("→ view works_and_waits")
        .timeline(&["view ", ", idle "]);
    eyes.request(&[" (busy ", ", idle "]);
}

#[test]
fn the_tools_own_cost() {
    let mut eyes = sight().cycle_of("GET /books/7 HTTP/1.1", b"");
    eyes.at("→ view view").timeline(&["; recording took "]);
    eyes.at_the_end().response(&["recording took "]);
}

#[test]
fn logs_and_spans() {
    let mut eyes = sight().cycle_of("GET /logs HTTP/1.1", b"");
    eyes.at("→ view logs").request(&[
        "· log WARN app_sight::views: sold out copies=0",
        "· span app_sight::views shelve book=7 token=[redacted #",
        " ms (busy ",
    ]);
}

#[test]
fn statements() {
    let mut eyes = sight().cycle_of("GET /sql HTTP/1.1", b"");
    eyes.at("→ view statements").request(&[
        "· sql CREATE TABLE shelves (id INTEGER), ",
        "· sql SELECT title FROM books, 3 rows, 250 ms",
    ]);
}

#[test]
fn requests_to_others() {
    let mut eyes = sight().cycle_of("GET /call HTTP/1.1", b"");
    eyes.at("→ view call").request(&[
        "· call GET http://127.0.0.1:",
        "/stock?page=1&api_key=[redacted #",
        "], 503, ",
    ]);
}

#[test]
fn templates() {
    let mut eyes = sight().cycle_of("GET /template HTTP/1.1", b"");
    eyes.at("→ view template")
        .request(&["· template book.html, "]);
}

#[test]
fn an_error_with_its_sources() {
    let mut eyes = sight().cycle_of("GET /error HTTP/1.1", b"");
    eyes.at("→ view error")
        .request(&["· error: the shelf is gone, because: invalid digit found in string"]);
    eyes.at_the_end().timeline(&["500 in "]);
}

#[test]
fn panics_with_their_message_place_and_folded_backtrace() {
    for (path, outcome) in [("bang", "panicked: "), ("caught", "panic caught: ")] {
        let mut eyes = sight().cycle_of(&format!("GET /{path} HTTP/1.1"), b"");
        eyes.at("→ view bang").request(&[
            "· panic at tests/src/bin/app_sight/endings.rs:",
            ": the shelf is on fire",
            "app_sight::endings::bang",
            " of libraries)",
        ]);
        let said = format!("{outcome}the shelf is on fire at ");
        eyes.at_the_end()
            .timeline(&[&said])
            .response(&[&said, "endings.rs:"]);
    }
}
