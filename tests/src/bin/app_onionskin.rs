//! The notes app on Onionskin.

fn main() {
    notes_onionskin::main();
}
