//! lianwu-bench
