//! A small cloud API caller, TC3-HMAC-SHA256 over POST. Source: spec/cloud-api.md 1.3.

use std::fmt;
use std::net::SocketAddr;

use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::http::http;
use crate::wait::{fail, now_ms};

/// Signs and sends calls with one key. `Debug` hides it.
#[derive(Clone)]
pub struct CloudClient {
    address: SocketAddr,
    secret_id: String,
    secret_key: String,
}

/// An `Error` in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiFailure {
    pub code: String,
    pub message: String,
}

impl CloudClient {
    #[must_use]
    pub fn new(address: SocketAddr, secret_id: &str, secret_key: &str) -> Self {
        Self { address, secret_id: secret_id.to_owned(), secret_key: secret_key.to_owned() }
    }

    /// Calls an operation that is expected to succeed; gives the fields of `Response`.
    #[track_caller]
    pub fn call(&self, action: &str, parameters: &Value) -> Value {
        match self.try_call(action, parameters) {
            Ok(response) => response,
            Err(failure) => fail(format!("{action} {parameters}: {}: {}", failure.code, failure.message)),
        }
    }

    /// Calls an operation that is expected to be refused; gives code and message.
    #[track_caller]
    pub fn call_refused(&self, action: &str, parameters: &Value) -> ApiFailure {
        match self.try_call(action, parameters) {
            Ok(response) => fail(format!("{action} {parameters} was expected to be refused, answered {response}")),
            Err(failure) => failure,
        }
    }

    /// Calls an operation of the vendor's platform.
    ///
    /// # Errors
    /// What the platform says in `Error`. An answer without envelope fails the test.
    #[track_caller]
    pub fn try_call(&self, action: &str, parameters: &Value) -> Result<Value, ApiFailure> {
        self.try_call_of("2019-04-23", action, parameters)
    }

    /// Calls an operation of the platform's own service that is expected to succeed.
    #[track_caller]
    pub fn call_own(&self, action: &str, parameters: &Value) -> Value {
        match self.try_call_of("2026-11-01", action, parameters) {
            Ok(response) => response,
            Err(failure) => fail(format!("{action} {parameters}: {}: {}", failure.code, failure.message)),
        }
    }

    /// Calls an operation of the service with this version.
    ///
    /// # Errors
    /// As [`Self::try_call`].
    #[track_caller]
    pub fn try_call_of(&self, version: &str, action: &str, parameters: &Value) -> Result<Value, ApiFailure> {
        let body = parameters.to_string();
        let host = self.address.to_string();
        let timestamp = (now_ms() / 1000).to_string();
        let authorization = self.authorization(&host, &timestamp, body.as_bytes());
        let headers = [
            ("Host", host.as_str()),
            ("Content-Type", "application/json"),
            ("Authorization", &authorization),
            ("X-TC-Action", action),
            ("X-TC-Version", version),
            ("X-TC-Region", "ap-guangzhou"),
            ("X-TC-Timestamp", &timestamp),
            ("X-TC-Language", "en-US"),
        ];
        let answer = http(self.address, "POST", "/", &headers, body.as_bytes())
            .unwrap_or_else(|error| fail(format!("{action}: no answer from {host}: {error}")));
        let envelope: Value = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|error| fail(format!("{action}: {error} in {} {:?}", answer.status, answer.text())));
        assert_eq!(answer.status, 200, "{action}: every outcome is an HTTP 200");
        let response = envelope["Response"].clone();
        assert!(response["RequestId"].is_string(), "{action}: no RequestId in {envelope}");
        let error = &response["Error"];
        if error.is_null() {
            return Ok(response);
        }
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Err(ApiFailure { code: text("Code"), message: text("Message") })
    }

    fn authorization(&self, host: &str, timestamp: &str, body: &[u8]) -> String {
        let hash = hex::encode(Sha256::digest(body));
        let canonical = format!("POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n{hash}");
        let date = utc_date(timestamp.parse().unwrap_or_default());
        let scope = format!("{date}/iotexplorer/tc3_request");
        let canonical_hash = hex::encode(Sha256::digest(canonical));
        let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{canonical_hash}");
        let mut key = format!("TC3{}", self.secret_key).into_bytes();
        for part in [date.as_str(), "iotexplorer", "tc3_request"] {
            key = hmac_sha256(&key, part.as_bytes());
        }
        let signature = hex::encode(hmac_sha256(&key, text.as_bytes()));
        let id = &self.secret_id;
        format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}")
    }
}

impl fmt::Debug for CloudClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudClient").field("address", &self.address).finish_non_exhaustive()
    }
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// `YYYY-MM-DD` of UNIX seconds: counts years, then months.
fn utc_date(seconds: u64) -> String {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut days = seconds / 86_400;
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_732_300_000, "2024-11-22"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(utc_date(seconds), expected, "{seconds}");
        }
    }

    /// Is vector A of the specification reproduced, as far as it fits this client? Its body has no blanks to keep.
    #[test]
    fn a_vector_of_the_specification() {
        let address = "127.0.0.1:1".parse().unwrap();
        let client =
            CloudClient::new(address, "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        let body = br#"{"ProductId": "LJ0INDNU7U", "DeviceName": "light1"}"#;
        for (host, signature) in [
            ("iotexplorer.tencentcloudapi.com", "307b55a5382043d081b23ef4d80b5377d97e5e9c253251bdd18a3ea868758735"),
            ("127.0.0.1:8080", "242f702685f7860b57a5586fb776e0b40d967b40c78c8e5aa5d46607658fddbc"),
        ] {
            let made = client.authorization(host, "1732300000", body);
            assert!(made.ends_with(&format!("Signature={signature}")), "{made}");
        }
    }
}
