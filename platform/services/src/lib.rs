//! What the product does: one folder per feature, over the ports.
//!
//! Must not know: SQL, files, sockets, HTTP, MQTT, vendor error codes. Start reading at [`platform`] (what everything
//! is made of); `catalog` and `directory` are the snapshots the data path reads without waiting.

pub mod account;
pub mod action_history;
pub mod activity;
pub mod audit;
pub mod backend;
pub mod broadcast;
pub mod catalog;
pub mod certificate;
mod clock_ids;
pub mod device;
pub mod device_log;
pub mod device_token;
pub mod diagnosis;
pub mod directory;
pub mod fence;
pub mod file;
pub mod follower;
pub mod gateway;
pub mod invalid;
pub mod limits;
pub mod live;
pub mod logs;
pub mod message;
pub mod platform;
pub mod position;
pub mod presence;
pub mod product;
pub mod project;
pub mod randomness;
pub mod registration;
pub mod remote_config;
pub mod replay;
pub mod retention;
pub mod rrpc;
pub mod script;
pub mod shadow;
pub mod simulation;
pub mod start;
pub mod stranger;
pub mod tag;
pub mod telemetry;
pub mod thing_model;
pub mod topic_policy;
pub mod turn;

pub use catalog::Catalog;
pub use directory::Directory;
pub use message::PendingReplies;
pub use platform::{Foundation, Limits, Platform, Stores};
