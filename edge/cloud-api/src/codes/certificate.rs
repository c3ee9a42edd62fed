//! Certificates and their authorities. Source: spec/cloud-api.md 2.11.

use lianwu_services::certificate::{CertificateError, CertificateRefusal};

use super::store;
use crate::error::ApiError;

impl From<CertificateError> for ApiError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Invalid(invalid) => invalid.into(),
            CertificateError::Product(error) => error.into(),
            CertificateError::NotFound(name) => Self::new(
                "ResourceNotFound.CACertNotExist",
                format!("CA 证书 `{name}` 不存在，请检查 CertName。"),
                format!("The authority `{name}` does not exist; check CertName."),
            ),
            CertificateError::Unusable { field, why } => Self::value(
                field,
                &format!("证书无法使用（{why}），应为一份 PEM 格式的 X.509 证书"),
                &format!("{why}; it must be one X.509 certificate in PEM form"),
            )
            .with_code("InvalidParameterValue.CACertInvalid"),
            CertificateError::NotProven(why) => Self::value(
                "VerifyCertText",
                &format!(
                    "验证证书与 CA 证书或账号不匹配（{why}）；请用该 CA 签发一份证书，其 CN 为 `iothub_` 加主账号 Uin 的 SHA-256 小写十六进制"
                ),
                &format!(
                    "{why}; issue a certificate with this authority whose common name is the SHA-256, in lower-case \
                     hexadecimal, of `iothub_` and the main account's Uin"
                ),
            )
            .with_code("InvalidParameterValue.CACertNotMatch"),
            CertificateError::NameTaken => Self::new(
                "LimitExceeded.CACertNameRepeat",
                "账号下已有同名 CA 证书，请更换 CertName。",
                "The account has an authority of this name; choose another CertName.",
            ),
            CertificateError::Repeated => Self::new(
                "LimitExceeded.CARepeat",
                "账号下已用其他名称登记过这份 CA 证书，请直接使用。",
                "The account has registered this certificate under another name; use that.",
            ),
            CertificateError::TooMany(max) => Self::new(
                "LimitExceeded.CACertLimit",
                format!("CA 证书数量已达上限 {max}，请先删除不用的证书。"),
                format!("The account has {max} authorities, as many as allowed; delete one first."),
            ),
            CertificateError::InUse(name) => Self::new(
                "LimitExceeded.CAAlreadyBindProduct",
                format!("CA 证书 `{name}` 已绑定产品，请先解绑（DeleteProductPrivateCA）。"),
                format!("Products are bound to the authority `{name}`; unbind them first (DeleteProductPrivateCA)."),
            ),
            CertificateError::KeyProduct => Self::new(
                "LimitExceeded.CACertNotSupport",
                "产品使用密钥认证，不能绑定 CA 证书。",
                "The product's devices sign in with keys; it can have no authority.",
            ),
            CertificateError::NotBound => Self::new(
                "ResourceNotFound.CACertNotExist",
                "产品没有绑定自有 CA 证书；请先绑定（UpdateProductPrivateCA），或不填写 TlsCrt。",
                "The product is bound to no authority of the account; bind one first (UpdateProductPrivateCA), or leave out TlsCrt.",
            ),
            CertificateError::Refused(refusal) => refused(&refusal),
            CertificateError::Library(why) => {
                tracing::error!(why, "openssl failed");
                Self::internal()
            }
            CertificateError::Store(error) => store(&error),
        }
    }
}

/// Of a certificate that is to be put on record.
fn refused(refusal: &CertificateRefusal) -> ApiError {
    let zh = match refusal {
        CertificateRefusal::CommonName(_) => "CN 应为 ProductId 加 DeviceName".to_owned(),
        CertificateRefusal::Expired(_) | CertificateRefusal::NotYetValid(_) => "证书不在有效期内".to_owned(),
        CertificateRefusal::UnknownAuthority(_) | CertificateRefusal::AuthorityTime(_) => {
            "证书不是由产品绑定的 CA 签发，或该 CA 不在有效期内".to_owned()
        }
        CertificateRefusal::Malformed
        | CertificateRefusal::Unusable(_)
        | CertificateRefusal::UnknownProduct(_)
        | CertificateRefusal::KeyProduct
        | CertificateRefusal::UnknownDevice { .. }
        | CertificateRefusal::NotOnRecord
        | CertificateRefusal::Disabled => format!("证书无法使用（{refusal}）"),
    };
    ApiError::value("TlsCrt", &zh, &refusal.to_string()).with_code("InvalidParameterValue.CACertInvalid")
}
