//! `$thing/up/service`: binding, files, automation and the rest. Source: spec/device-protocol.md 6.10, 9.8 to 9.10.

use super::{Members, SystemAnswer, SystemReply, not_served, put, put_string, text};
use crate::files::is_file_method;
use crate::topic::DownTopic;

/// Longest method name that gets an answer of its own.
const METHOD_BYTES_MAX: usize = 48;

/// "Not served" of a `*_reply`. Source: spec/device-protocol.md 9.10.
const UNSUPPORTED: u32 = 1;

/// Reports nobody answers, by the protocol.
const SILENT: [&str; 1] = ["report_automation_log"];

pub(super) fn answer(message: &Members<'_>, out: &mut Vec<u8>) -> SystemAnswer {
    let Some(method) = message.method.and_then(text) else {
        return SystemAnswer::not_understood("method missing");
    };
    let on = SystemReply::On(DownTopic::ThingService);
    match method.as_ref() {
        // No device is bound to anybody before there are app users: it is free already.
        "unbind_device_request" => {
            reply("unbind_device_reply", message, 0, "", out);
            SystemAnswer::taken(on)
        }
        // Nobody has asked for a token, so no token is right.
        "app_bind_token" => {
            reply("app_bind_token_reply", message, 404, "token not found", out);
            SystemAnswer::refused(404, "token not found", on)
        }
        // What was stored for gateways: nothing before there are families.
        "gateway_reload_scene_handles" => listed(message, &method, r#""sceneResult":[]"#, out),
        "gateway_reload_group_devices" => listed(message, &method, r#""groupResult":[]"#, out),
        "get_automation_list" => listed(message, &method, r#""auto_list":[]"#, out),
        kept if is_file_method(kept) => SystemAnswer::taken(SystemReply::Files),
        silent if SILENT.contains(&silent) => SystemAnswer::not_served(silent, SystemReply::Nothing),
        // The device answers something: no answer to answers.
        reply if reply.ends_with("_reply") || reply.ends_with("_rsp") || reply.ends_with("_resp") => {
            SystemAnswer::taken(SystemReply::Nothing)
        }
        other if is_name(other) => {
            reply(&format!("{other}_reply"), message, UNSUPPORTED, &not_served(other), out);
            SystemAnswer::not_served(other, on)
        }
        _ => SystemAnswer::not_understood("method not supported"),
    }
}

/// A reply with a list, and code 0. Source: spec/device-protocol.md 9.9.
fn listed(message: &Members<'_>, method: &str, list: &str, out: &mut Vec<u8>) -> SystemAnswer {
    put(out, format_args!(r#"{{"method":"{method}_reply""#));
    message.put_token(out);
    put(out, format_args!(r#","code":0,"status":"",{list}}}"#));
    SystemAnswer::taken(SystemReply::On(DownTopic::ThingService))
}

fn is_name(method: &str) -> bool {
    (1..=METHOD_BYTES_MAX).contains(&method.len()) && method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn reply(method: &str, message: &Members<'_>, code: u32, status: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"method":"{method}""#));
    message.put_token(out);
    put(out, format_args!(r#","code":{code}"#));
    put_string("status", status, out);
    out.push(b'}');
}
