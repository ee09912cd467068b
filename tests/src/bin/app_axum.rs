//! The notes app on plain axum.

fn main() {
    notes_axum::main();
}
