//! lianwu-http
