//! Texts that are written into records where something is refused or ends, and read back where a line is rendered.
//!
//! They are in files of the log: a text that is read back here must go on being read.

use std::fmt::Display;

use lianwu_model::UnixMillis;

/// A publish or a subscription outside the device's own topics. The vendor's text.
pub const NO_PERMISSION: &str = "topic without permission";

/// A subscription ended because the product's table of custom topics changed.
pub const TOPIC_WITHDRAWN: &str = "topic without permission: the product's topics were changed";

/// A device's answer to a question of the cloud; it is ignored.
pub const NOBODY_WAITS: &str = "no call waits for this answer: it came too late, was given before, or nobody asked";

/// An answer on a custom topic whose payload cannot be read.
pub const ANSWER_NOT_BASE64: &str = "the payload of the answer is not Base64";

/// A gateway spoke for a sub-device that it had not brought online.
pub const SUB_DEVICE_OFFLINE: &str = "the sub-device is offline: its gateway has to say that it is online first";

/// The password does not fit the secret. The vendor's text.
pub const HMAC_MISMATCH: &str = "hmac sign error";

/// A thing-model message to a product whose model was never saved; it has no reply.
pub const NO_MODEL: &str = "the product has no thing model yet; save one first";

/// In front of the last sign of life, in milliseconds.
const KEEP_ALIVE_TIMEOUT: &str = "keepalive timeout,last active time:";

/// In front of the address that took over.
const TAKEN_OVER: &str = "the same device signed in again from ";

/// The connection of a backend was closed for a newer one of the same client id.
pub const CLIENT_TAKEN_OVER: &str = "the same client id signed in again";

/// In a refused sign-in of a backend.
pub const CLIENT_ID_TAKEN: &str =
    "the client id belongs to a program of another sub-account or of the main account; choose another one";

/// In a refused sign-in of a backend, for the owner of the key.
pub const KEY_DISABLED: &str = "the SecretId is disabled";

/// In a refused sign-in of a backend.
pub const UNCHECKED: &str = "too many sign-ins had failed, refused unchecked, see limits.sign_in_failures";

/// A backend's message to a topic that is not its account's own.
pub const NOT_OWN_TOPIC: &str =
    "not a topic of the account: the first level is a ProductId or begins with $, or the name is malformed";

/// A backend's message without the right to send.
pub const NO_SEND_RIGHT: &str = "no policy allows lianwu:SendMessages";

/// A retained message that does not fit beside the account's others.
pub const RETAINED_FULL: &str = "the account has no room for another retained message";

/// A backend was closed: its window is full and too much waits.
pub const NOT_ACKNOWLEDGING: &str = "it does not acknowledge what it is sent";

/// A connection was closed: its socket takes nothing and too much waits.
pub const NOT_READING: &str = "it does not read what it is sent";

/// In a refused sign-in of a product whose devices have certificates.
pub const NEEDS_CERTIFICATE: &str = "the product's devices sign in with certificates, not with a password";

/// A TLS handshake with a pre-shared key that is not the device's.
pub const PSK_MISMATCH: &str = "the TLS-PSK key does not fit the device's secret";

/// In a refused sign-in over TLS-PSK.
pub const IDENTITY_MISMATCH: &str = "client id is not the identity of the TLS-PSK handshake";

/// In front of what OpenSSL says.
pub const HANDSHAKE_FAILED: &str = "TLS handshake failed: ";

/// In front of what is wrong with the identity of a TLS-PSK handshake.
pub const IDENTITY_MALFORMED: &str = "TLS-PSK identity: ";

/// In a refused sign-in.
pub const DISABLED: &str = "device is disabled";

/// Messages of a device that waited because it sent too many; the record's payload holds their number.
pub const UP_OVER_RATE: &str = "rate limited, messages of the device wait, see limits.device_up_tps";

/// Messages of a device over HTTP that were refused because there were too many; the record's payload holds their number.
pub const POST_OVER_RATE: &str = "rate limited, messages over HTTP were refused, see limits.device_up_tps";

/// As [`POST_OVER_RATE`], over CoAP.
pub const COAP_OVER_RATE: &str = "rate limited, messages over CoAP were refused, see limits.device_up_tps";

/// In front of why a request over CoAP was refused.
pub const COAP_REFUSED: &str = "coap request refused: ";

/// In a refused authentication on the CoAP port without DTLS.
pub const COAP_UNSIGNED: &str =
    "without DTLS the payload is user name and password as in MQTT, joined by a semicolon; or use the coaps port";

/// In front of why a request over HTTP was refused.
pub const HTTP_REFUSED: &str = "http request refused: ";

/// Why a request over HTTP or CoAP was refused; `None` for a refusal of another way in.
#[must_use]
pub fn of_request(note: &str) -> Option<&str> {
    note.strip_prefix(HTTP_REFUSED).or_else(|| note.strip_prefix(COAP_REFUSED))
}

/// Messages to a device that were refused because there were too many; the record's payload holds their number.
pub const DOWN_OVER_RATE: &str = "rate limited, messages to the device were refused, see limits.device_down_tps";

/// Uploads of a device's own log that were refused; the record's payload holds their number.
pub const LOG_OFF: &str = "the device's log is switched off, its uploads were refused, see SetLogLevel";

/// In front of why a script made nothing of a message.
pub const SCRIPT_FAILED: &str = "script failed: ";

/// Bytes of a message shown with the failure of a script.
const BYTES_SHOWN_MAX: usize = 64;

/// A script made nothing of what a device sent.
#[must_use]
pub fn script_failed(why: impl Display, bytes: &[u8]) -> String {
    let mut text = format!("{SCRIPT_FAILED}{why}; bytes ");
    for byte in bytes.iter().take(BYTES_SHOWN_MAX) {
        text.push_str(&format!("{byte:02x}"));
    }
    if bytes.len() > BYTES_SHOWN_MAX {
        text.push_str(&format!("... ({} in all)", bytes.len()));
    }
    text
}

/// A script made nothing of a message to a device.
#[must_use]
pub fn script_failed_down(why: impl Display) -> String {
    format!("{SCRIPT_FAILED}{why}")
}

/// Is it the failure of a script?
#[must_use]
pub fn is_script_failure(note: &str) -> bool {
    note.starts_with(SCRIPT_FAILED)
}

/// As [`UP_OVER_RATE`], for the messages of all devices of the product.
pub const UP_OVER_PRODUCT_RATE: &str = "rate limited, messages of the product wait, see limits.product_up_tps";

/// As [`UP_OVER_RATE`], for the messages of all devices.
pub const UP_OVER_INSTANCE_RATE: &str = "rate limited, messages of the instance wait, see limits.instance_tps";

/// As [`POST_OVER_RATE`], for the messages of all devices of the product.
pub const POST_OVER_PRODUCT_RATE: &str =
    "rate limited, messages of the product that cannot wait were refused, see limits.product_up_tps";

/// As [`DOWN_OVER_RATE`], for the messages to all devices of the product.
pub const DOWN_OVER_PRODUCT_RATE: &str =
    "rate limited, messages to the product were refused, see limits.product_down_tps";

/// As [`DOWN_OVER_RATE`], for the messages to all devices.
pub const DOWN_OVER_INSTANCE_RATE: &str =
    "rate limited, messages to the instance's devices were refused, see limits.instance_down_tps";

/// Sign-ins of a device that were refused because there were too many of all devices; the record's payload holds their number.
pub const SIGN_IN_OVER_RATE: &str = "rate limited, sign-ins were refused, see limits.instance_connects_per_s";

/// The other side or OpenSSL broke a handshake off.
#[must_use]
pub fn handshake_failed(why: impl Display) -> String {
    format!("{HANDSHAKE_FAILED}{why}")
}

/// The identity of a TLS-PSK handshake is no product and device.
#[must_use]
pub fn identity_malformed(why: impl Display) -> String {
    format!("{IDENTITY_MALFORMED}{why}")
}

/// In the facts of a refused sign-in, in front of the device whose key signed.
const KEY_OF: &str = ",keyof:";

/// Behind the facts of a refused sign-in: the signature was made with this other device's key.
#[must_use]
pub fn key_of(device: impl Display) -> String {
    format!("{KEY_OF}{device}")
}

/// Reads [`key_of`] back.
#[must_use]
pub fn whose_key(facts: &str) -> Option<&str> {
    facts.split_once(KEY_OF).map(|(_, device)| device)
}

/// Behind the facts of a refused sign-in: the client id that is not the one proved by TLS, at most 64 characters of it.
#[must_use]
pub fn other_client_id(client_id: &str) -> String {
    let shown: String = client_id.chars().filter(|c| !c.is_control()).take(64).collect();
    format!(",clientid:{shown}")
}

/// Nothing was heard of the device for one and a half times its keep-alive.
#[must_use]
pub fn keep_alive_timeout(last_active: UnixMillis) -> String {
    format!("{KEEP_ALIVE_TIMEOUT}{last_active}")
}

/// Reads [`keep_alive_timeout`] back.
#[must_use]
pub fn last_active(note: &str) -> Option<UnixMillis> {
    note.strip_prefix(KEEP_ALIVE_TIMEOUT)?.parse().ok().map(UnixMillis)
}

/// The connection was closed for a newer one of the same device.
#[must_use]
pub fn taken_over(by: impl Display) -> String {
    format!("{TAKEN_OVER}{by}")
}

/// Reads [`taken_over`] back: the address of the newer connection.
#[must_use]
pub fn taken_over_by(note: &str) -> Option<&str> {
    note.strip_prefix(TAKEN_OVER)
}
