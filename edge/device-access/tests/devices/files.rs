//! Files: what devices say of them on MQTT, and their contents over HTTP, to the end.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_access::AccessOptions;
use lianwu_http::{Server, ServerOptions};
use lianwu_model::file::{Content, FileTask, Resource, StoredFile, TaskState};
use lianwu_model::product::{Product, Project};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::blobs::ContentHash;
use lianwu_ports::bus::Delivery;
use lianwu_ports::record::RecordKind;
use lianwu_ports::registry::suite;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::file::{self, FileError, Form, address};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::{NOW, PRODUCT, Wire, World, down, up};
use crate::http::read_answer;

const OWNER: Uin = Uin(100_000_000_001);

/// A platform with a listener for contents.
struct Scene {
    world: World,
    runtime: Runtime,
    server: Option<Server>,
    address: SocketAddr,
}

impl Scene {
    fn new() -> Self {
        let world = World::with(&AccessOptions { device_up_tps: 0, device_down_tps: 0, ..AccessOptions::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let options = ServerOptions { title_case_headers: true, ..ServerOptions::default() };
            Server::start(listener, world.http(), options).unwrap()
        });
        let address = server.address();
        world.platform.files.publish_at(&format!("http://{address}"));
        runtime.block_on(fill(&world));
        Self { world, runtime, server: Some(server), address }
    }

    fn device(&self) -> Arc<DirectoryDevice> {
        self.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap()
    }

    /// A lamp that listens to both topics.
    fn lamp(&self) -> Wire {
        let mut lamp = self.world.lamp("lamp-1");
        lamp.subscribe(&down("service", "lamp-1"));
        lamp.subscribe(&resource("down"));
        lamp
    }

    fn request(&self, method: &str, url: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = self.connect();
        send(&mut stream, method, url, headers, body);
        read_answer(&mut stream)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// Uploads as the C SDK does; the status line of the answer.
    fn put(&self, url: &str, body: &[u8], md5: Option<&Content>) -> String {
        let md5 = md5.map(|content| format!("Content-MD5:{}\r\n", STANDARD.encode(content.md5.0))).unwrap_or_default();
        let headers =
            format!("{md5}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        let (head, _) = self.request("PUT", url, &headers, body);
        head.lines().next().unwrap().to_owned()
    }

    /// A file of the owner with this content.
    fn file(&self, name: &str, body: &[u8]) -> StoredFile {
        let content = content(body);
        let platform = &self.world.platform;
        let announced = file::announce(platform, OWNER, PRODUCT, name, body.len() as u64, content.md5);
        let announced = self.runtime.block_on(announced).unwrap();
        assert_eq!(self.put(&announced.upload.url, body, Some(&content)), "HTTP/1.1 200 OK");
        self.runtime.block_on(file::find(platform, OWNER, PRODUCT, announced.file.id)).unwrap()
    }

    fn push(&self, file: &StoredFile, form: Form) -> file::Pushed {
        let device = self.device();
        let pushed = file::push(&self.world.platform, &device, file, None, form, "r-1");
        self.runtime.block_on(pushed).unwrap()
    }

    fn later(&self, by: Duration) {
        self.world.clock.set(UnixMillis(NOW.0 + u64::try_from(by.as_millis()).unwrap()));
    }

    fn tasks(&self) -> Vec<FileTask> {
        self.runtime.block_on(file::tasks(&self.world.platform, &self.device())).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop(Duration::ZERO));
        }
    }
}

/// What the directory has, in the registry, too.
async fn fill(world: &World) {
    let stores = &world.platform.stores;
    let product = Product::clone(&world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product);
    let project = Project {
        id: product.project.clone(),
        owner: product.owner,
        instance: "ins-12345678".parse().unwrap(),
        name: "home".into(),
        description: String::new(),
        created: NOW,
        updated: NOW,
    };
    stores.projects.create_project(project).await.unwrap();
    stores.products.create_product(product).await.unwrap();
    let names = ["lamp-0", "lamp-1", "lamp-2", "lamp-3"];
    let devices = names.iter().map(|name| suite::device(PRODUCT, name, &[])).collect();
    let made = stores.devices.create_devices(devices).await.unwrap();
    assert!(made.iter().all(|device| world.number(device.name.as_str()) == device.number));
}

fn send(stream: &mut TcpStream, method: &str, url: &str, headers: &str, body: &[u8]) {
    let path = &url[url.find("/files/").unwrap()..];
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}

fn resource(way: &str) -> String {
    format!("$resource/{way}/service/{PRODUCT}/lamp-1")
}

fn content(body: &[u8]) -> Content {
    let mut hash = ContentHash::default();
    hash.update(body);
    hash.finish()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The next message as JSON, acknowledged if it wants that.
fn told(lamp: &mut Wire) -> Value {
    read(&lamp.acknowledge().1)
}

fn progress(kind: &str, name: &str, state: &str, percent: u8) -> String {
    let progress = json!({"state": state, "percent": percent, "result_code": 0, "result_msg": ""});
    json!({"type": kind, "name": name, "progress": progress}).to_string()
}

/// Does a file go from the owner to the device, by address and by report, and the next one after it?
#[test]
fn a_resource_is_downloaded_and_reported() {
    let scene = Scene::new();
    let mut lamp = scene.lamp();
    lamp.publish(&resource("up"), r#"{"type":"get_download_task"}"#, None);
    let (first, second) = (scene.file("a.txt", b"hello world"), scene.file("b.txt", b"second"));
    let pushed = scene.push(&first, Form::Resource);
    assert_eq!(pushed.told, Some(Ok(Delivery::Delivered)));
    let offer = told(&mut lamp);
    assert_eq!((&offer["type"], &offer["size"], &offer["name"]), (&json!("download"), &json!(11), &json!("a.txt")));
    assert_eq!(offer["md5sum"], "5eb63bbbe01eeed093cb22bb8f5acdc3");
    assert_eq!(scene.push(&second, Form::Resource).told, None, "one after the other");
    lamp.publish(&resource("up"), r#"{"type":"get_download_task"}"#, Some(1));
    assert_eq!(lamp.puback(), 1);
    let again = read(&lamp.message().1);
    assert_eq!((&again["type"], &again["name"]), (&json!("get_download_task_rsp"), &json!("a.txt")));
    let (head, body) = scene.request("GET", offer["url"].as_str().unwrap(), "Range: bytes=0-11\r\n", b"");
    assert!(head.starts_with("HTTP/1.1 206 Partial Content\r\n"), "{head}");
    assert_eq!(body, b"hello world");
    let running = progress("report_download_progress", "a.txt", "downloading", 40);
    lamp.publish(&resource("up"), &running, None);
    let answer = r#"{"type":"report_download_progress_rsp","result_code":0,"result_msg":"ok"}"#;
    assert_eq!(lamp.message(), (resource("down"), answer.to_owned()));
    assert_eq!((scene.tasks()[1].state, scene.tasks()[1].percent), (TaskState::Running, 40));
    lamp.publish(&resource("up"), &progress("report_download_progress", "a.txt", "done", 100), None);
    assert_eq!(lamp.message().1, answer);
    assert_eq!(scene.tasks()[1].state, TaskState::Done);
    assert_eq!(told(&mut lamp)["name"], "b.txt");
    // Said twice when an answer was lost: the task stays as it is.
    lamp.publish(&resource("up"), &progress("report_download_progress", "a.txt", "fail", 0), None);
    assert_eq!(lamp.message().1, answer);
    assert_eq!(scene.tasks()[1].state, TaskState::Done);
    lamp.publish(&resource("up"), &progress("report_download_progress", "c.txt", "done", 100), None);
    assert!(lamp.message().1.contains(r#""result_code":404"#));
    assert_eq!(scene.world.first(RecordKind::OtherUp), (0, String::new()), "a question is on record");
}

/// Does a device bring a file, in the steps of the C SDK's `resource_mqtt_sample`?
#[test]
fn a_resource_is_uploaded() {
    let scene = Scene::new();
    let mut lamp = scene.lamp();
    let body = vec![7; 20_000];
    let content = content(&body);
    let ask =
        format!(r#"{{"type": "create_upload_task","size": 20000,"name": "uploadtest","md5sum": "{}"}}"#, content.md5);
    lamp.publish(&resource("up"), &ask, None);
    let task = read(&lamp.message().1);
    assert_eq!((&task["type"], &task["size"]), (&json!("create_upload_task_rsp"), &json!(20_000)));
    let url = task["url"].as_str().unwrap();
    assert!(url.len() < 256 && !url.contains('\\'), "{url}");
    // Asked again before it was brought: the same task.
    lamp.publish(&resource("up"), &ask, None);
    assert_eq!(read(&lamp.message().1)["url"], url);
    assert_eq!(scene.tasks().len(), 1);
    let running = progress("report_upload_progress", "uploadtest", "uploading", 50);
    lamp.publish(&resource("up"), &running, None);
    let answer = r#"{"type":"report_upload_progress_rsp","result_code":0,"result_msg":"ok"}"#;
    assert_eq!(lamp.message().1, answer);
    let done = progress("report_upload_progress", "uploadtest", "done", 100);
    lamp.publish(&resource("up"), &done, None);
    assert!(lamp.message().1.contains(r#""result_code":409"#), "it has not been brought");
    assert_eq!(scene.put(url, &body, Some(&content)), "HTTP/1.1 200 OK");
    assert_eq!(scene.put(url, &body, Some(&content)), "HTTP/1.1 200 OK", "a repeated PUT changes nothing");
    assert_eq!(scene.put(url, b"other", None), "HTTP/1.1 409 Conflict");
    lamp.publish(&resource("up"), &done, None);
    assert_eq!(lamp.message().1, answer);
    let task = scene.tasks().remove(0);
    assert_eq!((task.state, task.percent), (TaskState::Done, 100));
    let stored = scene.runtime.block_on(scene.world.platform.stores.files.file(task.file.unwrap())).unwrap().unwrap();
    assert_eq!((stored.content, stored.device_name.as_str()), (Some(content), "lamp-1"));
    let download = address::download(&scene.world.platform, &stored).unwrap();
    assert_eq!(scene.request("GET", &download.url, "", b"").1, body);
}

/// File management: list, update, result, deletion, each in its turn.
#[test]
fn files_are_managed() {
    let scene = Scene::new();
    let stored = scene.file("a.json", b"{}");
    let form = Form::Management { version: "1.0.1".to_owned(), kind: "FILE".to_owned() };
    assert_eq!(scene.push(&stored, form).told, Some(Ok(Delivery::Offline)));
    let mut lamp = scene.lamp();
    let said = r#"{"method":"report_version","report":{"resource_list":[]}}"#;
    lamp.publish(&up("service", "lamp-1"), said, None);
    assert_eq!(
        lamp.message().1,
        r#"{"method":"report_version_rsp","result_code":0,"result_msg":"success","resource_list":[]}"#
    );
    let offer = told(&mut lamp);
    assert_eq!((&offer["method"], &offer["file_size"]), (&json!("update_resource"), &json!(2)));
    assert_eq!((&offer["resource_type"], &offer["version"]), (&json!("FILE"), &json!("1.0.1")));
    for (state, percent) in [("downloading", "10"), ("burning", "")] {
        let text = format!(
            r#"{{"method": "report_progress", "report": {{"progress": {{"resource_name":"a.json","state":"{state}", "percent":"{percent}", "result_code":"0", "result_msg":""}}, "version": "1.0.1"}}}}"#
        );
        lamp.publish(&up("service", "lamp-1"), &text, Some(3));
        assert_eq!(lamp.puback(), 3);
    }
    assert_eq!((scene.tasks()[0].state, scene.tasks()[0].percent), (TaskState::Burning, 10));
    let result = |method: &str, code: &str, text: &str| {
        format!(
            r#"{{"method":"{method}", "report":{{"progress":{{"resource_name":"a.json","state":"done", "result_code":"{code}","result_msg":"{text}"}}, "version":"1.0.1"}}}}"#
        )
    };
    lamp.publish(&up("service", "lamp-1"), &result("report_result", "0", "success"), Some(4));
    assert_eq!(lamp.puback(), 4);
    assert_eq!(scene.tasks()[0].state, TaskState::Done);
    let listed = || scene.runtime.block_on(file::resources(&scene.world.platform, scene.device().number)).unwrap();
    let known = Resource { name: "a.json".to_owned(), version: "1.0.1".to_owned(), kind: "FILE".to_owned() };
    assert_eq!(listed(), std::slice::from_ref(&known));
    let device = scene.device();
    let removed = file::remove_from_device(&scene.world.platform, &device, &known, "r-2");
    assert_eq!(scene.runtime.block_on(removed).unwrap().told, Some(Ok(Delivery::Delivered)));
    assert_eq!(told(&mut lamp)["method"], "del_resource");
    lamp.publish(&up("service", "lamp-1"), &result("del_result", "0", "success"), Some(5));
    assert_eq!(lamp.puback(), 5);
    assert_eq!(listed(), []);
    // A failure keeps its code and its words.
    scene.push(&stored, Form::Management { version: "1.0.1".to_owned(), kind: "FILE".to_owned() });
    told(&mut lamp);
    lamp.publish(&up("service", "lamp-1"), &result("report_result", "-6", "space not enough"), Some(6));
    assert_eq!(lamp.puback(), 6);
    let failed = scene.tasks().remove(0);
    assert_eq!((failed.state, failed.result_code), (TaskState::Failed, -6));
    assert_eq!(failed.result_text, "space not enough");
}

/// Does a device get an address for a file of unknown size, and use it without a digest, as the C SDK does?
#[test]
fn a_file_is_brought_by_file_management() {
    let scene = Scene::new();
    let mut lamp = scene.lamp();
    let ask = r#"{"method":"request_url","request_id":"7","report":{"resource_name":"voice.wav","version":"1","resource_type":"VOICE"}}"#;
    lamp.publish(&up("service", "lamp-1"), ask, None);
    let answer = read(&lamp.message().1);
    assert_eq!((&answer["request_id"], &answer["result_code"]), (&json!("7"), &json!(0)));
    assert_eq!(scene.put(answer["resource_url"].as_str().unwrap(), b"RIFF", None), "HTTP/1.1 200 OK");
    let token = answer["resource_token"].as_str().unwrap();
    let posted = json!({"method": "report_post_result", "report": {"progress": {
        "resource_token": token, "state": "done", "result_code": "0", "result_msg": "success"}}});
    lamp.publish(&up("service", "lamp-1"), &posted.to_string(), Some(1));
    assert_eq!(lamp.puback(), 1);
    assert_eq!(scene.tasks()[0].state, TaskState::Done);
    lamp.publish(&up("service", "lamp-1"), r#"{"method":"request_url","request_id":8}"#, None);
    assert!(lamp.message().1.contains(r#""result_code":400"#));
}

/// Each form of a range, HEAD, what is beside the content, and two requests on one connection.
#[test]
fn contents_are_loaded_in_parts() {
    let scene = Scene::new();
    let stored = scene.file("digits", b"0123456789");
    let url = address::download(&scene.world.platform, &stored).unwrap().url;
    let mut stream = scene.connect();
    for (range, status, of, expected) in [
        ("", "200 OK", None, "0123456789"),
        ("Range: bytes=2-4\r\n", "206 Partial Content", Some("bytes 2-4/10"), "234"),
        ("Range: bytes=7-\r\n", "206 Partial Content", Some("bytes 7-9/10"), "789"),
        ("Range: bytes=5-10\r\n", "206 Partial Content", Some("bytes 5-9/10"), "56789"),
        ("Range: bytes=10-\r\n", "416 Range Not Satisfiable", Some("bytes */10"), ""),
    ] {
        send(&mut stream, "GET", &url, range, b"");
        let (head, body) = read_answer(&mut stream);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", expected.len())), "{head}");
        assert_eq!(body, expected.as_bytes(), "{range}");
        let of = of.map(|of| format!("\r\nContent-Range: {of}\r\n"));
        assert!(of.is_none_or(|of| head.contains(&of)), "{head}");
        assert!(!head.to_lowercase().contains("content-encoding"), "{head}");
    }
    let (head, _) = scene.request("GET", &url, "", b"");
    let digest = content(b"0123456789").md5;
    assert!(head.contains(&format!("\r\nContent-Md5: {}\r\n", STANDARD.encode(digest.0))), "{head}");
    assert!(head.contains(&format!("\r\nEtag: \"{digest}\"\r\n")), "{head}");
    let mut stream = scene.connect();
    send(&mut stream, "HEAD", &url, "Connection: close\r\n", b"");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.contains("\r\nContent-Length: 10\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

/// Is everything that is not exactly right refused, each with its status and a text?
#[test]
fn wrong_addresses_and_contents_are_refused() {
    let scene = Scene::new();
    let body = b"hello world";
    let good = content(body);
    let platform = &scene.world.platform;
    let announced = file::announce(platform, OWNER, PRODUCT, "a.txt", 11, good.md5);
    let announced = scene.runtime.block_on(announced).unwrap();
    let upload = announced.upload.url;
    let status = |method: &str, url: &str, headers: &str, body: &[u8]| {
        let (head, text) = scene.request(method, url, headers, body);
        (head[9..12].to_owned(), String::from_utf8(text).unwrap())
    };
    let length = "Content-Length: 11\r\n";
    for (method, url, headers, body, code, why) in [
        ("GET", upload.clone(), "", &b""[..], "403", "wrong or has expired"),
        ("PUT", upload.clone(), "", b"", "411", "Content-Length"),
        ("PUT", upload.clone(), "Content-Length: 5\r\n", b"hello", "400", "announced were 11"),
        ("PUT", upload.clone(), "Content-Length: 11\r\nContent-MD5: nonsense\r\n", b"hello world", "400", "base64"),
        (
            "PUT",
            upload.clone(),
            "Content-Length: 11\r\nContent-MD5: XrY7u+Ae7tCTyyK7j1rNww=A\r\n",
            b"",
            "400",
            "base64",
        ),
        ("PUT", upload.clone(), length, b"HELLO WORLD", "400", "the MD5 of the content"),
        ("PUT", upload.replace("/files/", "/files/9"), length, b"hello world", "404", "does not exist"),
        ("PUT", format!("{upload}0"), length, b"hello world", "403", "wrong or has expired"),
        ("POST", upload.clone(), length, b"hello world", "405", "use GET, HEAD or PUT"),
    ] {
        let (got, text) = status(method, &url, headers, body);
        assert_eq!(got, code, "{method} {url}: {text}");
        assert!(text.contains(why), "{text} does not say {why}");
    }
    assert_eq!(platform.files.blobs.digests(), Ok(Vec::new()), "nothing of it was kept");
    assert_eq!(scene.put(&upload, body, Some(&good)), "HTTP/1.1 200 OK");
    let stored = scene.runtime.block_on(file::find(platform, OWNER, PRODUCT, announced.file.id)).unwrap();
    let download = address::download(platform, &stored).unwrap();
    assert_eq!(status("PUT", &download.url, length, body).0, "403", "an address has one direction");
    scene.later(Duration::from_secs(address::LIFE_SECONDS + 1));
    assert_eq!(status("GET", &download.url, "", b"").0, "403");
    scene.runtime.block_on(file::delete(platform, &stored)).unwrap();
    assert_eq!(status("GET", &download.url, "", b"").0, "404");
    assert_eq!(platform.files.blobs.digests(), Ok(Vec::new()), "its content went with it");
}

/// Are bytes counted before they come, for the owner and for devices?
#[test]
fn room_is_bounded() {
    let scene = Scene::new();
    let platform = &scene.world.platform;
    let max = platform.limits.file_bytes;
    let too_large = file::announce(platform, OWNER, PRODUCT, "a", max + 1, content(b"").md5);
    assert!(matches!(scene.runtime.block_on(too_large), Err(FileError::TooLarge(_))));
    for number in 0..platform.limits.product_file_bytes / max {
        let name = number.to_string();
        let announced = file::announce(platform, OWNER, PRODUCT, &name, max, content(b"").md5);
        scene.runtime.block_on(announced).unwrap();
    }
    let full = file::announce(platform, OWNER, PRODUCT, "a", 1, content(b"").md5);
    assert!(matches!(scene.runtime.block_on(full), Err(FileError::ProductFull(_))));
    let mut lamp = scene.lamp();
    let md5 = content(b"x").md5;
    lamp.publish(
        &resource("up"),
        &format!(r#"{{"type":"create_upload_task","size":1,"name":"a","md5sum":"{md5}"}}"#),
        None,
    );
    let refused = lamp.message().1;
    assert!(refused.contains(r#""result_code":413"#) && refused.contains("limits.product_file_bytes"), "{refused}");
    // What never came gives its room back.
    scene.later(file::ANNOUNCED_MAX + Duration::from_secs(1));
    scene.runtime.block_on(file::sweep(platform)).unwrap();
    scene.file("a", b"x");
    for number in 0..=file::DEVICE_UPLOADS_MAX {
        let ask =
            json!({"type": "create_upload_task", "size": 1, "name": number.to_string(), "md5sum": md5.to_string()});
        lamp.publish(&resource("up"), &ask.to_string(), None);
        let answer = read(&lamp.message().1);
        assert_eq!(answer.get("url").is_some(), number < file::DEVICE_UPLOADS_MAX, "{answer}");
    }
}

/// Does a gateway's list of its own scenes come back as it was?
#[test]
fn a_gateways_scenes_are_kept() {
    let scene = Scene::new();
    let mut lamp = scene.lamp();
    let said = r#"{"method":"gateway_report_inner_scene_list","clientToken":"g-3","timestamp":1,"params":{"InnerSceneList":[{"InnerSceneId":"1","InnerSceneName":"night"}]}}"#;
    lamp.publish(&up("service", "lamp-1"), said, Some(9));
    assert_eq!(lamp.puback(), 9);
    let expected = r#"{"method":"gateway_report_inner_scene_list_reply","clientToken":"g-3","code":0,"status":""}"#;
    assert_eq!(lamp.message().1, expected);
    let kept = scene.runtime.block_on(file::inner_scenes(&scene.world.platform, scene.device().number)).unwrap();
    assert_eq!(kept.as_deref(), Some(r#"[{"InnerSceneId":"1","InnerSceneName":"night"}]"#));
}

/// Does a task that is given up make room for the next, and free its file?
#[test]
fn a_task_is_canceled() {
    let scene = Scene::new();
    let mut lamp = scene.lamp();
    let (first, second) = (scene.file("a", b"1"), scene.file("b", b"2"));
    let pushed = scene.push(&first, Form::Resource);
    told(&mut lamp);
    scene.push(&second, Form::Resource);
    let platform = &scene.world.platform;
    assert_eq!(scene.runtime.block_on(file::delete(platform, &first)), Err(FileError::InUse));
    let ended = scene.runtime.block_on(file::cancel(platform, &scene.device(), pushed.task.id)).unwrap();
    assert_eq!((ended.state, ended.result_text.as_str()), (TaskState::Failed, "canceled by the owner"));
    assert_eq!(told(&mut lamp)["name"], "b");
    scene.runtime.block_on(file::delete(platform, &first)).unwrap();
    let again = scene.runtime.block_on(file::cancel(platform, &scene.device(), pushed.task.id));
    assert_eq!(again, Err(FileError::NoTask(pushed.task.id)));
}
