//! Products and devices as they were recorded, on a platform of their own; what must differ from the recording, and only that.

use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{CloudClient, Credentials, DEADLINE, LAMP_MODEL, Method, Server, ServerOptions, http, now_ms};
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use serde_json::{Value, json};

use crate::http::content;
use crate::recording::{Recorded, Recording};

/// What the C SDK 3.2.1 offers.
const SUITES: &str = "PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA";

/// A platform with what a recording needs.
pub struct Stage {
    pub server: Server,
    pub cloud: CloudClient,
    /// What was recorded, and what stands in its place: ids of products, and later what the cloud makes up.
    names: Vec<(String, String)>,
    /// Name and secret of each device that has one.
    secrets: Vec<(String, String)>,
    /// What the first device signs in with, when it has a certificate.
    certificate: Option<(String, String)>,
    /// UNIX milliseconds of the recording, and of now.
    clocks: (u64, u64),
}

impl Stage {
    pub fn new(recording: &Recording<'_>, options: ServerOptions) -> Self {
        let server = Server::start(options);
        let cloud = server.cloud();
        let mut stage = Self {
            server,
            cloud,
            names: Vec::new(),
            secrets: Vec::new(),
            certificate: None,
            clocks: (recording.clock, now_ms()),
        };
        let project = stage.cloud.call("CreateProject", &json!({"ProjectName": "home", "ProjectDesc": ""}));
        let project = project["Project"]["ProjectId"].clone();
        for device in &recording.devices {
            if !stage.names.iter().any(|(id, _)| id == device.product) {
                stage.make_product(recording, &project, device);
            }
        }
        if let (Some(gate), Some(product)) = (recording.gateway_product, recording.may_bind) {
            let allowed = json!({"GatewayProductId": stage.now(gate), "ProductIds": [stage.now(product)]});
            stage.cloud.call("BindProducts", &allowed);
        }
        for device in &recording.devices {
            stage.make_device(recording, device);
        }
        if let Some((name, length)) = recording.file {
            stage.make_file(recording.devices[0].product, name, &content(length));
        }
        stage
    }

    fn make_file(&self, product: &str, name: &str, content: &[u8]) {
        let md5 = hash(MessageDigest::md5(), content).expect("a digest");
        let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = json!({"ProductId": self.now(product), "FileName": name, "FileSize": content.len(), "Md5": hex});
        let made = self.cloud.call_own("CreateFile", &request);
        let path = path_of(made["UploadUrl"].as_str().expect("an address"));
        let answer = http(self.server.device_http_address(), "PUT", path, &[("Host", "files.example.com")], content);
        assert_eq!(answer.expect("an answer").status, 200);
    }

    fn make_product(&mut self, recording: &Recording<'_>, project: &Value, device: &Recorded<'_>) {
        let is_gateway = recording.gateway_product == Some(device.product);
        let is_raw = recording.raw_product == Some(device.product);
        let request = json!({
            "ProjectId": project, "ProductName": device.product, "ProductDesc": "", "CategoryId": 1,
            "ProductType": if is_gateway { 5 } else { 0 }, "EncryptionType": if device.secret.is_some() { "2" } else { "1" },
            "NetType": "wifi", "DataProtocol": if is_raw { 2 } else { 1 },
        });
        let made = self.cloud.call("CreateStudioProduct", &request);
        let id = made["Product"]["ProductId"].as_str().expect("an id").to_owned();
        assert_eq!(id.len(), device.product.len(), "ids of one length: the packets stay as long as they were");
        self.cloud.call(
            "ModifyModelDefinition",
            &json!({"ProductId": id, "ModelSchema": recording.model.unwrap_or(LAMP_MODEL)}),
        );
        self.names.push((device.product.to_owned(), id));
    }

    fn make_device(&mut self, recording: &Recording<'_>, device: &Recorded<'_>) {
        let product = self.now(device.product);
        let mut request = json!({"ProductId": product, "DeviceName": device.name});
        if let Some(secret) = device.secret {
            request["DefinedPsk"] = secret.into();
            self.secrets.push((device.name.to_owned(), secret.to_owned()));
        }
        let made = self.cloud.call("CreateDevice", &request);
        if device.secret.is_none() && self.certificate.is_none() {
            let text = |field: &str| made["Data"][field].as_str().expect("a text").to_owned();
            self.certificate = Some((text("DeviceCert"), text("DevicePrivateKey")));
        }
        if let (Some(gate), Some(name)) = (recording.gateway_product, device.gateway) {
            let bound = json!({"GatewayProductId": self.now(gate), "GatewayDeviceName": name, "ProductId": product,
                               "DeviceNames": [device.name]});
            self.cloud.call("BindDevices", &bound);
        }
    }

    /// From now on `now` stands for what was recorded as `then`.
    pub fn learn(&mut self, then: &str, now: &str) {
        if then.starts_with("http://") {
            self.names.push((path_of(then).to_owned(), path_of(now).to_owned()));
        }
        self.names.push((then.to_owned(), now.to_owned()));
    }

    pub fn knows(&self, then: &str) -> bool {
        self.names.iter().any(|(known, _)| known == then)
    }

    /// A recorded text with today's names.
    pub fn now(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (then, now)| text.replace(then, now))
    }

    /// A recorded packet as it has to be sent today: other ids and times of the same length, and what is signed signed again.
    pub fn packet(&self, recorded: &[u8]) -> Vec<u8> {
        let mut bytes = recorded.to_vec();
        for (then, now) in &self.names {
            for at in found(&bytes, then.as_bytes()) {
                assert_eq!(then.len(), now.len(), "{then} is {now}: the packet would have another length");
                bytes[at..at + then.len()].copy_from_slice(now.as_bytes());
            }
        }
        if bytes[0] == 0x10 {
            self.sign_in(&mut bytes);
        } else {
            self.move_times(&mut bytes);
            self.sign_binding(&mut bytes);
        }
        assert_eq!(bytes.len(), recorded.len());
        bytes
    }

    /// Puts the right password at the end of a CONNECT that has one.
    fn sign_in(&self, connect: &mut [u8]) {
        let has_password = connect.iter().position(|byte| *byte == b'M').is_some_and(|at| connect[at + 5] & 0x40 != 0);
        if !has_password {
            return;
        }
        let fields: Vec<(usize, usize)> = fields_of_connect(connect);
        let [client_id, user_name, (at, end)] = fields[..] else { panic!("three fields in a CONNECT with a password") };
        let text = |(at, end): (usize, usize)| String::from_utf8(connect[at..end].to_vec()).expect("text");
        let (client_id, user_name, before) = (text(client_id), text(user_name), text((at, end)));
        let method = if before.ends_with(";hmacsha1") { Method::HmacSha1 } else { Method::HmacSha256 };
        let (_, secret) = self
            .secrets
            .iter()
            .find(|(name, _)| client_id.ends_with(name.as_str()))
            .expect("a device of the recording");
        let password = Credentials::password(&user_name, secret, method);
        connect[at..end].copy_from_slice(password.as_bytes());
    }

    /// Moves `"timestamp":` from the recording's time to ours, whether in seconds or in milliseconds.
    fn move_times(&self, bytes: &mut [u8]) {
        const KEY: &[u8] = b"\"timestamp\":";
        for key in found(bytes, KEY) {
            let at = key + KEY.len() + usize::from(bytes[key + KEY.len()] == b' ');
            let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let time: u64 = std::str::from_utf8(&bytes[at..at + digits]).expect("digits").parse().expect("a number");
            let unit = if digits == 13 { 1 } else { 1000 };
            let moved = (time * unit + self.clocks.1 - self.clocks.0) / unit;
            bytes[at..at + digits].copy_from_slice(moved.to_string().as_bytes());
        }
    }

    /// Signs a gateway's wish to bind a device of ours. Source: spec/device-protocol.md 7.2.
    fn sign_binding(&self, bytes: &mut [u8]) {
        const KEY: &[u8] = b"\"signature\":\"";
        let Some(key) = found(bytes, KEY).first().copied() else { return };
        let json = bytes.iter().position(|byte| *byte == b'{').expect("JSON");
        let message: Value = serde_json::from_slice(&bytes[json..]).expect("JSON");
        let wish = &message["payload"]["devices"][0];
        let (product, name) = (wish["product_id"].as_str().expect("text"), wish["device_name"].as_str().expect("text"));
        let Some((_, secret)) = self.secrets.iter().find(|(known, _)| known == name) else { return };
        let key_of_hmac = PKey::hmac(secret.as_bytes()).expect("a key");
        let mut signer = Signer::new(MessageDigest::sha1(), &key_of_hmac).expect("a signer");
        signer.update(format!("{product}{name};{};{}", wish["random"], wish["timestamp"]).as_bytes()).expect("signed");
        let signature = STANDARD.encode(signer.sign_to_vec().expect("signed"));
        let at = key + KEY.len();
        bytes[at..at + signature.len()].copy_from_slice(signature.as_bytes());
    }

    /// A connection in the clear.
    pub fn stream(&self) -> TcpStream {
        connected(self.server.mqtt_address())
    }

    /// A connection by the first device's key, with the suites of the recording.
    pub fn stream_by_key(&self, recording: &Recording<'_>) -> SslStream<TcpStream> {
        let device = &recording.devices[0];
        let identity = format!("{}{}", self.now(device.product), device.name);
        let key = STANDARD.decode(device.secret.expect("a secret")).expect("base64");
        let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("a client");
        connector.set_cipher_list(recording.suites.unwrap_or(SUITES)).expect("suites");
        connector.set_max_proto_version(Some(SslVersion::TLS1_2)).expect("the version of the SDK");
        connector.set_psk_client_callback(move |_, _, into_identity, into_key| {
            into_identity[..identity.len()].copy_from_slice(identity.as_bytes());
            into_identity[identity.len()] = 0;
            into_key[..key.len()].copy_from_slice(&key);
            Ok(key.len())
        });
        self.encrypted(connector)
    }

    /// A connection by the first device's certificate.
    pub fn stream_by_certificate(&self) -> SslStream<TcpStream> {
        let (certificate, key) = self.certificate.as_ref().expect("a device with a certificate");
        let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("a client");
        connector.set_certificate(&X509::from_pem(certificate.as_bytes()).expect("PEM")).expect("a certificate");
        connector.set_private_key(&PKey::private_key_from_pem(key.as_bytes()).expect("PEM")).expect("its key");
        self.encrypted(connector)
    }

    fn encrypted(&self, connector: openssl::ssl::SslConnectorBuilder) -> SslStream<TcpStream> {
        let mut settings = connector.build().configure().expect("a client");
        settings.set_verify(SslVerifyMode::NONE);
        let socket = connected(self.server.mqtts_address());
        settings.verify_hostname(false).connect("localhost", socket).expect("a handshake")
    }
}

/// What is behind the host of an address.
fn path_of(address: &str) -> &str {
    let host = address.strip_prefix("http://").expect("an address");
    &host[host.find('/').expect("a path")..]
}

pub fn connected(address: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// Where `needle` begins in `bytes`.
fn found(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(needle)).collect()
}

/// Begin and end of client id, user name and password.
fn fields_of_connect(connect: &[u8]) -> Vec<(usize, usize)> {
    let mut at = 1 + connect[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    // Protocol name, level, flags and keep-alive.
    at += 2 + usize::from(connect[at + 1]) + 4;
    let mut fields = Vec::new();
    while at < connect.len() {
        let end = at + 2 + usize::from(u16::from_be_bytes([connect[at], connect[at + 1]]));
        fields.push((at + 2, end));
        at = end;
    }
    fields
}
