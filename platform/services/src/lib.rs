//! lianwu-services
