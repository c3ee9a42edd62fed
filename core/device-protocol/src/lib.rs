//! lianwu-device-protocol
