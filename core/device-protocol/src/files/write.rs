//! What devices are told of files. Each function appends one message.
//!
//! Nothing of it is escaped: names are plain ([`is_file_name`](lianwu_model::file::is_file_name)), because the C SDK reads
//! escapes literally.

use std::io::Write as _;

use lianwu_model::file::{Md5, Resource};
use lianwu_model::json::write_string;

/// Longest message down, in bytes: the C SDK has 2 KiB for topic and text.
const DOWN_BYTES_MAX: usize = 1_800;

/// Longest token that is repeated.
const TOKEN_BYTES_MAX: usize = 128;

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a vector");
}

fn member(name: &str, value: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#","{name}":"#));
    write_string(value, out);
}

/// A file on offer on `$resource`; `kind` is `download`, or `get_download_task_rsp` when it was asked for.
pub fn download(kind: &str, name: &str, size: u64, md5: Md5, url: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"type":"{kind}","size":{size}"#));
    member("name", name, out);
    member("md5sum", &md5.to_string(), out);
    member("url", url, out);
    out.push(b'}');
}

/// Where a device puts its file.
pub fn upload_task(name: &str, size: u64, md5: Md5, url: &str, out: &mut Vec<u8>) {
    download("create_upload_task_rsp", name, size, md5, url, out);
}

/// It may not. The C SDK takes an answer without size and address for what it is.
pub fn upload_refused(code: u32, why: &str, out: &mut Vec<u8>) {
    resource_result("create_upload_task", code, why, out);
}

/// Answer to `<kind>` on `$resource`.
pub fn resource_result(kind: &str, code: u32, text: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"type":"{kind}_rsp","result_code":{code}"#));
    member("result_msg", text, out);
    out.push(b'}');
}

/// Answer to `report_version`. Of a list that is too long for a small device only the first files are told.
pub fn versions(list: &[Resource], out: &mut Vec<u8>) {
    out.extend_from_slice(
        br#"{"method":"report_version_rsp","result_code":0,"result_msg":"success","resource_list":["#,
    );
    for (at, resource) in list.iter().enumerate() {
        let before = out.len();
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"resource_name":"#);
        write_string(&resource.name, out);
        member("version", &resource.version, out);
        member("resource_type", &resource.kind, out);
        out.push(b'}');
        if out.len() > DOWN_BYTES_MAX {
            out.truncate(before);
            break;
        }
    }
    out.extend_from_slice(b"]}");
}

/// Answer to a `report_version` or `request_url` that is refused; the code is a number there.
pub fn refused(method: &str, request_id: Option<&[u8]>, code: u32, why: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"method":"{method}","result_code":{code}"#));
    member("result_msg", why, out);
    if let Some(id) = request_id {
        out.extend_from_slice(br#","request_id":"#);
        out.extend_from_slice(id);
    }
    out.push(b'}');
}

/// A file to download and install.
pub fn update(resource: &Resource, size: u64, md5: Md5, url: &str, out: &mut Vec<u8>) {
    open("update_resource", resource, out);
    member("url", url, out);
    member("md5sum", &md5.to_string(), out);
    put(out, format_args!(r#","file_size":{size}}}"#));
}

/// A file to delete.
pub fn delete(resource: &Resource, out: &mut Vec<u8>) {
    open("del_resource", resource, out);
    out.push(b'}');
}

fn open(method: &str, resource: &Resource, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"method":"{method}""#));
    member("resource_name", &resource.name, out);
    member("resource_type", &resource.kind, out);
    member("version", &resource.version, out);
}

/// Answer to `request_url`. The id is repeated as written.
pub fn upload_address(request_id: &[u8], token: &str, url: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"method":"request_url_resp","result_code":0,"result_msg":"success""#);
    member("resource_url", url, out);
    member("resource_token", token, out);
    out.extend_from_slice(br#","request_id":"#);
    out.extend_from_slice(request_id);
    out.push(b'}');
}

/// Answer to `gateway_report_inner_scene_list`.
pub fn scenes_taken(token: Option<&[u8]>, code: u32, status: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"method":"gateway_report_inner_scene_list_reply""#);
    if let Some(token @ [b'"' | b'-' | b'0'..=b'9', ..]) = token
        && token.len() <= TOKEN_BYTES_MAX
    {
        out.extend_from_slice(br#","clientToken":"#);
        out.extend_from_slice(token);
    }
    put(out, format_args!(r#","code":{code}"#));
    member("status", status, out);
    out.push(b'}');
}
