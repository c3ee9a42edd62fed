//! Bounds of device access. Every number has a default that a small machine can live with.

use std::time::Duration;

use lianwu_mqtt::retained::RetainedBounds;

/// When a message of a backend in its account's own topics is delivered and acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendMessages {
    /// Once it is in the log on disk: nothing acknowledged is lost.
    #[default]
    Disk,
    /// At once; the log follows. A crash loses the last moments of what the log would have kept: retained messages, what
    /// waits for kept sessions.
    Memory,
    /// At once, and only retained messages are logged.
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessOptions {
    /// Threads that serve devices; each has its own listener on the same port.
    pub workers: usize,
    /// From accept to a signed-in connection.
    pub connect_timeout: Duration,
    /// Longest CONNECT. A stranger is never given more memory than this.
    pub connect_bytes_max: usize,
    /// Longest packet of a signed-in device.
    pub packet_bytes_max: usize,
    /// Connections of one worker; more are closed at accept.
    pub connections_max: usize,
    /// TLS handshakes of one thread at once; more wait. Each takes some 50 KiB while it lasts, and what many leave behind
    /// between the connections that stay is not given back: 1,024 made each of 9,000 connections 1 KiB larger.
    pub tls_handshakes_max: usize,
    /// Messages from the cloud or from other workers that may wait for one worker; more are answered "busy".
    pub mailbox_max: usize,
    /// Bytes of one worker that may wait for the disk; beyond it the worker stops reading its sockets.
    pub uncommitted_bytes_max: usize,
    /// Bytes that may wait for one device to read them; beyond it the connection is closed.
    pub unread_bytes_max: usize,
    /// Bytes of unacknowledged messages that may wait for one backend; beyond it the connection is closed.
    pub backend_pending_bytes_max: usize,
    pub backend_messages: BackendMessages,
    /// Kept sessions the backends of one account may have.
    pub backend_sessions_max: usize,
    /// Filters of one kept session of a backend.
    pub backend_session_filters_max: usize,
    /// Filters of all backends of one account together, kept sessions included; each takes about 0.7 KiB.
    pub account_filters_max: usize,
    /// Filters of one backend without a kept session.
    pub backend_filters_max: usize,
    /// Retained messages of an account, and their bytes with their topics.
    pub retained: RetainedBounds,
    /// Messages that may wait for one kept session of a backend, and their bytes; over it the oldest are given up.
    pub backend_session_messages: usize,
    pub backend_session_bytes_max: usize,
    /// Longest time such a session outlives its connection.
    pub backend_session_age_max: Duration,
    /// Messages per second of one device; 0 means no limit.
    pub device_up_tps: u32,
    /// Messages per second the cloud may send to one device; 0 means no limit.
    pub device_down_tps: u32,
    /// Messages per second of all devices together; 0 means no limit.
    pub instance_tps: u32,
    /// Messages per second of all devices of a product, and to them; 0 means no limit.
    pub product_up_tps: u32,
    pub product_down_tps: u32,
    /// Messages per second the cloud may send to all devices together; 0 means no limit.
    pub instance_down_tps: u32,
    /// Sign-ins per second of all devices together; 0 means no limit.
    pub instance_connects_per_s: u32,
    /// Sign-ins of one device within 5 s; 0 means no limit.
    pub device_connects_per_5s: u32,
    /// Failed sign-ins of one source for one device within a minute, before it has to wait; 0 means no limit.
    pub sign_in_failures: u32,
    /// What a device does over a rate is counted for so long: then its log has one line with the number.
    pub rate_window: Duration,
    /// Messages of QoS 1 kept for a device with a kept session, the unacknowledged ones included; 0 keeps none.
    pub offline_messages: usize,
    /// How long such a message is kept, and the session of a device that is away.
    pub offline_age_max: Duration,
}

impl Default for AccessOptions {
    fn default() -> Self {
        Self {
            workers: 1,
            connect_timeout: Duration::from_secs(10),
            connect_bytes_max: 8 * 1024,
            packet_bytes_max: 64 * 1024,
            connections_max: 1_000_000,
            tls_handshakes_max: 384,
            mailbox_max: 4_096,
            uncommitted_bytes_max: 16 << 20,
            unread_bytes_max: 512 * 1024,
            backend_pending_bytes_max: 16 << 20,
            backend_messages: BackendMessages::Disk,
            backend_sessions_max: 1_000,
            backend_session_filters_max: 10_000,
            account_filters_max: 500_000,
            backend_filters_max: 200_000,
            retained: RetainedBounds { count_max: 10_000, bytes_max: 16 << 20 },
            backend_session_messages: 10_000,
            backend_session_bytes_max: 16 << 20,
            backend_session_age_max: Duration::from_secs(72 * 3600),
            device_up_tps: 20,
            device_down_tps: 20,
            instance_tps: 0,
            product_up_tps: 0,
            product_down_tps: 0,
            instance_down_tps: 0,
            instance_connects_per_s: 0,
            device_connects_per_5s: 1,
            sign_in_failures: 5,
            rate_window: Duration::from_secs(10),
            offline_messages: 150,
            offline_age_max: Duration::from_secs(24 * 3600),
        }
    }
}
