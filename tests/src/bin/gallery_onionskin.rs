//! The gallery on Onionskin: `gallery-onionskin APP`.

fn main() {
    gallery_onionskin::main();
}
