//! Requests for a device's secret: whatever is read is bounded, and none is accepted without the product's secret.
//!
//! Input: the body of a request, in either form.

use lianwu_device_protocol::registration::RegistrationRequest;
use lianwu_device_protocol::signed_request::SignedRequest;

const SECRET: &str = "abcdefghijklmnopqrstuvwx";

pub fn run(data: &[u8]) {
    // The corpus holds a request signed with another secret; this one nobody has.
    let nobody = "kept from the fuzzer by nothing but chance";
    if let Ok(request) = RegistrationRequest::first_form(data) {
        check(&request);
        assert!(request.verify(nobody).is_err(), "accepted without the secret");
    }
    let unsigned = SignedRequest {
        host: "iot.example.com:8081",
        path: "/device/register",
        algorithm: "hmacsha256",
        timestamp: "1893456000",
        nonce: "42",
        signature: "",
        body: data,
    };
    let signature = unsigned.sign(SECRET).expect("the algorithm is known");
    let signed = SignedRequest { signature: &signature, ..unsigned };
    if let Ok(request) = RegistrationRequest::second_form(signed) {
        check(&request);
        assert_eq!(request.verify(SECRET), Ok(()), "signed like the SDKs do");
        assert!(request.verify(nobody).is_err());
    }
}

fn check(request: &RegistrationRequest<'_>) {
    for name in [&request.product, &request.device] {
        assert!((1..=64).contains(&name.len()), "{request:?}");
    }
}
