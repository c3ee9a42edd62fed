//! Dynamic registration: the device's secret for the product's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_protocol::registration::KEY_CHARS;
use openssl::symm::{Cipher, Crypter, Mode};
use serde_json::{Value, json};

use super::{Said, ask};
use crate::doctor::Question;
use crate::doctor::channel::Channel;
use crate::doctor::steps::{Failure, Seen, StepResult};
use crate::doctor::words::Words;

/// The vector the cipher begins with. Source: spec/device-protocol.md 4.
const VECTOR: [u8; 16] = [b'0'; 16];

/// Registers; what comes is looked at and not shown.
pub(super) fn register(
    question: &Question,
    channel: &mut Channel,
    [product, device, secret]: [&String; 3],
) -> StepResult<()> {
    let body = json!({"ProductId": product, "DeviceName": device});
    let said = ask(question, channel, "/device/register", secret, &body.to_string())?;
    if !said.code.is_empty() {
        return Err(refused(&said));
    }
    let opened = said.response["Payload"].as_str().and_then(|sealed| open(secret, sealed));
    match opened {
        Some(given) if given["psk"].is_string() || given["clientCert"].is_string() => Ok(Seen::new(
            (),
            Words::new(
                "平台给出了设备的密钥或证书（不显示）",
                "the platform gave the device's secret or certificate, not shown",
            ),
        )),
        _ => Err(Failure::new(
            Words::fact("the payload of the answer cannot be read"),
            Words::new("应答不能用该 ProductSecret 解密。", "The answer does not open with this ProductSecret."),
            Words::new(
                "用 DescribeProductDynamicRegister 核对 ProductSecret。",
                "Compare the ProductSecret with DescribeProductDynamicRegister.",
            ),
        )),
    }
}

/// AES-128-CBC with zeros behind the text.
fn open(secret: &str, sealed: &str) -> Option<Value> {
    let (key, sealed) = (secret.as_bytes().get(..KEY_CHARS)?, STANDARD.decode(sealed).ok()?);
    let mut crypter = Crypter::new(Cipher::aes_128_cbc(), Mode::Decrypt, key, Some(&VECTOR)).ok()?;
    crypter.pad(false);
    let mut text = vec![0; sealed.len() + 16];
    let length = crypter.update(&sealed, &mut text).ok()?;
    let length = length + crypter.finalize(&mut text[length..]).ok()?;
    text.truncate(length);
    let end = text.iter().rposition(|byte| *byte == b'}')? + 1;
    serde_json::from_slice(&text[..end]).ok()
}

fn refused(said: &Said) -> Failure {
    let seen = Words::fact(format!("{}: {}", said.code, said.message));
    let (cause, cure) = match said.code.as_str() {
        "UnauthorizedOperation.DynamicRegisterNotEnabled" => (
            Words::new("产品没有开启动态注册。", "Dynamic registration is off for the product."),
            Words::new("用 ModifyProductDynamicRegister 开启。", "Switch it on with ModifyProductDynamicRegister."),
        ),
        "InvalidParameterValue.DeviceNotExist" => (
            Words::new(
                "设备尚未创建，而产品不自动创建。",
                "The device was not created before, and the product creates none by registration.",
            ),
            Words::new(
                "先用 CreateDevice 创建，或把 RegisterType 设为 2。",
                "Create it with CreateDevice, or set RegisterType to 2.",
            ),
        ),
        "LimitExceeded.DeviceActivated" => (
            Words::new(
                "设备已经登录过，只能在首次登录前注册。",
                "The device has signed in before, and registers only until then.",
            ),
            Words::new(
                "使用它已有的 DeviceSecret，或删除后重建。",
                "Use the DeviceSecret it has, or delete it and create it again.",
            ),
        ),
        "LimitExceeded.DeviceExceedLimit" => (
            Words::new("产品的设备数量已达上限。", "The product has as many devices as it may."),
            Words::new("提高 RegisterLimit。", "Raise RegisterLimit."),
        ),
        _ => (
            Words::new(
                "签名不是用该产品的 ProductSecret 计算的，平台上没有这个产品，或请求有误；原因见上。",
                "The signature is not of the product's ProductSecret, the platform has no such product, or the request is malformed; see above.",
            ),
            Words::new(
                "用 DescribeProductDynamicRegister 核对 ProductId 与 ProductSecret；平台上 lianwu diagnose 与 --strangers 给出原因。",
                "Compare ProductId and ProductSecret with DescribeProductDynamicRegister; on the platform lianwu diagnose, or --strangers, says more.",
            ),
        ),
    };
    Failure::new(seen, cause, cure)
}
