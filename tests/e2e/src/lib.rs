//! lianwu-e2e
