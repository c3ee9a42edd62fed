//! lianwu-ports
