//! Device access against a platform in memory: what a device sees, and what is written down.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first thing that is not as expected")]

mod at_once;
mod backend_chaos;
mod backend_sessions;
mod backends;
mod bad_input;
mod broadcast;
mod certified;
mod coap;
mod device_logs;
mod fences;
mod files;
mod gateway_changes;
mod gateway_packs;
mod gateway_sessions;
mod gateway_topics;
mod gateways;
mod harness;
mod http;
mod messages;
mod mqtt5;
mod raw;
mod remote_config;
mod rrpc;
mod sessions;
mod shadow;
mod sign_in;
mod system;
mod tls;
mod told;
mod topics;
mod visits;
mod websocket;
