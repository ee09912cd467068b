//! `notes-axum [PORT]`, `notes-onionskin [PORT]`: serves until its standard input ends.

fn main() {
    notes::main();
}
