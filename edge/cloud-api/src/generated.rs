// Written by `cargo xtask generate` from spec/*-api.json: change those, not this.

//! The operations of all services as types and as data.
//!
//! `metadata` describes every operation of the spec; `operations` and `structures` hold the types of those that are implemented.

pub mod metadata;
pub mod operations;
pub mod structures;
