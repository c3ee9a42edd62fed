//! The cipher suites of the device port up to TLS 1.2, by OpenSSL's name and by number, the preferred first.
//!
//! Source of the numbers: the TLS cipher suite registry of IANA. TLS 1.3 has its own, which say nothing about how a server
//! proves itself.

use super::hello::Hello;

type Suite = (&'static str, [u8; 2]);

/// With a pre-shared key alone. The last two are all that the vendor's C SDK has.
pub(crate) const BY_KEY: [Suite; 5] = [
    ("PSK-AES128-GCM-SHA256", [0x00, 0xa8]),
    ("PSK-AES256-GCM-SHA384", [0x00, 0xa9]),
    ("PSK-AES128-CBC-SHA256", [0x00, 0xae]),
    ("PSK-AES128-CBC-SHA", [0x00, 0x8c]),
    ("PSK-AES256-CBC-SHA", [0x00, 0x8d]),
];

/// With a certificate; those without an exchange of fresh keys are for old devices.
pub(crate) const BY_CERTIFICATE: [Suite; 16] = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", [0xc0, 0x2b]),
    ("ECDHE-RSA-AES128-GCM-SHA256", [0xc0, 0x2f]),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", [0xc0, 0x2c]),
    ("ECDHE-RSA-AES256-GCM-SHA384", [0xc0, 0x30]),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", [0xcc, 0xa9]),
    ("ECDHE-RSA-CHACHA20-POLY1305", [0xcc, 0xa8]),
    ("ECDHE-ECDSA-AES128-SHA", [0xc0, 0x09]),
    ("ECDHE-RSA-AES128-SHA", [0xc0, 0x13]),
    ("ECDHE-ECDSA-AES256-SHA", [0xc0, 0x0a]),
    ("ECDHE-RSA-AES256-SHA", [0xc0, 0x14]),
    ("AES128-GCM-SHA256", [0x00, 0x9c]),
    ("AES256-GCM-SHA384", [0x00, 0x9d]),
    ("AES128-SHA256", [0x00, 0x3c]),
    ("AES256-SHA256", [0x00, 0x3d]),
    ("AES128-SHA", [0x00, 0x2f]),
    ("AES256-SHA", [0x00, 0x35]),
];

/// As OpenSSL takes them.
pub(crate) fn list(suites: &[Suite]) -> String {
    let names: Vec<&str> = suites.iter().map(|(name, _)| *name).collect();
    names.join(":")
}

/// First byte of the suites of TLS 1.3.
const TLS_1_3: u8 = 0x13;

/// Is the client to prove itself by a key? Who offers suites with keys and none with certificates is.
///
/// Who offers both is, too, if it knows TLS 1.3: such stacks offer suites with keys only when they were given one, as OpenSSL
/// does for `mosquitto_pub --psk`. And so is who puts a suite with keys first, as the C SDK of the hub does from 3.3 on. Other older
/// stacks, mbedTLS 2.4 of the C SDK among them, offer all they were built with, those with keys last, and get
/// the certificate. Source: spec/device-protocol.md 2.8, server selection; docs/adr/0019-tls.md.
pub(crate) fn is_by_key(hello: Hello<'_>) -> bool {
    let Hello::Suites(offered) = hello else { return false };
    let offered = offered.as_chunks::<2>().0;
    let first = |suites: &[Suite]| offered.iter().position(|id| suites.iter().any(|suite| suite.1 == *id));
    match (first(&BY_KEY), first(&BY_CERTIFICATE)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(key), Some(certificate)) => key < certificate || offered.iter().any(|id| id[0] == TLS_1_3),
    }
}

#[cfg(test)]
mod tests {
    use openssl::ssl::{SslContextBuilder, SslMethod};

    use super::*;

    #[test]
    fn openssl_knows_every_name() {
        for (name, _) in BY_KEY.iter().chain(&BY_CERTIFICATE) {
            let mut context = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
            assert!(context.set_cipher_list(name).is_ok(), "{name}");
        }
    }

    /// Which clients are asked for a key?
    #[test]
    fn who_has_a_key_is_asked_for_it() {
        for (client, offered, expected) in [
            ("the vendor's C SDK", &[0x00, 0x8c, 0x00, 0x8d, 0x00, 0xff][..], true),
            ("the vendor's C SDK of the hub, 3.3", &[0x00, 0x8c, 0x00, 0x8d, 0x00, 0x2f, 0x00, 0xff], true),
            ("the same without a key", &[0x00, 0x2f, 0x00, 0x8c, 0x00, 0x8d, 0x00, 0xff], false),
            ("mosquitto --psk, TLS 1.3 suites in front", &[0x13, 0x02, 0x13, 0x01, 0xc0, 0x37, 0x00, 0x8c], true),
            ("mosquitto 2.0.11 --psk, everything besides", &[0x13, 0x02, 0xc0, 0x2f, 0x00, 0x8c], true),
            ("an old stack with all it was built with", &[0xc0, 0x2f, 0x00, 0x8c, 0x00, 0xff], false),
            ("paho", &[0x13, 0x01, 0xc0, 0x2f, 0xc0, 0x30, 0x00, 0xff], false),
            ("TLS 1.3 alone", &[0x13, 0x01, 0x13, 0x02], false),
            ("keys we do not have", &[0xc0, 0x37, 0xc0, 0x35], false),
            ("an odd length", &[0x00, 0x8c, 0x00], true),
            ("nothing", &[], false),
        ] {
            assert_eq!(is_by_key(Hello::Suites(offered)), expected, "{client}");
        }
        assert!(!is_by_key(Hello::Spread));
    }
}
