//! The bookshop.
fn main() {}
