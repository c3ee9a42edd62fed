//! TC3-HMAC-SHA256, the client's side. Source: spec/cloud-api.md 1.3.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// Content type of every request; part of what is signed.
pub(super) const CONTENT_TYPE: &str = "application/json";
const SERVICE: &str = "iotexplorer";
const SIGNED_HEADERS: &str = "content-type;host";

/// A key pair about to sign.
pub(super) struct Signer<'a> {
    pub secret_id: &'a str,
    pub secret_key: &'a str,
}

impl Signer<'_> {
    /// The `Authorization` header of a POST to `/`.
    pub fn authorization(&self, host: &str, timestamp: jiff::Timestamp, body: &[u8]) -> String {
        let date = timestamp.strftime("%Y-%m-%d").to_string();
        let scope = format!("{date}/{SERVICE}/tc3_request");
        let canonical = format!(
            "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\n{SIGNED_HEADERS}\n{}",
            hex::encode(Sha256::digest(body))
        );
        let text =
            format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", timestamp.as_second(), hex::encode(Sha256::digest(canonical)));
        let date_key = hmac(format!("TC3{}", self.secret_key).as_bytes(), &date);
        let signing_key = hmac(&hmac(&date_key, SERVICE), "tc3_request");
        let signature = hex::encode(hmac(&signing_key, &text));
        format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}",
            self.secret_id
        )
    }
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are the signatures of the official Python SDK reproduced? Source: spec/cloud-api.md 1.6, vectors A and B.
    #[test]
    fn sdk_vectors() {
        let signer = Signer {
            secret_id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            secret_key: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        };
        let body = br#"{"ProductId": "LJ0INDNU7U", "DeviceName": "light1"}"#;
        let timestamp = jiff::Timestamp::from_second(1_732_300_000).unwrap();
        for (host, signature) in [
            ("iotexplorer.tencentcloudapi.com", "307b55a5382043d081b23ef4d80b5377d97e5e9c253251bdd18a3ea868758735"),
            ("127.0.0.1:8080", "242f702685f7860b57a5586fb776e0b40d967b40c78c8e5aa5d46607658fddbc"),
        ] {
            let expected = format!(
                "TC3-HMAC-SHA256 Credential={}/2024-11-22/iotexplorer/tc3_request, \
                 SignedHeaders=content-type;host, Signature={signature}",
                signer.secret_id
            );
            assert_eq!(signer.authorization(host, timestamp, body), expected);
        }
    }
}
