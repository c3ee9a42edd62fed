//! lianwu-sqlite
