//! lianwu-device-access
