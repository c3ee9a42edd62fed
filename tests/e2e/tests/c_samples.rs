//! What the vendor's C samples sent to the platform, byte for byte, and what they were answered, played to the real binary.
//!
//! A recording in `fixtures/c-sdk/*.mqtt` names who took part, then lists packets in the order they ended:
//!
//! * `device <product> <name> <secret>`: the first is the one that was connected; `-` for one with a certificate.
//! * `clock <ms>`: when it began. `made <text>`: what the cloud made up.
//! * `product <id> gateway` or `raw`, `may-bind <product>`, `bound <gateway>`: of that gateway, of the device before it.
//! * `> <bytes>`: a packet of the sample; what is not ASCII is `\xNN`, a backslash is `\\`.
//! * `< <answer>`: kind, packet id and granted QoS, or QoS, topic and payload.
//! * `! <service> <operation> <parameters>`: what the owner called meanwhile, or before the first packet.
//! * `model <JSON>`: the thing model, where it is not the lamp's. `suites <names>`: the cipher suites, where they are not those of the C SDK 3.2.1.
//! * `upgrade <bytes>`: the request of a websocket; the packets are what was in its frames.
//! * `file <name> <bytes>`: a file the product has from the start.
//! * `@ <bytes>`: head of a request over HTTP; a body follows from `Content-Length`. `@= <status> <range>`: its answer.
//!
//! The platform gives products ids of its own, as long as the recorded ones. So these bytes differ from the recording, and no others: ids of
//! products, the password of a CONNECT and a gateway's signature (both sign an id), times, and tokens the cloud has made up anew.
//! Names and secrets of devices are those of the recording.
//!
//! Source: spec/device-protocol.md 12.1. How they were made: docs/compatibility.md.

#![expect(clippy::panic, reason = "a test ends at the first thing that is not as recorded")]

#[path = "c_samples/http.rs"]
mod http;
#[path = "c_samples/play.rs"]
mod play;
#[path = "c_samples/recording.rs"]
mod recording;
#[path = "c_samples/stage.rs"]
mod stage;
#[path = "c_samples/websocket.rs"]
mod websocket;

use lianwu_testkit::ServerOptions;
use recording::Recording;
use stage::Stage;
use websocket::WebSocket;

/// The build without TLS.
fn replay(text: &str) {
    let recording = Recording::parse(text);
    let options = ServerOptions::default().set("LIANWU__PUBLIC__DEVICE_URL", "http://files.example.com");
    let mut stage = Stage::new(&recording, options);
    let stream = stage.stream();
    play::play(&mut stage, &recording, stream);
}

/// The build with TLS-PSK; the recording is what was inside of it.
fn replay_by_key(text: &str) {
    let recording = Recording::parse(text);
    let mut stage = Stage::new(&recording, ServerOptions::default().with_tls());
    let stream = stage.stream_by_key(&recording);
    play::play(&mut stage, &recording, stream);
}

/// The build with certificates; the recording is what was inside of TLS.
fn replay_by_certificate(text: &str) {
    let recording = Recording::parse(text);
    let mut stage = Stage::new(&recording, ServerOptions::default().with_tls());
    let stream = stage.stream_by_certificate();
    play::play(&mut stage, &recording, stream);
}

/// The build with the websocket client.
fn replay_over_websocket(text: &str) {
    let recording = Recording::parse(text);
    let mut stage = Stage::new(&recording, ServerOptions::default());
    let stream = WebSocket::open(&stage, recording.upgrade.as_deref().expect("a request"));
    play::play(&mut stage, &recording, stream);
}

#[test]
fn mqtt_sample() {
    replay(include_str!("../fixtures/c-sdk/mqtt_sample.mqtt"));
}

#[test]
fn data_template_sample() {
    replay(include_str!("../fixtures/c-sdk/data_template_sample.mqtt"));
}

#[test]
fn light_data_template_sample() {
    replay(include_str!("../fixtures/c-sdk/light_data_template_sample.mqtt"));
}

#[test]
fn dyn_parse_data_template_sample() {
    replay(include_str!("../fixtures/c-sdk/dyn_parse_data_template_sample.mqtt"));
}

/// Firmware update is not served yet: its version is answered with `result_code` 1, and the sample waits.
#[test]
fn ota_mqtt_sample() {
    replay(include_str!("../fixtures/c-sdk/ota_mqtt_sample.mqtt"));
}

/// The names in the sample are placeholders: its bind is answered with 802, the rest goes on.
#[test]
fn gateway_sample() {
    replay(include_str!("../fixtures/c-sdk/gateway_sample.mqtt"));
}

/// With a device's name and secret in place of the placeholders.
#[test]
fn gateway_sample_that_binds() {
    replay(include_str!("../fixtures/c-sdk/gateway_sample_bind.mqtt"));
}

/// 809 is written down and passed over: the sample looks for -809 before it would unbind and bind again.
#[test]
fn gateway_sample_that_binds_again() {
    replay(include_str!("../fixtures/c-sdk/gateway_sample_bind_again.mqtt"));
}

#[test]
fn gateway_sim_sample_with_subdev_sim_sample() {
    replay(include_str!("../fixtures/c-sdk/gateway_sim_sample.mqtt"));
}

/// The build for TLS-PSK sends no password. Its handshake: `a_key_is_as_good_as_a_password` in device-access.
#[test]
fn mqtt_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/mqtt_sample_psk.mqtt"));
}

#[test]
fn data_template_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/data_template_sample_psk.mqtt"));
}

#[test]
fn light_data_template_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/light_data_template_sample_psk.mqtt"));
}

#[test]
fn mqtt_sample_by_certificate() {
    replay_by_certificate(include_str!("../fixtures/c-sdk/mqtt_sample_certificate.mqtt"));
}

#[test]
fn data_template_sample_by_certificate() {
    replay_by_certificate(include_str!("../fixtures/c-sdk/data_template_sample_certificate.mqtt"));
}

#[test]
fn light_data_template_sample_by_certificate() {
    replay_by_certificate(include_str!("../fixtures/c-sdk/light_data_template_sample_certificate.mqtt"));
}

#[test]
fn raw_data_mqtt_sample() {
    replay(include_str!("../fixtures/c-sdk/raw_data_mqtt_sample.mqtt"));
}

#[test]
fn raw_data_mqtt_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/raw_data_mqtt_sample_psk.mqtt"));
}

#[test]
fn raw_data_mqtt_sample_by_certificate() {
    replay_by_certificate(include_str!("../fixtures/c-sdk/raw_data_mqtt_sample_certificate.mqtt"));
}

/// Both calls of `PublishRRPCMessage` end with the sample's answer.
#[test]
fn rrpc_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/rrpc_sample_psk.mqtt"));
}

#[test]
fn broadcast_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/broadcast_sample_psk.mqtt"));
}

/// Downloads 200,000 bytes in four parts.
#[test]
fn file_mqtt_sample() {
    replay(include_str!("../fixtures/c-sdk/file_mqtt_sample.mqtt"));
}

/// Uploads 20,000 bytes and downloads 200,000.
#[test]
fn resource_mqtt_sample() {
    replay(include_str!("../fixtures/c-sdk/resource_mqtt_sample.mqtt"));
}

/// A delta of `UpdateDeviceShadow` is taken, `desired` cleared, the new value reported.
#[test]
fn shadow_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/shadow_sample_psk.mqtt"));
}

#[test]
fn remote_config_mqtt_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/remote_config_mqtt_sample_psk.mqtt"));
}

/// Its handshake offers a suite with certificates behind those with keys.
#[test]
fn mqtt_sample_of_the_hub_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/hub_mqtt_sample_psk.mqtt"));
}

#[test]
fn location_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/location_sample_psk.mqtt"));
}

/// Music is not served: code 1, and the sample goes on.
#[test]
fn kgmusic_data_template_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/kgmusic_data_template_sample_psk.mqtt"));
}

#[test]
fn mqtt_sample_of_the_hub_over_websocket() {
    replay_over_websocket(include_str!("../fixtures/c-sdk/hub_mqtt_sample_websocket.mqtt"));
}

#[test]
fn gateway_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/gateway_sample_psk.mqtt"));
}

/// The gateway has a certificate, its sub-devices have secrets.
#[test]
fn gateway_sample_by_certificate() {
    replay_by_certificate(include_str!("../fixtures/c-sdk/gateway_sample_certificate.mqtt"));
}

#[test]
fn ota_mqtt_sample_by_key() {
    replay_by_key(include_str!("../fixtures/c-sdk/ota_mqtt_sample_psk.mqtt"));
}
