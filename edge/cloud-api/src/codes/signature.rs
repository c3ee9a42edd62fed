//! Signatures. The codes and the English texts come with the error; here is the Chinese.

use crate::error::ApiError;
use crate::signature::SignatureError;

impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        let zh = match &error {
            SignatureError::Method => "只支持 GET 和 POST 方法".to_owned(),
            SignatureError::Missing(name) => format!("缺少参数 `{name}`"),
            SignatureError::NotANumber(name) => format!("参数 `{name}` 应为十进制数字"),
            SignatureError::Form(why) => format!("请求参数无法解析（{why}）"),
            SignatureError::Authorization(why) => format!("Authorization 请求头格式错误（{why}）"),
            SignatureError::SecretIdForm => "SecretId 格式错误，应为 AKID 加 32 个字母或数字".to_owned(),
            SignatureError::SecretIdNotFound => "SecretId 不存在或已禁用，请检查密钥".to_owned(),
            SignatureError::Token(why) => format!("Token 错误（{why}）"),
            SignatureError::ClockOffset { client, server } => format!(
                "签名已过期：请求时间戳 {client} 与服务器时间 {server} 相差 {} 秒，最多允许 300 秒，请校准客户端时钟",
                client.abs_diff(*server)
            ),
            SignatureError::Date => "签名错误：Credential 中的日期应为 X-TC-Timestamp 的 UTC 日期".to_owned(),
            SignatureError::SignedHeaderAbsent(name) => format!("签名错误：请求中没有已签名的请求头 `{name}`"),
            SignatureError::SignatureForm => "签名错误：Signature 应为 HMAC 的 Base64，请检查 URL 编码".to_owned(),
            SignatureError::SignatureMethod => "SignatureMethod 只支持 HmacSHA256 或 HmacSHA1".to_owned(),
            SignatureError::Mismatch { signed } => {
                format!(
                    "签名错误：请检查 SecretKey，以及签名的 Host 和请求体与实际发送的一致；服务端签名串为 {signed:?}"
                )
            }
        };
        Self::new(error.code(), zh, sentence(&error.to_string()))
    }
}

/// Error texts are fragments; messages are sentences.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
