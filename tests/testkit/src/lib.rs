//! Whole-system tests: starts the real binary, speaks to it as devices and cloud callers do, runs the vendor's SDKs.
//!
//! Must not know: any crate of the platform but the MQTT codec; signatures and credentials are computed here once
//! more, from the specification, so that a mistake shared by both sides would show. Start reading at [`Server`] and
//! [`Fixture`]. Everything here fails the test with a text that says what was awaited and what came instead.

mod cloud;
mod credentials;
mod fixture;
mod http;
mod life;
mod load;
mod logs;
mod mqtt;
mod paho_device;
pub mod policy_cases;
mod programs;
mod sdk;
mod sdk_device;
mod server;
mod wait;

pub use cloud::{ApiFailure, CloudClient};
pub use credentials::{Credentials, Method, expiry_in_a_day};
pub use fixture::{Device, Fixture, LAMP_MODEL, TBOX_MODEL};
pub use http::{HttpAnswer, http};
pub use life::{first_priority_operations, live};
pub use load::{COUNTER_MODEL, Ledger, Load, assert_nothing_lost};
pub use mqtt::{MqttClient, Received};
pub use paho_device::PahoDevice;
pub use programs::{
    Finished, Running, backend_credentials, mosquitto_pub, mosquitto_sub, node, on_path, package_root, platform_binary,
    python, run_text,
};
pub use sdk::SdkClient;
pub use sdk_device::{SdkDevice, SdkIdentity};
pub use server::{Server, ServerOptions, Stopped};
pub use wait::{DEADLINE, fail, now_ms, skip, wait_for};
