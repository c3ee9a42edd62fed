//! lianwu-testkit
