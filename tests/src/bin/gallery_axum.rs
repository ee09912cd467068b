//! The gallery on plain axum: `gallery-axum APP`.

fn main() {
    gallery_axum::main();
}
