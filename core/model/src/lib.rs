//! The platform's nouns: ids, time, thing models and their compiled validators, policies.
//!
//! Must not know: sockets, clocks, runtimes, storage, vendor error codes.
//! Start reading at [`thing_model`] (what a product's devices may say) and [`ids`] (how things are named).

pub mod account;
pub mod certificate;
pub mod device;
pub mod fence;
pub mod file;
pub mod gateway;
pub mod ids;
pub mod json;
pub mod log_level;
pub mod login;
pub mod policy;
pub mod position;
pub mod product;
pub mod remote_config;
pub mod shadow;
pub mod thing_model;
pub mod time;
pub mod topic_policy;

pub use ids::{DeviceKey, DeviceName, DeviceNumber, IdError, InstanceId, ProductId, ProjectId, Uin};
pub use time::UnixMillis;
