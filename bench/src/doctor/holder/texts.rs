//! The three texts of a CONNECT, as somebody computed them.

use lianwu_device_protocol::credentials::{
    CredentialField, PasswordFault, SignIn, SignInError, UserNameFault, split_client_id,
};
use lianwu_model::UnixMillis;

use super::{Held, TlsProof};
use crate::doctor::steps::{Failure, Seen, StepResult};
use crate::doctor::words::Words;

/// As they were given.
pub(super) struct Given<'a> {
    pub client_id: &'a str,
    pub user_name: Option<&'a str>,
    pub password: Option<&'a str>,
    pub secret: Option<&'a str>,
}

/// `is_device`: they must be those of a device of the platform; otherwise their form is the broker's affair.
pub(super) fn check(given: &Given<'_>, is_device: bool) -> StepResult<Held> {
    let names = split_client_id(given.client_id).ok();
    let names = names.and_then(|(product, device)| Some((product, device.parse().ok()?)));
    let mut seen = Words::fact(format!("ClientId {}", given.client_id));
    if is_device {
        seen = check_form(given)?;
    }
    let held = Held {
        client_id: given.client_id.to_owned(),
        user_name: given.user_name.map(str::to_owned),
        password: given.password.map(str::to_owned),
        tls: TlsProof::Nothing,
        names,
    };
    Ok(Seen::new(held, seen))
}

fn check_form(given: &Given<'_>) -> Result<Words, Failure> {
    let now = super::now();
    let password = given.password.unwrap_or_default().as_bytes();
    let claim = SignIn::parse(given.client_id, given.user_name.unwrap_or_default(), password).map_err(|e| fault(&e))?;
    if let Some(secret) = given.secret {
        let secret = super::secret(secret)?;
        claim.verify(&secret, now).map_err(|error| fault(&error))?;
    }
    if claim.expiry < now {
        return Err(fault(&SignInError::Expired { expiry: claim.expiry, now }));
    }
    let (id, method) = (given.client_id, claim.method);
    let left = claim.expiry.seconds().saturating_sub(now.seconds());
    Ok(Words::new(
        format!("ClientId {id}，{method}，{left} 秒后过期"),
        format!("ClientId {id}, {method}, expires in {left} s"),
    ))
}

fn fault(error: &SignInError) -> Failure {
    let cure = match error {
        SignInError::StraySpace(_) => Words::new("去掉这些字符。", "Remove it."),
        SignInError::HmacMismatch { .. } => Words::new(
            "以 base64 解码后的 DeviceSecret 为密钥，对 UserName 的原文计算 HMAC；用 lianwu credentials 的结果逐项对照。",
            "Use the base64-decoded DeviceSecret as the key and the exact bytes of the user name as the text; compare with what lianwu credentials prints.",
        ),
        SignInError::Expired { .. } => Words::new(
            "用更晚的 expiry（绝对时间，UNIX 秒）重新计算 UserName 与 Password；若时间看起来正确，请校准时钟。",
            "Compute user name and password anew with a later expiry (absolute, UNIX seconds); if it looks right, set the clock.",
        ),
        _ => Words::new(
            "UserName 为 <ProductId><DeviceName>;12010126;<connid>;<expiry>，Password 为 <HMAC 的十六进制>;hmacsha256 或 ;hmacsha1；lianwu credentials 可算出正确的三项。",
            "The user name is <ProductId><DeviceName>;12010126;<connid>;<expiry>, the password <HMAC in hex>;hmacsha256 or ;hmacsha1; lianwu credentials computes all three.",
        ),
    };
    let words = Words::new(chinese(error), error.to_string());
    Failure::new(words.clone(), words, cure)
}

fn field(field: CredentialField) -> &'static str {
    match field {
        CredentialField::ClientId => "ClientId",
        CredentialField::UserName => "UserName",
        CredentialField::Password => "Password",
    }
}

fn chinese(error: &SignInError) -> String {
    match error {
        SignInError::StraySpace(of) => format!("{} 的首尾有空格、换行或 NUL", field(*of)),
        SignInError::ClientIdTooShort(got) => format!("ClientId 只有 {got} 个字符，应为 10 位 ProductId 加 DeviceName"),
        SignInError::ClientIdForm => "ClientId 不是 ProductId（10 位大写字母与数字）加 DeviceName".to_owned(),
        SignInError::UserNameMissing => "缺少 UserName".to_owned(),
        SignInError::ClientIdMismatch => "UserName 没有以 ClientId 和 ';' 开头".to_owned(),
        SignInError::UserName(fault) => match fault {
            UserNameFault::Parts(got) => format!("UserName 有 {got} 段，应为 4 段"),
            UserNameFault::SdkAppId => "UserName 中的 sdkappid 不是数字".to_owned(),
            UserNameFault::ExpiryDigits => "UserName 中的 expiry 不是十进制数".to_owned(),
            UserNameFault::ExpiryLength(got) => {
                format!("expiry 只有 {got} 位；应为绝对时间的 UNIX 秒，至少 10 位（时钟可能从 1970 年开始）")
            }
        },
        SignInError::PasswordMissing => "缺少 Password".to_owned(),
        SignInError::Password(fault) => match fault {
            PasswordFault::NoMethod => "Password 中没有 ';' 和算法名（填的是 DeviceSecret 本身？）".to_owned(),
            PasswordFault::Length { method, got } => {
                format!("Password 的签名有 {got} 个字符，{method} 应为 {} 个", method.hex_len())
            }
            PasswordFault::NotHex => "Password 的签名不是十六进制".to_owned(),
            PasswordFault::Signature => "Password 中 ';rsa-sha256' 之前不是十六进制或 Base64 的签名".to_owned(),
        },
        SignInError::UnknownMethod(name) => format!("Password 的算法 {name} 未知，应为 hmacsha1 或 hmacsha256"),
        SignInError::HmacMismatch { method } => {
            format!("{method} 与 UserName 不符：密钥不对，或使用前没有对 DeviceSecret 做 base64 解码")
        }
        SignInError::Expired { expiry, now } => expired(*expiry, *now),
    }
}

fn expired(expiry: UnixMillis, now: UnixMillis) -> String {
    let over = now.seconds().saturating_sub(expiry.seconds());
    format!("凭证已于 UNIX 秒 {} 过期，比本机时钟早 {over} 秒", expiry.seconds())
}
