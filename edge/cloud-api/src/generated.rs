// Written by `cargo xtask generate` from spec/cloud-api.json: change that, not this.

//! The vendor's operations as types and as data.
//!
//! `metadata` describes every operation of the spec; `operations` and `structures` hold the types of those that are implemented.

pub mod metadata;
pub mod operations;
pub mod structures;
