//! What devices and the cloud say to each other above MQTT: topics, sign-in, JSON envelopes.
//!
//! Must not know: sockets, clocks, storage, thing models of particular products, vendor API codes.
//! Start reading at [`topic`] (where a message belongs) and [`credentials`] (who is speaking).

pub mod credentials;
pub mod device_log;
pub mod files;
pub mod gateway;
pub mod message;
pub mod registration;
pub mod reply;
pub mod signed_request;
pub mod system;
pub mod topic;

pub use credentials::{Credentials, DeviceSecret, SignIn, SignInError};
pub use message::{ClientToken, Clock, Refusal, Up, UpKind, parse_up};
pub use reply::{ReplyCode, ReplyMethod, render_reply};
pub use topic::{DownTopic, DownTopics, OwnTopics, Subscription, ThingKind, Topic};
