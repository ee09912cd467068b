//! Tests that need no process of their own; those that kill one are in `tests/suite`.
