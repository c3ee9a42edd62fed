//! lianwu-cloud-api
