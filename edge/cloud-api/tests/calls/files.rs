//! Files of a product, orders to devices, and what is refused.

use lianwu_model::file::FileId;
use lianwu_services::file::address::Claim;
use lianwu_services::file::transfer::{Begun, begin};
use serde_json::{Value, json};

use crate::support::{Cloud, code};

const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

struct Scene {
    cloud: Cloud,
    lamp: String,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        cloud.platform.files.publish_at("http://iot.example.com");
        let lamp = cloud.lamp().await;
        Self { cloud, lamp }
    }

    /// The call's parameters, of this product.
    fn of(&self, mut parameters: Value) -> Value {
        parameters["ProductId"] = json!(self.lamp);
        parameters
    }

    fn of_device(&self, mut parameters: Value) -> Value {
        parameters["DeviceName"] = json!("lamp1");
        self.of(parameters)
    }

    async fn refused(&self, operation: &str, parameters: Value) -> (String, String) {
        let response = self.cloud.call(&self.cloud.owner, operation, parameters).await;
        (code(&response).to_owned(), response["Error"]["Message"].to_string())
    }

    /// `hello`, announced; id and address.
    async fn announced(&self, name: &str) -> (u64, String) {
        let made = self.of(json!({"FileName": name, "FileSize": 5, "Md5": MD5}));
        let made = self.cloud.ok("CreateFile", made).await;
        (made["FileId"].as_u64().unwrap(), made["UploadUrl"].as_str().unwrap().to_owned())
    }

    /// As the listener of devices does it.
    async fn upload(&self, url: &str) {
        let path: Vec<&str> = url.split("/files/").nth(1).unwrap().split('/').collect();
        let claim =
            Claim { id: FileId(path[0].parse().unwrap()), expires: path[1].parse().unwrap(), signature: path[2] };
        let Begun::Receive(mut upload) = begin(&self.cloud.platform, &claim, 5, None).await.unwrap() else {
            panic!("nothing was there before");
        };
        upload.write(b"hello").unwrap();
        upload.finish(&self.cloud.platform).await.unwrap();
    }
}

/// Is a file announced, brought, shown, sent to a device, followed, and deleted?
#[tokio::test]
async fn a_file_goes_its_way() {
    let scene = Scene::new().await;
    let (id, url) = scene.announced("a.txt").await;
    assert!(url.starts_with(&format!("http://iot.example.com/files/{id}/")), "{url}");
    let shown = scene.cloud.ok("DescribeFile", scene.of(json!({"FileId": id}))).await;
    assert_eq!((&shown["File"]["Uploaded"], &shown["DownloadUrl"]), (&json!(false), &json!("")));
    let order = scene.of_device(json!({"FileId": id, "Way": "resource"}));
    assert_eq!(scene.refused("PushFile", order.clone()).await.0, "UnsupportedOperation");
    scene.upload(&url).await;
    let shown = scene.cloud.ok("DescribeFile", scene.of(json!({"FileId": id}))).await;
    assert_eq!((&shown["File"]["Uploaded"], &shown["File"]["FileSize"]), (&json!(true), &json!(5)));
    assert_eq!(shown["File"]["Md5"], MD5);
    assert!(shown["DownloadUrl"].as_str().unwrap().starts_with("http://iot.example.com/files/"), "{shown}");
    let listed = scene.cloud.ok("ListFiles", scene.of(json!({}))).await;
    assert_eq!((&listed["Total"], &listed["Files"][0]["FileName"]), (&json!(1), &json!("a.txt")));
    let of_device = scene.cloud.ok("ListFiles", scene.of_device(json!({}))).await;
    assert_eq!(of_device["Total"], 0);

    let first = scene.cloud.ok("PushFile", order.clone()).await;
    assert_eq!(first["Told"], "delivered");
    assert_eq!(scene.cloud.ok("PushFile", order).await["Told"], "behind");
    let update =
        json!({"FileId": id, "Way": "file", "Version": "2.0", "ResourceName": "b.txt", "ResourceType": "AUDIO"});
    assert_eq!(scene.cloud.ok("PushFile", scene.of_device(update)).await["Told"], "delivered");
    let remove = scene.of_device(json!({"ResourceName": "c.txt", "Version": "1.0", "ResourceType": "FILE"}));
    assert_eq!(scene.cloud.ok("DeleteDeviceFile", remove).await["Told"], "behind");
    let told: Vec<Value> = {
        let sent = scene.cloud.devices.sent.lock().unwrap();
        sent.iter().map(|down| serde_json::from_slice(&down.payload).unwrap()).collect()
    };
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["type"], &told[0]["md5sum"]), (&json!("download"), &json!(MD5)));
    assert_eq!((&told[1]["method"], &told[1]["resource_name"]), (&json!("update_resource"), &json!("b.txt")));

    assert_eq!(scene.refused("DeleteFile", scene.of(json!({"FileId": id}))).await.0, "UnsupportedOperation");
    let tasks = scene.cloud.ok("ListFileTasks", scene.of_device(json!({}))).await["Tasks"].clone();
    let kinds: Vec<&str> = tasks.as_array().unwrap().iter().map(|task| task["Kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["file_delete", "file_update", "resource_download", "resource_download"]);
    for task in tasks.as_array().unwrap() {
        assert_eq!(task["State"], "waiting");
        let ended = scene.of_device(json!({"TaskId": task["TaskId"]}));
        assert_eq!(scene.cloud.ok("CancelFileTask", ended.clone()).await["Task"]["State"], "failed");
        assert_eq!(scene.refused("CancelFileTask", ended).await.0, "ResourceNotFound");
    }
    scene.cloud.ok("DeleteFile", scene.of(json!({"FileId": id}))).await;
    assert_eq!(scene.refused("DescribeFile", scene.of(json!({"FileId": id}))).await.0, "ResourceNotFound");
    let nothing = scene.cloud.ok("DescribeDeviceFiles", scene.of_device(json!({}))).await;
    assert_eq!((&nothing["Resources"], &nothing["InnerScenes"]), (&json!([]), &json!("")));
}

/// Does a wrong call name what is wrong, and a limit its setting?
#[tokio::test]
async fn wrong_calls_are_refused() {
    let scene = Scene::new().await;
    for (parameters, expected) in [
        (json!({"FileName": "", "FileSize": 5, "Md5": MD5}), "FileName"),
        (json!({"FileName": "a\"b", "FileSize": 5, "Md5": MD5}), "FileName"),
        (json!({"FileName": "a", "FileSize": 5, "Md5": "x"}), "Md5"),
        (json!({"FileName": "a", "FileSize": 1_u64 << 40, "Md5": MD5}), "limits.file_bytes"),
    ] {
        let (_, message) = scene.refused("CreateFile", scene.of(parameters)).await;
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
    let (id, url) = scene.announced("a.txt").await;
    scene.upload(&url).await;
    for (parameters, expected) in [
        (json!({"FileId": id, "Way": "post"}), "Way"),
        (json!({"FileId": id, "Way": "file"}), "Version"),
        (json!({"FileId": id, "Way": "resource", "ResourceName": "a\\b"}), "ResourceName"),
        (json!({"FileId": id + 1, "Way": "resource"}), "FileId"),
    ] {
        let (_, message) = scene.refused("PushFile", scene.of_device(parameters)).await;
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
    let stranger = scene.cloud.call(&scene.cloud.stranger, "DescribeFile", scene.of(json!({"FileId": id}))).await;
    assert!(stranger.get("Error").is_some(), "{stranger}");
}
