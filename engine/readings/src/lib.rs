//! lianwu-readings
