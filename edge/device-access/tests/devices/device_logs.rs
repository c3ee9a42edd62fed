//! Logs of devices: the level they are told, and the lines they upload in both forms.

use hmac::{Hmac, Mac as _};
use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::device_log::{LINES_MAX, UPLOAD_BYTES_MAX};
use lianwu_model::log_level::LogLevel;
use lianwu_model::{DeviceKey, DeviceNumber, UnixMillis};
use lianwu_ports::readings::{LogQuery, LogScope};
use lianwu_ports::record::RecordKind;
use lianwu_ports::registry::suite;
use lianwu_services::device_log;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use serde_json::{Value, json};
use sha1::Sha1;

use super::harness::{NOW, PRODUCT};
use super::http::{Scene, options};

impl Scene {
    /// What all lamps upload.
    fn set_level(&self, level: LogLevel) {
        let platform = &self.world.platform;
        let owner = platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product.owner;
        self.runtime.block_on(device_log::set_of_product(platform, owner, PRODUCT, Some(level), "q-1")).unwrap();
    }

    fn upload(&self, name: &str, message: &Value) -> Value {
        let body = json!({"ProductId": PRODUCT, "DeviceName": name, "Message": message, "Level": "WRN"});
        self.signed("/device/reportlog", "hmacsha1", &self.device_secret(name), &body)
    }

    /// The C SDK's form; the answer as a whole.
    fn upload_bytes(&self, body: &[u8]) -> Value {
        let (head, answer) = self.ask("/cgi-bin/report-log", "Content-Type: text/plain;charset=utf-8\r\n", body);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Length: "), "the C SDK finds the length by its spelling: {head}");
        assert!(answer.len() <= 255, "the C SDK reads 255 bytes, this has {}", answer.len());
        serde_json::from_slice(&answer).unwrap()
    }

    /// Level and text of what is kept, the newest first.
    fn kept(&self, scope: LogScope) -> Vec<(String, String)> {
        self.world.settle();
        let times = UnixMillis(0)..=UnixMillis(u64::MAX);
        let query = LogQuery { scope, kinds: Vec::new(), times, words: Vec::new(), after: None, limit: 100 };
        let page = self.world.platform.readings.log(&query).unwrap();
        let line = |row: &lianwu_ports::readings::LogRow| {
            (row.note.to_string(), String::from_utf8(row.payload.to_vec()).unwrap())
        };
        page.rows.iter().map(line).collect()
    }
}

fn bytes(control: &str, name: &str, key: &str, records: &str) -> Vec<u8> {
    let signed = format!("{control}{PRODUCT}{name:#<48}{}{records}", NOW.seconds());
    let mut mac = Hmac::<Sha1>::new_from_slice(&key.as_bytes()[..key.len().min(24)]).unwrap();
    mac.update(signed.as_bytes());
    [hex::encode(mac.finalize().into_bytes()).as_bytes(), signed.as_bytes()].concat()
}

/// Is a device told its product's level when it asks, also when nobody ever set one: off?
#[test]
fn a_device_is_told_its_level() {
    let scene = Scene::new(&options());
    for (name, level) in [("lamp-1", LogLevel::Off), ("lamp-2", LogLevel::Debug)] {
        if level != LogLevel::Off {
            scene.set_level(level);
        }
        let mut lamp = scene.world.lamp(name);
        lamp.subscribe(&format!("$log/operation/result/{PRODUCT}/{name}"));
        let question = r#"{"type":"get_log_level","clientToken":"AB12CD34EF-0"}"#;
        lamp.publish(&format!("$log/operation/{PRODUCT}/{name}"), question, None);
        // The product's new level may be told before: that is no answer, and says so by having no token.
        let answer = std::iter::repeat_with(|| lamp.message().1).find(|text| text.contains("clientToken")).unwrap();
        assert!(answer.len() < 128, "the C SDK reads 127 bytes: {answer}");
        let expected = json!({
            "type": "get_log_level", "clientToken": "AB12CD34EF-0", "log_level": level.number(), "result": 0,
            "timestamp": NOW.seconds(),
        });
        assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), expected);
    }
}

/// When the product's level changes, does each device hear it that is there, listens and has no level of its own, last what
/// applies, and is nobody else's log filled?
#[test]
fn a_new_level_of_the_product_reaches_who_listens() {
    let scene = Scene::new(&options());
    let on = |name: &str| format!("$log/operation/result/{PRODUCT}/{name}");
    let (mut one, mut own, mut deaf) =
        (scene.world.lamp("lamp-0"), scene.world.lamp("lamp-1"), scene.world.lamp("lamp-2"));
    one.subscribe(&on("lamp-0"));
    own.subscribe(&on("lamp-1"));
    let platform = &scene.world.platform;
    let owner = platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product.owner;
    let devices = ["lamp-0", "lamp-1", "lamp-2", "lamp-3"].map(|name| suite::device(PRODUCT, name, &[])).to_vec();
    let made = scene.runtime.block_on(platform.stores.devices.create_devices(devices)).unwrap();
    assert!(made.iter().all(|device| scene.world.number(device.name.as_str()) == device.number));
    let error = Some(LogLevel::Error);
    scene.runtime.block_on(device_log::set_of_device(platform, owner, PRODUCT, "lamp-1", error, "q-0")).unwrap();
    assert_eq!(level_of(&own.message().1), LogLevel::Error.number());

    for level in [LogLevel::Info, LogLevel::Debug] {
        scene.set_level(level);
        let (topic, answer) = one.message();
        assert_eq!((topic, level_of(&answer)), (on("lamp-0"), level.number()));
    }
    // Changes that follow each other closely may be told as one; the last is.
    for level in [LogLevel::Error, LogLevel::Warning, LogLevel::Off] {
        scene.set_level(level);
    }
    while level_of(&one.message().1) != LogLevel::Off.number() {}
    own.has_nothing_but_a_ping_response();
    deaf.has_nothing_but_a_ping_response();
    let told = |name: &str| {
        let records = scene.world.records_of(PRODUCT, name);
        records.into_iter().filter(|(kind, ..)| *kind == RecordKind::OtherDown).collect::<Vec<_>>()
    };
    assert!(told("lamp-0").iter().all(|(_, code, note)| (*code, note.as_str()) == (0, "q-1")));
    assert_eq!((told("lamp-1").len(), told("lamp-2").len(), told("lamp-3").len()), (1, 0, 0));
}

fn level_of(message: &str) -> u8 {
    let message: Value = serde_json::from_str(message).unwrap();
    assert_eq!((&message["type"], &message["result"]), (&json!("get_log_level"), &json!(0)));
    message["log_level"].as_u64().unwrap().try_into().unwrap()
}

/// Are lines of both forms kept with their levels, found by device and product, and by no other log?
#[test]
fn uploaded_lines_are_kept_apart() {
    let scene = Scene::new(&options());
    scene.set_level(LogLevel::Debug);
    let lines = json!(["INF|2024-05-01 08:00:00|one", "a line without a level", ""]);
    assert_eq!(scene.upload("lamp-1", &lines).get("Error"), None);
    assert_eq!(scene.upload("lamp-1", &json!("DBG|alone")).get("Error"), None);
    let body = bytes("P###", "lamp-2", &scene.device_secret("lamp-2"), "ERR|2024-05-01 08:00:01|two\n\x0c");
    assert_eq!(scene.upload_bytes(&body), json!({"Retcode": 0}));
    let of = |level: &str, text: &str| (level.to_owned(), text.to_owned());
    let first = [of("DBG", "alone"), of("WRN", "a line without a level"), of("INF", "2024-05-01 08:00:00|one")];
    assert_eq!(scene.kept(LogScope::Uploads(scene.world.number("lamp-1"))), first);
    let second = of("ERR", "2024-05-01 08:00:01|two");
    assert_eq!(scene.kept(LogScope::Uploads(scene.world.number("lamp-2"))), std::slice::from_ref(&second));
    let all = [&[second], &first[..]].concat();
    assert_eq!(scene.kept(LogScope::UploadsOf(PRODUCT.parse().unwrap())), all);
    assert_eq!(scene.kept(LogScope::Device(scene.world.number("lamp-1"))), []);
    assert_eq!(scene.kept(LogScope::Diagnostics(PRODUCT.parse().unwrap())), []);
}

/// While the log is off, is an upload refused in clear words, in both forms, and the owner told how many there were?
#[test]
fn uploads_of_a_log_that_is_off_are_refused_and_counted() {
    let mut scene = Scene::new(&options());
    let answer = scene.upload("lamp-1", &json!(["ERR|x"]));
    assert_eq!(answer["Error"], json!({"Code": "UnsupportedOperation.LogOff", "Message": notes::LOG_OFF}));
    let body = bytes("P###", "lamp-1", &scene.device_secret("lamp-1"), "ERR|x\n\x0c");
    assert_eq!(scene.upload_bytes(&body), json!({"Retcode": 403, "Errmsg": notes::LOG_OFF}));
    scene.world.stop();
    assert_eq!(scene.world.first(RecordKind::RateLimited).1, notes::LOG_OFF);
}

/// Is whoever does not know the key refused, and the owner told why?
#[test]
fn an_upload_needs_the_devices_own_key() {
    let scene = Scene::new(&options());
    scene.set_level(LogLevel::Debug);
    let body = bytes("P###", "lamp-1", &scene.device_secret("lamp-2"), "ERR|x\n\x0c");
    assert_eq!(scene.upload_bytes(&body), json!({"Retcode": 401, "Errmsg": "signature error"}));
    let (code, note) = scene.world.first(RecordKind::ConnectRefused);
    assert_eq!((code, note.as_str()), (4, "http request refused: signature error"));
    let no_certificate = bytes("C###", "lamp-1", &scene.device_secret("lamp-1"), "");
    assert_eq!(scene.upload_bytes(&no_certificate)["Retcode"], 401);
    let stranger = bytes("P###", "nobody", "a key", "");
    assert_eq!(scene.upload_bytes(&stranger)["Retcode"], 400);
    assert_eq!(scene.upload_bytes(b"short")["Errmsg"], "body: the body has 5 bytes, fewer than its head");
    let form = json!({"ProductId": PRODUCT, "DeviceName": "lamp-1", "Message": ["x"]});
    let answer = scene.signed("/device/reportlog", "hmacsha256", "another key", &form);
    assert_eq!(answer["Error"]["Code"], "AuthFailure.SignatureFailure");
    scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap().set_enabled(false);
    assert_eq!(scene.upload("lamp-1", &json!(["x"]))["Error"]["Code"], "UnauthorizedOperation.DeviceDisabled");
}

/// Is a device with a certificate known by the first line of it?
#[test]
fn a_certificate_signs_the_c_sdks_form() {
    use lianwu_model::certificate::{Certificate, Fingerprint};
    use lianwu_model::device::{Device, DeviceSecretText};

    let scene = Scene::new(&options());
    scene.set_level(LogLevel::Info);
    let key = "MIIBszCCAVmgAwIBAgIUQ0FGRUNBRkVDQUZF";
    let pem = format!("-----BEGIN CERTIFICATE-----\n{key}\n-----END CERTIFICATE-----\n");
    let fingerprint = Fingerprint([7; 32]);
    let stored = Device {
        number: Default::default(),
        product: PRODUCT.parse().unwrap(),
        name: "cert-1".parse().unwrap(),
        secret: DeviceSecretText(scene.device_secret("lamp-1")),
        certificate: Some(Certificate { pem, fingerprint }),
        enabled: true,
        creator: lianwu_model::Uin(1),
        creator_name: String::new(),
        tags: Vec::new(),
        created: NOW,
    };
    let platform = &scene.world.platform;
    scene.runtime.block_on(platform.stores.devices.create_devices(vec![stored])).unwrap();
    let secret = platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap().secret.clone();
    let name = DeviceKey { product: PRODUCT.parse().unwrap(), device: "cert-1".parse().unwrap() };
    let device = DirectoryDevice::new(name, DeviceNumber(4_000), secret, true);
    platform.directory.put(device.with_fingerprint(Some(fingerprint)));
    assert_eq!(scene.upload_bytes(&bytes("C###", "cert-1", key, "INF|x\n\x0c")), json!({"Retcode": 0}));
    assert_eq!(scene.upload_bytes(&bytes("C###", "cert-1", "another first line of base64", ""))["Retcode"], 401);
}

/// Do size and number of lines have bounds, and the rate of a device, which a long upload uses up faster?
#[test]
fn uploads_are_bounded() {
    let mut scene = Scene::new(&AccessOptions { device_up_tps: 4, ..options() });
    scene.set_level(LogLevel::Debug);
    let many = json!(vec!["x"; LINES_MAX + 1]);
    assert_eq!(scene.upload("lamp-1", &many)["Error"]["Code"], "InvalidParameterValue");
    let long = "x".repeat(UPLOAD_BYTES_MAX + 1);
    assert_eq!(scene.upload("lamp-1", &json!([long]))["Error"]["Code"], "InvalidParameterValue");
    assert_eq!(scene.upload_bytes(long.as_bytes())["Retcode"], 400);
    assert_eq!(scene.kept(LogScope::UploadsOf(PRODUCT.parse().unwrap())), []);
    // Sixteen messages' worth: three seconds beyond the second that is free.
    assert_eq!(scene.upload("lamp-1", &json!(["x".repeat(UPLOAD_BYTES_MAX)])).get("Error"), None);
    assert_eq!(scene.upload("lamp-1", &json!(["x"]))["Error"]["Code"], "RequestLimitExceeded");
    assert_eq!(scene.upload("lamp-2", &json!(["x"])).get("Error"), None, "every device has a rate of its own");
    scene.world.stop();
    assert_eq!(scene.world.first(RecordKind::RateLimited).1, notes::POST_OVER_RATE);
}

/// Does a full disk refuse, and nothing pass for stored?
#[test]
fn a_full_disk_refuses_lines() {
    let scene = Scene::new(&options());
    scene.set_level(LogLevel::Debug);
    scene.world.log.fail(Some(lianwu_ports::log::CommitError::Full("storage is full".into())));
    assert_eq!(scene.upload("lamp-1", &json!(["x"]))["Error"]["Code"], "InternalError");
    let body = bytes("P###", "lamp-1", &scene.device_secret("lamp-1"), "ERR|x\n\x0c");
    assert_eq!(scene.upload_bytes(&body)["Retcode"], 500, "the device keeps the lines and sends them again");
    scene.world.log.fail(None);
    assert_eq!(scene.upload_bytes(&body)["Retcode"], 0);
}
