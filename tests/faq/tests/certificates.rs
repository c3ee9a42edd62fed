//! Devices with certificates that do not get in: is each cause named?

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, MqttClient, Server, ServerOptions, now_ms, wait_for,
};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509Name};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

struct Meters {
    server: Server,
    fixture: Fixture,
}

/// A certificate and its private key.
struct Pair {
    certificate: X509,
    key: PKey<Private>,
}

impl Pair {
    fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().expect("PEM")).expect("a text")
    }
}

/// Valid from so many seconds after now to so many; signed by an authority, or by itself.
fn certificate(name: &str, from: i64, until: i64, authority: Option<&Pair>) -> Pair {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
    let mut subject = X509Name::builder().expect("a name");
    subject.append_entry_by_text("CN", name).expect("a name");
    let subject = subject.build();
    let now = i64::try_from(now_ms() / 1000).expect("a time");
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("version 3");
    let serial = BigNum::from_u32(7).and_then(|number| number.to_asn1_integer()).expect("a number");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(&subject).expect("a name");
    builder.set_issuer_name(authority.map_or(&*subject, |pair| pair.certificate.subject_name())).expect("a name");
    builder.set_not_before(&Asn1Time::from_unix(now + from).expect("a time")).expect("a date");
    builder.set_not_after(&Asn1Time::from_unix(now + until).expect("a time")).expect("a date");
    builder.set_pubkey(&key).expect("a key");
    if authority.is_none() {
        let extension = BasicConstraints::new().critical().ca().build().expect("an extension");
        builder.append_extension(extension).expect("added");
    }
    builder.sign(authority.map_or(&key, |pair| &pair.key), MessageDigest::sha256()).expect("signed");
    Pair { certificate: builder.build(), key }
}

impl Meters {
    /// A product whose devices have certificates.
    fn new() -> Self {
        let server = Server::start(ServerOptions::default().with_tls());
        let lamps = Fixture::new(&server, LAMP_MODEL);
        let request = json!({
            "ProjectId": lamps.project, "ProductName": "meter", "ProductDesc": "", "CategoryId": 1,
            "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1,
        });
        let made = lamps.cloud.call("CreateStudioProduct", &request);
        let product = made["Product"]["ProductId"].as_str().expect("an id").to_owned();
        Self { server, fixture: Fixture { product, ..lamps } }
    }

    /// With the certificate the platform issues.
    fn device(&self, name: &str) -> (Device, Pair) {
        let request = json!({"ProductId": self.fixture.product, "DeviceName": name});
        let made = self.fixture.cloud.call("CreateDevice", &request)["Data"].clone();
        let text = |field: &str| made[field].as_str().expect("a text").to_owned();
        let certificate = X509::from_pem(text("DeviceCert").as_bytes()).expect("a certificate");
        let key = PKey::private_key_from_pem(text("DevicePrivateKey").as_bytes()).expect("a key");
        (self.known(name), Pair { certificate, key })
    }

    fn known(&self, name: &str) -> Device {
        Device { product: self.fixture.product.clone(), name: name.to_owned(), secret: String::new() }
    }

    /// Shows a certificate, signs in with this client id, and reads to the end of the connection.
    fn sign_in(&self, pair: &Pair, client_id: &str) {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("a connector");
        connector.set_verify(SslVerifyMode::NONE);
        connector.set_certificate(&pair.certificate).expect("a certificate");
        connector.set_private_key(&pair.key).expect("a key");
        let socket = TcpStream::connect(self.server.mqtts_address()).expect("connect");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        let configured = connector.build().configure().expect("configured").verify_hostname(false);
        let Ok(mut stream) = configured.connect("localhost", socket) else { return };
        let texts = Credentials { client_id: client_id.to_owned(), user_name: String::new(), password: String::new() };
        if stream.write_all(&MqttClient::connect_bytes(&texts)).is_ok() {
            // Closed after the refusal; how the end looks depends on the version of TLS.
            drop(stream.read_to_end(&mut Vec::new()));
        }
    }

    fn problem(&self, device: &Device, id: &str, words: &str) {
        wait_for(words, DEADLINE, || {
            let problem = self.fixture.problems(device).into_iter().find(|problem| problem["Id"] == id)?;
            let shown = [&problem["Evidence"], &problem["Cure"]].map(Value::to_string).concat();
            shown.contains(words).then_some(())
        });
    }
}

/// faq-41: a certificate of a stranger, of another device, and one from before the device was made anew.
#[test]
fn faq_41_wrong_certificate() {
    let meters = Meters::new();
    let (one, own) = meters.device("m1");
    let stranger = certificate(&one.client_id(), -DAY, DAY, None);
    meters.sign_in(&stranger, &one.client_id());
    meters.problem(&one, "faq-41-certificate", "is not the authority of the product");

    let (two, foreign) = meters.device("m2");
    meters.sign_in(&foreign, &one.client_id());
    meters.problem(&two, "faq-41-identity", &format!("clientid:{}", one.client_id()));

    let reference = one.reference();
    meters.fixture.cloud.call("DeleteDevice", &reference);
    meters.device("m1");
    meters.sign_in(&own, &one.client_id());
    meters.problem(&one, "faq-41-certificate", "not the one on record");
}

/// faq-55: a certificate that names a product with keys.
#[test]
fn faq_55_a_certificate_for_a_product_with_keys() {
    let meters = Meters::new();
    let lamps = Fixture::new(&meters.server, LAMP_MODEL);
    let lamp = lamps.device("lamp");
    meters.sign_in(&certificate(&lamp.client_id(), -DAY, DAY, None), &lamp.client_id());
    lamps.problem(&lamp, "faq-55-key");
}

/// faq-42 and faq-54: a certificate of the product's own authority that is not valid yet, or no longer.
#[test]
fn faq_42_and_54_dates_of_certificates() {
    let meters = Meters::new();
    let authority = certificate("factory", -10 * DAY, 10 * DAY, None);
    let uin = meters.server.first_run("uin");
    let digest = openssl::sha::sha256(format!("iothub_{uin}").as_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let proof = certificate(&name, -DAY, DAY, Some(&authority));
    let cloud = &meters.fixture.cloud;
    let parameters = json!({"CertName": "factory", "CertText": authority.pem(), "VerifyCertText": proof.pem()});
    cloud.call("CreatePrivateCA", &parameters);
    cloud.call("UpdateProductPrivateCA", &json!({"ProductId": meters.fixture.product, "CertName": "factory"}));
    let device = meters.known("m1");
    cloud.call("CreateDevice", &device.reference());

    let to_come = certificate(&device.client_id(), 3 * DAY, 5 * DAY, Some(&authority));
    meters.sign_in(&to_come, &device.client_id());
    meters.problem(&device, "faq-42-certificate", "or more");
    let over = certificate(&device.client_id(), -3 * DAY, -DAY, Some(&authority));
    meters.sign_in(&over, &device.client_id());
    meters.problem(&device, "faq-54-certificate", "RenewDeviceCertificate");
}
