//! What one cycle has no room for is said.

use crate::scene::sight;

#[test]
fn marks() {
    let mut eyes = sight().cycle_of("GET /many/logs HTTP/1.1", b"");
    eyes.timeline(&[" marks left out"]);
    eyes.at_the_end()
        .response(&["left out, too many for one cycle: ", " marks"]);
}

#[test]
fn steps() {
    let mut eyes = sight().cycle_of("GET /many/steps HTTP/1.1", b"");
    eyes.timeline(&["200 in ", " completed; ", " steps "]);
    eyes.at_the_end()
        .response(&["left out, too many for one cycle: ", " steps"]);
}

#[test]
fn bodies() {
    let mut eyes = sight().cycle_of("GET /many/bodies HTTP/1.1", b"");
    eyes.timeline(&[" looks at bodies left out"]);
    eyes.at_the_end()
        .response(&["left out, too many for one cycle: ", " looks at bodies"]);
}

#[test]
fn the_rest_of_a_long_body() {
    let mut eyes = sight().cycle_of("GET /long HTTP/1.1", b"");
    eyes.at("← view long")
        .response(&["body 97.7 KiB", "the first 64 KiB kept"]);
}
