//! lianwu-log
