//! lianwu-mqtt
