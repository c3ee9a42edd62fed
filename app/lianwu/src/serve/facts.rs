//! What the platform tells its callers about this process: settings, listeners.

use std::net::SocketAddr;
use std::sync::Arc;

use lianwu_device_access::AccessOptions;
use lianwu_services::limits::{AccessBounds, AccessPoint, Facts, Measures};

use super::load::Load;
use crate::config::{Config, settings};

/// The addresses really listened on; `None` for what is switched off.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    pub mqtt: Option<SocketAddr>,
    pub mqtts: Option<SocketAddr>,
    pub device_http: Option<SocketAddr>,
    pub device_https: Option<SocketAddr>,
    pub coap: Option<SocketAddr>,
    pub coaps: Option<SocketAddr>,
    pub http: SocketAddr,
    pub https: Option<SocketAddr>,
}

/// Collects everything once the listeners are open.
pub fn collect(config: &Config, listening: Listening, load: &Arc<Load>) -> Facts {
    let device_host = &config.public.device_host;
    let for_devices = |protocol, address: Option<SocketAddr>| {
        address.map(|address| point(protocol, host(device_host, address), address, true))
    };
    let devices = [
        ("mqtt", listening.mqtt),
        ("mqtts", listening.mqtts),
        ("device_http", listening.device_http),
        ("device_https", listening.device_https),
        ("coap", listening.coap),
        ("coaps", listening.coaps),
    ];
    let has_devices = devices.iter().any(|(_, address)| address.is_some());
    let devices = devices.into_iter().filter_map(|(protocol, address)| for_devices(protocol, address));
    let for_programs = |protocol, address: SocketAddr| {
        point(protocol, host(public_name(&config.public.console_url), address), address, false)
    };
    let http = for_programs("http", listening.http);
    let https = listening.https.map(|address| for_programs("https", address));
    Facts {
        settings: settings(config),
        access: has_devices.then(|| access_bounds(config)),
        access_points: devices.chain([http]).chain(https).collect(),
        measures: Some(Arc::clone(load) as Arc<dyn Measures>),
    }
}

fn point(protocol: &'static str, host: String, address: SocketAddr, is_for_devices: bool) -> AccessPoint {
    AccessPoint {
        protocol,
        host,
        port: address.port(),
        is_encrypted: matches!(protocol, "mqtts" | "device_https" | "coaps" | "https"),
        is_for_devices,
    }
}

/// The name an operator gave, else the address listened on, else the machine's name: a listener on all addresses has
/// none of its own.
fn host(public: &str, address: SocketAddr) -> String {
    if !public.is_empty() {
        return public.to_owned();
    }
    if !address.ip().is_unspecified() {
        return address.ip().to_string();
    }
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What the addresses of files begin with. The C SDK resolves no ports, so the scheme's own is left out.
pub fn device_url(config: &Config, scheme: &str, listener: SocketAddr) -> String {
    if !config.public.device_url.is_empty() {
        return config.public.device_url.clone();
    }
    let mut host = host(&config.public.device_host, listener);
    if host.contains(':') {
        host = format!("[{host}]");
    }
    match (scheme, listener.port()) {
        ("http", 80) | ("https", 443) => format!("{scheme}://{host}"),
        (_, port) => format!("{scheme}://{host}:{port}"),
    }
}

/// Host of `https://host:port/path`.
fn public_name(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Bounds of device access without a key of their own.
pub fn access_bounds(config: &Config) -> AccessBounds {
    let options: AccessOptions = super::access_options(config);
    AccessBounds {
        connections: options.connections_max.saturating_mul(options.workers) as u64,
        connect_timeout_ms: u64::try_from(options.connect_timeout.as_millis()).unwrap_or(u64::MAX),
        connect_bytes: options.connect_bytes_max as u64,
        unread_bytes: options.unread_bytes_max as u64,
        backend_session_filters: options.backend_session_filters_max as u64,
        backend_filters: options.backend_filters_max as u64,
        account_filters: options.account_filters_max as u64,
        retained_messages: options.retained.count_max as u64,
        retained_bytes: options.retained.bytes_max as u64,
        registration_bytes: lianwu_device_access::REGISTRATION_BYTES_MAX as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_public_name_or_the_address() {
        let any: SocketAddr = "0.0.0.0:1883".parse().unwrap();
        let one: SocketAddr = "192.0.2.7:1883".parse().unwrap();
        assert_eq!(host("iot.example.com", any), "iot.example.com");
        assert_eq!(host("", one), "192.0.2.7");
        assert!(!host("", any).is_empty() && host("", any) != "0.0.0.0");
    }

    #[test]
    fn addresses_of_files_begin_with_the_public_url_or_the_listener() {
        let mut config = Config::default();
        let shown = |config: &Config, address: &str| device_url(config, "http", address.parse().unwrap());
        assert_eq!(shown(&config, "192.0.2.7:8081"), "http://192.0.2.7:8081");
        assert_eq!(shown(&config, "[2001:db8::7]:8081"), "http://[2001:db8::7]:8081");
        config.public.device_host = "iot.example.com".to_owned();
        assert_eq!(shown(&config, "0.0.0.0:8081"), "http://iot.example.com:8081");
        assert_eq!(shown(&config, "0.0.0.0:80"), "http://iot.example.com");
        let over_tls = |address: &str| device_url(&config, "https", address.parse().unwrap());
        assert_eq!(over_tls("0.0.0.0:443"), "https://iot.example.com");
        assert_eq!(over_tls("0.0.0.0:80"), "https://iot.example.com:80");
        config.public.device_url = "https://files.example.com".to_owned();
        assert_eq!(shown(&config, "0.0.0.0:8081"), "https://files.example.com");
    }

    #[test]
    fn the_name_in_a_url() {
        for (url, name) in
            [("https://iot.example.com/console/", "iot.example.com"), ("http://192.0.2.7:8080/", "192.0.2.7"), ("", "")]
        {
            assert_eq!(public_name(url), name);
        }
    }
}
