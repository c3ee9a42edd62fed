//! Files of devices: orders of the vendor's Python cloud SDK, messages of a device on paho-mqtt, contents by curl.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{Device, Fixture, LAMP_MODEL, PahoDevice, SdkClient, Server, ServerOptions, python, run_text};
use openssl::hash::{MessageDigest, hash};
use serde_json::{Value, json};

const BYTES: usize = 300_000;

/// A platform with a device, its owner's cloud SDK, and a folder for contents.
struct Scene {
    server: Server,
    lamp: Fixture,
    device: Device,
    cloud: SdkClient,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let lamp = Fixture::new(&server, LAMP_MODEL);
        let device = lamp.device("light-1");
        let cloud = owner(&server);
        Self { server, lamp, device, cloud, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Writes a file of this machine.
    fn local(&self, name: &str, content: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("write a file");
        path.to_str().expect("a path in ASCII").to_owned()
    }

    /// A file of the owner with this content; its id.
    fn upload(&mut self, name: &str, content: &[u8]) -> Value {
        let announced = json!({"ProductId": self.lamp.product, "FileName": name, "FileSize": content.len(), "Md5": md5_hex(content)});
        let made = self.cloud.call("CreateFile", &announced);
        let path = self.local(name, content);
        assert_eq!(put(text(&made["UploadUrl"]), &path, &STANDARD.encode(md5(content))), "200");
        made["FileId"].clone()
    }

    fn calls(&mut self, action: &str, more: &Value) -> Value {
        let mut request = self.device.reference();
        for (name, value) in more.as_object().expect("an object") {
            request[name] = value.clone();
        }
        self.cloud.call(action, &request)
    }

    /// State and result of the newest task.
    fn newest_task(&mut self) -> (String, i64) {
        let task = self.calls("ListFileTasks", &json!({}))["Tasks"][0].clone();
        (text(&task["State"]).to_owned(), task["ResultCode"].as_i64().expect("a number"))
    }
}

fn owner(server: &Server) -> SdkClient {
    SdkClient::start("the Python cloud SDK", python("cloud.py"), server, &json!({"service": "lianwu"}))
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn md5(content: &[u8]) -> Vec<u8> {
    hash(MessageDigest::md5(), content).expect("MD5").to_vec()
}

fn md5_hex(content: &[u8]) -> String {
    md5(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Different in every part.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 251 * 31 + at * 7).to_le_bytes()[0]).collect()
}

fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20"]).args(arguments);
    let finished = run_text("curl", &mut command, "");
    finished.succeeded();
    finished.stdout.trim_end().to_owned()
}

/// Brings a content; the status.
fn put(url: &str, path: &str, md5: &str) -> String {
    let digest = format!("Content-MD5: {md5}");
    curl(&["--upload-file", path, "--header", &digest, "--output", "/dev/null", "--write-out", "%{http_code}", url])
}

fn resource(device: &Device, way: &str) -> String {
    format!("$resource/{way}/service/{}/{}", device.product, device.name)
}

/// What a device says of its movement on `$resource`.
fn progress(kind: &str, name: &str, state: &str, percent: u8) -> Value {
    let progress = json!({"state": state, "percent": percent, "result_code": 0, "result_msg": ""});
    json!({"type": kind, "name": name, "progress": progress})
}

/// Reads the file in two parts and once whole over one connection, and puts the parts together.
fn in_parts(url: &str, folder: &Path) -> Vec<u8> {
    let names =
        ["first", "second", "whole"].map(|name| folder.join(name).to_str().expect("a path in ASCII").to_owned());
    let told = "%{http_code} %{num_connects} %{size_download}\n";
    let said = curl(&[
        "--range",
        "0-99999",
        "--output",
        &names[0],
        "--write-out",
        told,
        url,
        "--next",
        "--silent",
        "--range",
        "100000-",
        "--output",
        &names[1],
        "--write-out",
        told,
        url,
        "--next",
        "--silent",
        "--output",
        &names[2],
        "--write-out",
        told,
        url,
    ]);
    let expected = format!("206 1 100000\n206 0 {}\n200 0 {BYTES}", BYTES - 100_000);
    assert_eq!(said, expected, "status, new connections, bytes");
    let [first, second, whole] = names.map(|name| std::fs::read(name).expect("what curl wrote"));
    let joined = [first, second].concat();
    assert!(joined == whole, "the parts are the file");
    joined
}

/// Does a file of the owner reach the device in parts over one connection, is a wrong content refused, and does a file of the
/// device reach the owner?
#[test]
fn resources_go_both_ways() {
    let mut scene = Scene::new();
    let device = scene.device.clone();
    let mut paho = PahoDevice::start(&scene.server, &device);
    paho.subscribes(&resource(&device, "down"), 1);
    let content = noise(BYTES);
    let id = scene.upload("voice.wav", &content);
    assert_eq!(scene.calls("PushFile", &json!({"FileId": id, "Way": "resource"}))["Told"], "delivered");
    let (on, offer) = paho.message();
    assert_eq!((on, &offer["type"], &offer["size"]), (resource(&device, "down"), &json!("download"), &json!(BYTES)));
    let url = text(&offer["url"]).to_owned();
    let got = in_parts(&url, scene.folder.path());
    assert_eq!(offer["md5sum"], md5_hex(&got));
    let beyond = ["--range", "300000-", "--output", "/dev/null", "--write-out", "%{http_code}", &url];
    assert_eq!(curl(&beyond), "416");
    paho.publishes(&resource(&device, "up"), &progress("report_download_progress", "voice.wav", "done", 100), 1);
    assert_eq!(paho.message().1["result_code"], 0);
    assert_eq!(scene.newest_task(), ("done".to_owned(), 0));

    let recorded = noise(20_000);
    let task = json!({"type": "create_upload_task", "size": 20_000, "name": "recording", "md5sum": md5_hex(&recorded)});
    paho.publishes(&resource(&device, "up"), &task, 1);
    let answer = paho.message().1;
    assert_eq!((&answer["type"], &answer["size"]), (&json!("create_upload_task_rsp"), &json!(20_000)), "{answer}");
    let url = text(&answer["url"]).to_owned();
    let (good, wrong) = (scene.local("recording", &recorded), scene.local("wrong", &vec![1; 20_000]));
    assert_eq!(put(&url, &wrong, &STANDARD.encode(md5(&recorded))), "400", "another content than its digest says");
    assert_eq!(put(&url, &good, &STANDARD.encode(md5(&recorded))), "200");
    paho.publishes(&resource(&device, "up"), &progress("report_upload_progress", "recording", "done", 100), 1);
    assert_eq!(paho.message().1["result_code"], 0);
    let listed = scene.calls("ListFiles", &json!({}))["Files"][0].clone();
    assert_eq!((&listed["FileName"], &listed["Uploaded"]), (&json!("recording"), &json!(true)));
    let request = json!({"ProductId": scene.lamp.product, "FileId": listed["FileId"]});
    let download = scene.cloud.call("DescribeFile", &request)["DownloadUrl"].clone();
    let back = scene.local("back", b"");
    curl(&["--output", &back, text(&download)]);
    assert!(std::fs::read(back).expect("what curl wrote") == recorded, "the file comes back as it was");
}

/// Is file management (list, update, result, deletion) carried on after a crash of the platform, with the content still there?
#[test]
fn files_are_managed_over_a_crash() {
    let mut scene = Scene::new();
    let device = scene.device.clone();
    let (up, down) = (device.thing("up/service"), device.thing("down/service"));
    let signs_in = |server: &Server| {
        let mut paho = PahoDevice::start(server, &device);
        paho.subscribes(&down, 1);
        paho
    };
    let mut paho = signs_in(&scene.server);
    let listed = json!([{"resource_name": "old.json", "version": "1.0", "resource_type": "FILE"}]);
    paho.publishes(&up, &json!({"method": "report_version", "report": {"resource_list": listed}}), 1);
    let answer = paho.message().1;
    assert_eq!((&answer["method"], &answer["result_code"]), (&json!("report_version_rsp"), &json!(0)), "{answer}");
    assert_eq!(scene.calls("DescribeDeviceFiles", &json!({}))["Resources"][0]["ResourceName"], "old.json");
    let content = noise(BYTES);
    let id = scene.upload("new.json", &content);
    scene.calls("PushFile", &json!({"FileId": id, "Way": "file", "Version": "2.0", "ResourceType": "FILE"}));
    let offer = paho.message().1;
    assert_eq!((&offer["method"], &offer["file_size"]), (&json!("update_resource"), &json!(BYTES)), "{offer}");
    let report = |method: &str, name: &str, state: &str, version: &str| {
        let progress =
            json!({"resource_name": name, "state": state, "percent": "40", "result_code": "0", "result_msg": ""});
        json!({"method": method, "report": {"progress": progress, "version": version}})
    };
    paho.publishes(&up, &report("report_progress", "new.json", "downloading", "2.0"), 1);

    scene.server.kill();
    scene.server.restart();
    scene.cloud = owner(&scene.server);
    let mut paho = signs_in(&scene.server);
    let task = scene.calls("ListFileTasks", &json!({}))["Tasks"][0].clone();
    assert_eq!((&task["State"], &task["Percent"]), (&json!("running"), &json!(40)), "{task}");
    // The listener has another port now; an address is as good as before.
    let path = text(&offer["url"]);
    let path = &path[path.find("/files/").expect("an address of a file")..];
    let url = format!("http://{}{path}", scene.server.device_http_address());
    assert_eq!(md5_hex(&in_parts(&url, scene.folder.path())), md5_hex(&content));
    paho.publishes(&up, &report("report_result", "new.json", "done", "2.0"), 1);
    assert_eq!(scene.newest_task(), ("done".to_owned(), 0));
    let names = |scene: &mut Scene| {
        let known = scene.calls("DescribeDeviceFiles", &json!({}))["Resources"].clone();
        known.as_array().expect("a list").iter().map(|one| text(&one["ResourceName"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut scene), ["old.json", "new.json"]);
    scene.calls("DeleteDeviceFile", &json!({"ResourceName": "old.json", "Version": "1.0", "ResourceType": "FILE"}));
    assert_eq!(paho.message().1["method"], "del_resource");
    paho.publishes(&up, &report("del_result", "old.json", "done", "1.0"), 1);
    assert_eq!(names(&mut scene), ["new.json"]);
}
