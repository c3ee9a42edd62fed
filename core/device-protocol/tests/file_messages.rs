//! What devices say of files, with the bytes of the vendor's C SDK, and what they are told, letter by letter.

use lianwu_device_protocol::files::{self, Report, ResourceMessage, ServiceMessage, parse_resource, parse_service};
use lianwu_model::file::{Md5, Resource, TaskState};
use proptest::prelude::*;

const MD5: &str = "55a6abcdef000102030405060708ff00";

fn report(state: TaskState, percent: Option<u8>, code: i32, text: &str) -> Report {
    Report { state, percent, code, text: text.to_owned() }
}

fn resource(name: &str, version: &str) -> Resource {
    Resource { name: name.to_owned(), version: version.to_owned(), kind: "FILE".to_owned() }
}

#[test]
fn messages_on_the_resource_topic() {
    assert_eq!(parse_resource(br#"{"type":"get_download_task"}"#), Ok(ResourceMessage::GetDownload));
    let upload = format!(r#"{{"type": "create_upload_task","size": 20000,"name": "uploadtest","md5sum": "{MD5}"}}"#);
    let expected =
        ResourceMessage::CreateUpload { name: "uploadtest".to_owned(), size: 20_000, md5: MD5.parse().unwrap() };
    assert_eq!(parse_resource(upload.as_bytes()), Ok(expected));
    for (kind, state, code, expected) in [
        ("report_download_progress", "downloading", 0, TaskState::Running),
        ("report_download_progress", "done", 0, TaskState::Done),
        ("report_upload_progress", "uploading", 0, TaskState::Running),
        ("report_upload_progress", "fail", -4, TaskState::Failed),
    ] {
        let said = format!(
            r#"{{"type":"{kind}","name":"a.txt","progress":{{"state":"{state}","percent":10,"result_code":{code},"result_msg":""}}}}"#
        );
        let (name, report) = ("a.txt".to_owned(), report(expected, Some(10), code, ""));
        let expected = match kind {
            "report_download_progress" => ResourceMessage::DownloadProgress { name, report },
            _ => ResourceMessage::UploadProgress { name, report },
        };
        assert_eq!(parse_resource(said.as_bytes()), Ok(expected));
    }
    let ended = br#"{"type":"upload_result","report":{"progress":{"state":"done","result_code":0}}}"#;
    let expected = ResourceMessage::UploadResult { report: report(TaskState::Done, None, 0, "") };
    assert_eq!(parse_resource(ended), Ok(expected));
}

#[test]
fn messages_of_file_management() {
    assert_eq!(
        parse_service(br#"{"method":"report_version","report":{"resource_list":[]}}"#),
        Ok(ServiceMessage::Versions(Vec::new()))
    );
    let two = br#"{"method":"report_version","report":{"resource_list":[
        {"resource_name":"a.json","version":"1.0.0","resource_type":"FILE"},{"resource_name":"b.wav","version":"2","resource_type":"FILE"}]}}"#;
    let listed = vec![resource("a.json", "1.0.0"), resource("b.wav", "2")];
    assert_eq!(parse_service(two), Ok(ServiceMessage::Versions(listed)));
    let (name, version) = ("a.json".to_owned(), "1.0.0".to_owned());
    let progress = br#"{"method": "report_progress", "report": {"progress": {"resource_name":"a.json","state":"downloading", "percent":"10", "result_code":"0", "result_msg":""}, "version": "1.0.0"}}"#;
    let running = report(TaskState::Running, Some(10), 0, "");
    assert_eq!(
        parse_service(progress),
        Ok(ServiceMessage::Progress { name: name.clone(), version: version.clone(), report: running })
    );
    let failed = br#"{"method": "report_result", "report": {"progress": {"resource_name":"a.json","state":"done", "result_code":"-6", "result_msg":"space not enough"}, "version": "1.0.0"}}"#;
    let no_space = report(TaskState::Failed, None, -6, "space not enough");
    assert_eq!(
        parse_service(failed),
        Ok(ServiceMessage::Result { name: name.clone(), version: version.clone(), report: no_space })
    );
    let deleted = br#"{"method": "del_result", "report":{"progress":{"resource_name":"a.json","state":"done", "result_code":"0", "result_msg":"success"}, "version":"1.0.0"}}"#;
    let done = report(TaskState::Done, None, 0, "success");
    assert_eq!(
        parse_service(deleted),
        Ok(ServiceMessage::Deleted { name: name.clone(), version: version.clone(), report: done.clone() })
    );
    let ask = br#"{"method":"request_url","request_id":"7","report":{"resource_name":"a.json","version":"1.0.0","resource_type":"FILE"}}"#;
    let kind = "FILE".to_owned();
    assert_eq!(parse_service(ask), Ok(ServiceMessage::RequestUrl { request_id: br#""7""#, name, version, kind }));
    let posted = br#"{"method":"report_post_result","report":{"progress":{"resource_token":"t-1","state":"done","result_code":"0", "result_msg":"success"}}}"#;
    assert_eq!(parse_service(posted), Ok(ServiceMessage::Posted { token: "t-1".to_owned(), report: done }));
    let scenes = br#"{"method":"gateway_report_inner_scene_list","clientToken":"g-1","timestamp":1,"params":{"InnerSceneList":[{"InnerSceneId":"1"}]}}"#;
    let (list, token) = (&br#"[{"InnerSceneId":"1"}]"#[..], Some(&br#""g-1""#[..]));
    assert_eq!(parse_service(scenes), Ok(ServiceMessage::InnerScenes { list, token }));
}

/// Does a refusal name what is wrong, and the message it is about?
#[test]
fn mistakes_are_named() {
    let long = "x".repeat(65);
    for (message, kind, what) in [
        (r#"{"type":"create_upload_task","name":"a","size":-1,"md5sum":"0"}"#.to_owned(), "create_upload_task", "size"),
        (format!(r#"{{"type":"create_upload_task","name":"{long}","size":1}}"#), "create_upload_task", "name"),
        (r#"{"type":"create_upload_task","name":"a","size":1.5}"#.to_owned(), "create_upload_task", "size"),
        (
            r#"{"type":"create_upload_task","name":"a","size":1,"md5sum":"zz"}"#.to_owned(),
            "create_upload_task",
            "md5sum",
        ),
        (r#"{"type":"report_upload_progress","name":"a"}"#.to_owned(), "report_upload_progress", "progress"),
        (r#"{"type":"report_upload_progress","name":7}"#.to_owned(), "report_upload_progress", "invalid type"),
        (r#"{"type":"other","name":"a"}"#.to_owned(), "other", "not supported"),
    ] {
        let error = parse_resource(message.as_bytes()).unwrap_err();
        assert_eq!(error.kind, kind, "{message}");
        assert!(error.what.contains(what), "{error} of {message}");
    }
    let many = format!(r#"[{}]"#, vec![r#"{"resource_name":"a","version":"1","resource_type":"FILE"}"#; 101].join(","));
    for (message, what) in [
        (r#"{"method":"report_version"}"#.to_owned(), "report is missing"),
        (format!(r#"{{"method":"report_version","report":{{"resource_list":{many}}}}}"#), "101 files"),
        (r#"{"method":"request_url","report":{"resource_name":"a","version":"1"}}"#.to_owned(), "request_id"),
        (
            r#"{"method":"report_result","report":{"version":"1","progress":{"resource_name":"a","state":"odd"}}}"#
                .to_owned(),
            "state",
        ),
        (r#"{"method":"gateway_report_inner_scene_list","params":{"InnerSceneList":{}}}"#.to_owned(), "no array"),
    ] {
        let error = parse_service(message.as_bytes()).unwrap_err();
        assert!(error.what.contains(what), "{error} of {message}");
    }
    assert!(parse_service(b"{").is_err());
}

#[test]
fn what_devices_are_told() {
    let md5 = MD5.parse::<Md5>().unwrap();
    let url = "http://iot.example.com/files/1/2/3";
    let told = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    };
    let a = resource("a.txt", "1.0");
    for (said, expected) in [
        (
            told(&|out| files::download("download", "a.txt", 2048, md5, url, out)),
            format!(r#"{{"type":"download","size":2048,"name":"a.txt","md5sum":"{MD5}","url":"{url}"}}"#),
        ),
        (
            told(&|out| files::upload_task("a.txt", 9, md5, url, out)),
            format!(r#"{{"type":"create_upload_task_rsp","size":9,"name":"a.txt","md5sum":"{MD5}","url":"{url}"}}"#),
        ),
        (
            told(&|out| files::upload_refused(413, "too large", out)),
            r#"{"type":"create_upload_task_rsp","result_code":413,"result_msg":"too large"}"#.to_owned(),
        ),
        (
            told(&|out| files::resource_result("report_download_progress", 0, "ok", out)),
            r#"{"type":"report_download_progress_rsp","result_code":0,"result_msg":"ok"}"#.to_owned(),
        ),
        (
            told(&|out| files::versions(std::slice::from_ref(&a), out)),
            r#"{"method":"report_version_rsp","result_code":0,"result_msg":"success","resource_list":[{"resource_name":"a.txt","version":"1.0","resource_type":"FILE"}]}"#.to_owned(),
        ),
        (
            told(&|out| files::update(&a, 9, md5, url, out)),
            format!(r#"{{"method":"update_resource","resource_name":"a.txt","resource_type":"FILE","version":"1.0","url":"{url}","md5sum":"{MD5}","file_size":9}}"#),
        ),
        (
            told(&|out| files::delete(&a, out)),
            r#"{"method":"del_resource","resource_name":"a.txt","resource_type":"FILE","version":"1.0"}"#.to_owned(),
        ),
        (
            told(&|out| files::upload_address(br#""7""#, "t-1", url, out)),
            format!(r#"{{"method":"request_url_resp","result_code":0,"result_msg":"success","resource_url":"{url}","resource_token":"t-1","request_id":"7"}}"#),
        ),
        (
            told(&|out| files::refused("request_url_resp", Some(b"7"), 413, "quota", out)),
            r#"{"method":"request_url_resp","result_code":413,"result_msg":"quota","request_id":7}"#.to_owned(),
        ),
        (
            told(&|out| files::scenes_taken(Some(br#""g-1""#), 0, "", out)),
            r#"{"method":"gateway_report_inner_scene_list_reply","clientToken":"g-1","code":0,"status":""}"#.to_owned(),
        ),
    ] {
        assert_eq!(said, expected);
    }
}

/// Does a list of many files still fit into a small device?
#[test]
fn a_long_list_is_cut_at_a_whole_file() {
    let many: Vec<Resource> = (0..100).map(|number| resource(&format!("{number:060}"), "1.0")).collect();
    let mut out = Vec::new();
    files::versions(&many, &mut out);
    assert!(out.len() < 1_850, "{}", out.len());
    let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(read["resource_list"].as_array().unwrap().len() > 10);
}

proptest! {
    /// Is anything at all read without a panic?
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,60}", number in any::<f64>()) {
        let _ = (parse_resource(&bytes), parse_service(&bytes));
        let message = serde_json::json!({
            "type": "report_upload_progress", "method": "report_result", "name": text,
            "progress": {"state": "done", "percent": number, "result_code": number},
            "report": {"version": text, "progress": {"resource_name": text, "state": "done", "percent": text, "result_msg": text}},
        });
        let message = message.to_string();
        let _ = (parse_resource(message.as_bytes()), parse_service(message.as_bytes()));
    }
}
