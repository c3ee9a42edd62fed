use super::*;

const CLIENT_ID: &str = "PID0000001dev001";
const C_USER: &str = "PID0000001dev001;21010406;pvEOh;92233720368547758";
const PYTHON_USER: &str = "PID0000001dev001;21010406;XZfAp;1795373389989";
const JAVA_USER: &str = "PID0000001dev001;12010126;abcde;1893456000";
const NOW: UnixMillis = UnixMillis(1_795_373_000_000);

/// What the three SDKs send with the secret of bytes 00 to 0f; the SHA-1 rows of C and Python were seen on the wire.
const VECTORS: [(&str, &str); 6] = [
    (C_USER, "7a806e487e2e047e1feef67224b5e84ffd4385eb;hmacsha1"),
    (C_USER, "479827a6060144853172e4fb202624180cd864d1336ef5f2eccbad8b094e907d;hmacsha256"),
    (PYTHON_USER, "6dc807bef778bd66b4faa0dfa153a55bf5f2f74c;hmacsha1"),
    (PYTHON_USER, "3f5272761910ae1a8887b754f45aec281f2715a04537b30b2f8ff9466d3c5cd0;hmacsha256"),
    (JAVA_USER, "d7d2b0e730028f6451e099631ab1b57aad3c522a;hmacsha1"),
    (JAVA_USER, "09f695d89abd8aee215ed353fe022f4cf2e1a89b98d50e659095a68b06ccd9ef;hmacsha256"),
];

fn secret() -> DeviceSecret {
    DeviceSecret::parse("AAECAwQFBgcICQoLDA0ODw==").unwrap()
}

fn sign_in(client_id: &str, user_name: &str, password: &str) -> Result<(), SignInError> {
    SignIn::parse(client_id, user_name, password.as_bytes())?.verify(&secret(), NOW)
}

#[test]
fn what_the_sdks_send_is_accepted() {
    for (user_name, password) in VECTORS {
        assert_eq!(sign_in(CLIENT_ID, user_name, password), Ok(()), "{user_name} {password}");
        let (signature, method) = password.split_once(';').unwrap();
        let upper = format!("{};{method}", signature.to_uppercase());
        assert_eq!(sign_in(CLIENT_ID, user_name, &upper), Ok(()), "{upper}");
    }
}

#[test]
fn the_claim_names_device_connection_and_expiry() {
    let claim = SignIn::parse(CLIENT_ID, C_USER, VECTORS[0].1.as_bytes()).unwrap();
    assert_eq!((claim.product.as_str(), claim.device), ("PID0000001", "dev001"));
    assert_eq!(claim.connection_id, "pvEOh");
    assert_eq!(claim.method, Method::HmacSha1);
    let expiries = [
        (C_USER, u64::MAX),
        (PYTHON_USER, 1_795_373_389_989_000),
        (JAVA_USER, 1_893_456_000_000),
        ("PID0000001dev001;1;;9999999999999999999", u64::MAX),
        ("PID0000001dev001;1;x;2147483647", 2_147_483_647_000),
        ("PID0000001dev001;1;x;99999999999", 99_999_999_999_000),
        ("PID0000001dev001;1;x;100000000000", 100_000_000_000_000),
    ];
    for (user_name, expiry) in expiries {
        let claim = SignIn::parse(CLIENT_ID, user_name, VECTORS[0].1.as_bytes()).unwrap();
        assert_eq!(claim.expiry, UnixMillis(expiry), "{user_name}");
    }
}

#[test]
fn any_changed_bit_of_the_signature_is_a_mismatch() {
    for (user_name, password) in VECTORS {
        let (digits, name) = password.split_once(';').unwrap();
        let method = Method::from_name(name.as_bytes()).unwrap();
        let bytes = hex::decode(digits).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let password = format!("{};{name}", hex::encode(changed));
            assert_eq!(sign_in(CLIENT_ID, user_name, &password), Err(SignInError::HmacMismatch { method }));
        }
    }
}

#[test]
fn the_key_is_the_decoded_secret_and_not_its_text() {
    let text_as_key = DeviceSecret::from_key(secret().text().as_bytes()).unwrap();
    let claim = SignIn::parse(CLIENT_ID, JAVA_USER, VECTORS[4].1.as_bytes()).unwrap();
    let refused = claim.verify(&text_as_key, NOW);
    assert_eq!(refused, Err(SignInError::HmacMismatch { method: Method::HmacSha1 }));
}

#[test]
fn a_credential_is_good_up_to_its_last_moment() {
    let expiry = UnixMillis(1_893_456_000_000);
    let claim = SignIn::parse(CLIENT_ID, JAVA_USER, VECTORS[4].1.as_bytes()).unwrap();
    assert_eq!(claim.verify(&secret(), expiry), Ok(()));
    let late = UnixMillis(expiry.0 + 3_600_000);
    let refused = claim.verify(&secret(), late).unwrap_err();
    assert_eq!(refused, SignInError::Expired { expiry, now: late });
    assert_eq!(
        refused.to_string(),
        "credential expired at 1893456000 UNIX seconds, 3600 s before the server's clock; check the device's clock or use a later expiry"
    );
}

#[test]
fn an_expired_credential_with_a_wrong_signature_is_a_mismatch() {
    let claim = SignIn::parse(CLIENT_ID, JAVA_USER, VECTORS[0].1.as_bytes()).unwrap();
    let refused = claim.verify(&secret(), UnixMillis(u64::MAX));
    assert_eq!(refused, Err(SignInError::HmacMismatch { method: Method::HmacSha1 }));
}

/// Does each way of getting a CONNECT wrong name its own cause?
#[test]
fn every_malformed_claim_names_its_cause() {
    use CredentialField as Field;
    use SignInError as E;
    let good = VECTORS[0].1;
    let hex40 = &good[..40];
    let sha256_name = format!("{hex40};hmacsha256");
    let not_hex = format!("{};hmacsha1", "x".repeat(40));
    let unknown = format!("{hex40};rsa-sha256");
    let upper = format!("{hex40};HMACSHA1");
    let endless = format!("{hex40};{}", "m".repeat(500));
    let long_id = format!("PID0000001{}", "d".repeat(49));
    let rows: &[(&str, &str, &str, SignInError)] = &[
        ("PID0000001dev001 ", C_USER, good, E::StraySpace(Field::ClientId)),
        (" PID0000001dev001", C_USER, good, E::StraySpace(Field::ClientId)),
        (CLIENT_ID, "PID0000001dev001;21010406;pvEOh;92233720368547758\n", good, E::StraySpace(Field::UserName)),
        (CLIENT_ID, C_USER, "7a806e487e2e047e1feef67224b5e84ffd4385eb;hmacsha1 ", E::StraySpace(Field::Password)),
        (CLIENT_ID, C_USER, "7a806e487e2e047e1feef67224b5e84ffd4385eb;hmacsha1\0", E::StraySpace(Field::Password)),
        ("", C_USER, good, E::ClientIdTooShort(0)),
        ("PID0000001", C_USER, good, E::ClientIdTooShort(10)),
        ("pid0000001dev001", C_USER, good, E::ClientIdForm),
        ("PID000000\u{e9}dev001", C_USER, good, E::ClientIdForm),
        ("PID0000001dev 001", C_USER, good, E::ClientIdForm),
        (&long_id, C_USER, good, E::ClientIdForm),
        (CLIENT_ID, "", good, E::UserNameMissing),
        ("PID0000001dev002", C_USER, good, E::ClientIdMismatch),
        ("PID0000001dev00", C_USER, good, E::ClientIdMismatch),
        (CLIENT_ID, CLIENT_ID, good, E::ClientIdMismatch),
        (CLIENT_ID, "PID0000001dev001;1;x", good, E::UserName(UserNameFault::Parts(3))),
        (CLIENT_ID, "PID0000001dev001;1;x;2147483647;y", good, E::UserName(UserNameFault::Parts(5))),
        (CLIENT_ID, "PID0000001dev001;app;x;2147483647", good, E::UserName(UserNameFault::SdkAppId)),
        (CLIENT_ID, "PID0000001dev001;;x;2147483647", good, E::UserName(UserNameFault::SdkAppId)),
        (CLIENT_ID, "PID0000001dev001;1;x;-147483647", good, E::UserName(UserNameFault::ExpiryDigits)),
        (CLIENT_ID, "PID0000001dev001;1;x;", good, E::UserName(UserNameFault::ExpiryDigits)),
        (CLIENT_ID, "PID0000001dev001;1;x;600", good, E::UserName(UserNameFault::ExpiryLength(3))),
        (CLIENT_ID, "PID0000001dev001;1;x;10000000000000000000", good, E::UserName(UserNameFault::ExpiryLength(20))),
        (CLIENT_ID, C_USER, "", E::PasswordMissing),
        (CLIENT_ID, C_USER, "AAECAwQFBgcICQoLDA0ODw==", E::Password(PasswordFault::NoMethod)),
        (CLIENT_ID, C_USER, &sha256_name, E::Password(PasswordFault::Length { method: Method::HmacSha256, got: 40 })),
        (CLIENT_ID, C_USER, &not_hex, E::Password(PasswordFault::NotHex)),
        (CLIENT_ID, C_USER, &unknown, E::UnknownMethod("rsa-sha256".into())),
        (CLIENT_ID, C_USER, &upper, E::UnknownMethod("HMACSHA1".into())),
        (CLIENT_ID, C_USER, &endless, E::UnknownMethod("m".repeat(32).into())),
    ];
    for (client_id, user_name, password, expected) in rows {
        assert_eq!(sign_in(client_id, user_name, password), Err(expected.clone()), "{client_id} {user_name}");
    }
}

#[test]
fn what_a_device_computes_is_what_the_vectors_say() {
    let device: DeviceName = "dev001".parse().unwrap();
    let expiry = UnixMillis::from_seconds(1_893_456_000);
    for (method, password) in [(Method::HmacSha1, VECTORS[4].1), (Method::HmacSha256, VECTORS[5].1)] {
        let product = "PID0000001".parse().unwrap();
        let credentials = Credentials::compute(product, &device, &secret(), method, expiry, "abcde");
        assert_eq!(credentials.client_id, CLIENT_ID);
        assert_eq!(credentials.user_name, JAVA_USER);
        assert_eq!(credentials.password, password);
    }
}

#[test]
fn secrets_decode_with_and_without_padding() {
    let key: Vec<u8> = (0..16).collect();
    for text in ["AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw=", "AAECAwQFBgcICQoLDA0ODw"] {
        let secret = DeviceSecret::parse(text).unwrap();
        assert_eq!((secret.key(), secret.text()), (&*key, text));
    }
    assert_eq!(DeviceSecret::from_key(&key), Ok(secret()));
    let rows = [
        (String::new(), SecretError::Empty),
        ("==".into(), SecretError::NotBase64),
        ("AAECAwQFBgcICQoLDA0ODw== ".into(), SecretError::NotBase64),
        ("not base64!".into(), SecretError::NotBase64),
        ("A".repeat(65), SecretError::TooLong(65)),
    ];
    for (text, expected) in rows {
        assert_eq!(DeviceSecret::parse(&text), Err(expected), "{text}");
    }
    assert_eq!(DeviceSecret::from_key(&[7; 48]).unwrap().key(), [7; 48]);
    assert_eq!(DeviceSecret::from_key(&[]), Err(SecretError::Empty));
}

#[test]
fn debug_output_shows_no_secret() {
    let device: DeviceName = "dev001".parse().unwrap();
    let product = "PID0000001".parse().unwrap();
    let credentials = Credentials::compute(product, &device, &secret(), Method::HmacSha1, NOW, "abcde");
    let claim = SignIn::parse(CLIENT_ID, C_USER, VECTORS[0].1.as_bytes()).unwrap();
    assert_eq!(format!("{:?}", secret()), "DeviceSecret(***)");
    let signature = credentials.password.split_once(';').unwrap().0;
    assert!(!format!("{credentials:?}").contains(signature));
    let shown = format!("{claim:?}");
    assert!(shown.contains("***") && !shown.contains("7a806e") && !shown.contains("122, 128"), "{shown}");
}
