//! The notes app on Onionskin, as it would be released.

fn main() {
    notes_onionskin::main();
}
