use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::client::{Tc3Call, sign_tc3};
use super::*;

const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const NOW: UnixMillis = UnixMillis(1_732_300_000_000);
const HOST: &str = "iotexplorer.tencentcloudapi.com";
const PYTHON_BODY: &str = r#"{"ProductId": "LJ0INDNU7U", "DeviceName": "light1"}"#;
const NODE_BODY: &str = r#"{"ProductId":"LJ0INDNU7U","DeviceName":"light1"}"#;
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

const A: &str = "307b55a5382043d081b23ef4d80b5377d97e5e9c253251bdd18a3ea868758735";
const B: &str = "242f702685f7860b57a5586fb776e0b40d967b40c78c8e5aa5d46607658fddbc";
const C: &str = "bd3c97c87a2138467cb70bc5d06e90f157341f5b7190ec61f2e6b0d543485c35";
const D: &str = "ce1cbc6eaec904bab1508675f6b430b9a834d393ee76dbf92790d8bbecca4066";
const E: &str = "7120efcd66bfc4c96b76f0be8afb86df7ba71f06e8287988af8a873899fe3c92";
const F: &str = "Uj06d%2BJjXCV28GpkFMyxTTl8d1hR4qPUQUOe%2ByqWYKE%3D";
const G: &str = "QhK0G%2FfJZAILYyQGGXQhTKCfOa8%3D";

/// A request whose every part a test can change.
#[derive(Clone)]
struct Request {
    method: &'static str,
    path: &'static str,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
    public_host: Option<&'static str>,
}

impl Request {
    fn tc3(signature: &str) -> Self {
        let request = Self {
            method: "POST",
            path: "/",
            query: String::new(),
            headers: HeaderMap::new(),
            body: PYTHON_BODY.into(),
            public_host: None,
        };
        request
            .header("host", HOST)
            .header("content-type", JSON)
            .header("x-tc-action", "DescribeDevice")
            .header("x-tc-timestamp", "1732300000")
            .authorized("iotexplorer", signature)
    }

    fn v1(method: &'static str, signature_method: &str, signature: &str) -> Self {
        let parameters = format!(
            "Action=DescribeDevice&Version=2019-04-23&Region=ap-guangzhou&Timestamp=1732300000&Nonce=11886\
             &Language=zh-CN&RequestClient=SDK_PYTHON_3.0.1459&ProductId=LJ0INDNU7U&DeviceName=light1\
             &SecretId={SECRET_ID}&SignatureMethod={signature_method}&Signature={signature}"
        );
        let (query, body) = match method {
            "GET" => (parameters, String::new()),
            _ => (String::new(), parameters),
        };
        let request =
            Self { method, path: "/", query, headers: HeaderMap::new(), body: body.into(), public_host: None };
        request.header("host", HOST).header("content-type", FORM)
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.headers.insert(name, HeaderValue::try_from(value).unwrap());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn authorized(self, service: &str, signature: &str) -> Self {
        let value = format!(
            "TC3-HMAC-SHA256 Credential={SECRET_ID}/2024-11-22/{service}/tc3_request, \
             SignedHeaders=content-type;host, Signature={signature}"
        );
        self.header("authorization", &value)
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    fn raw(&self) -> RawRequest<'_> {
        RawRequest {
            method: self.method,
            path: self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
            public_host: self.public_host,
        }
    }

    fn verify_at(&self, now: UnixMillis) -> Result<(), SignatureError> {
        let raw = self.raw();
        Claim::parse(&raw)?.verify(&raw, &key(), None, now)
    }

    fn verify(&self) -> Result<(), SignatureError> {
        self.verify_at(NOW)
    }

    fn code(&self) -> &'static str {
        self.verify().expect_err("must be refused").code()
    }
}

fn key() -> SecretKeyText {
    SecretKeyText(SECRET_KEY.into())
}

/// Vectors A to G: the seven requests recorded from the SDKs, in the order of the reference.
fn vectors() -> [(&'static str, Request); 7] {
    let mut get = Request::tc3(C).header("content-type", FORM).body("");
    get.method = "GET";
    get.query = "ProductId=LJ0INDNU7U&DeviceName=light1".into();
    let node = Request::tc3(D).body(NODE_BODY);
    [
        ("A", Request::tc3(A)),
        ("B", Request::tc3(B).header("host", "127.0.0.1:8080")),
        ("C", get),
        ("D", node.clone().header("host", "127.0.0.1:8080").authorized("127", D)),
        ("E", node.header("host", "localhost:8080").authorized("localhost:8080", E)),
        ("F", Request::v1("GET", "HmacSHA256", F)),
        ("G", Request::v1("POST", "HmacSHA1", G)),
    ]
}

#[test]
fn the_sdks_requests_verify() {
    for (name, request) in vectors() {
        assert_eq!(request.verify(), Ok(()), "vector {name}");
        let raw = request.raw();
        let claim = Claim::parse(&raw).unwrap();
        assert_eq!((claim.secret_id(), claim.timestamp()), (SECRET_ID, 1_732_300_000), "vector {name}");
        let kind = if matches!(name, "F" | "G") { SignatureKind::V1 } else { SignatureKind::Tc3 };
        assert_eq!(claim.kind(), kind, "vector {name}");
    }
}

#[test]
fn a_wrong_secret_key_fails_every_vector() {
    let wrong = SecretKeyText("Gu5t9xGARNpq86cd98joQYCN3EXAMPLF".into());
    for (name, request) in vectors() {
        let raw = request.raw();
        let refused = Claim::parse(&raw).unwrap().verify(&raw, &wrong, None, NOW).unwrap_err();
        assert_eq!(refused.code(), "AuthFailure.SignatureFailure", "vector {name}");
    }
}

/// Is every signed part of a TC3 request really covered?
#[test]
fn a_changed_part_fails_a_tc3_request() {
    let [(_, a), _, (_, c), ..] = vectors();
    let mut path = a.clone();
    path.path = "/other";
    let mut query = c.clone();
    query.query = "ProductId=LJ0INDNU7U&DeviceName=light2".into();
    let mut unsorted = c;
    unsorted.query = "DeviceName=light1&ProductId=LJ0INDNU7U".into();
    let mut as_get = a.clone();
    as_get.method = "GET";
    let changed = [
        ("body", a.clone().body(NODE_BODY)),
        ("empty body", a.clone().body("")),
        ("host", a.clone().header("host", "iotexplorer.example.com")),
        ("content type", a.clone().header("content-type", "application/json; charset=utf-8")),
        ("timestamp", a.clone().header("x-tc-timestamp", "1732300001")),
        ("date", {
            let value = a.headers["authorization"].to_str().unwrap().replace("2024-11-22", "2024-11-21");
            a.clone().header("authorization", &value)
        }),
        ("service", a.clone().authorized("iotcloud", A)),
        ("payload left out", a.clone().header("x-tc-content-sha256", "UNSIGNED-PAYLOAD")),
        ("path", path),
        ("query", query),
        ("order of the query", unsorted),
        ("method", as_get),
        ("signature", a.authorized("iotexplorer", &A.replace('3', "4"))),
    ];
    for (part, request) in changed {
        assert_eq!(request.code(), "AuthFailure.SignatureFailure", "{part}");
    }
}

#[test]
fn a_changed_parameter_fails_a_v1_request() {
    let good = Request::v1("GET", "HmacSHA256", F);
    let mut other_value = good.clone();
    other_value.query = good.query.replace("light1", "light2");
    let mut extra = good.clone();
    extra.query = format!("{}&Extra=1", good.query);
    let mut other_method = good.clone();
    other_method.query = good.query.replace("HmacSHA256", "HmacSHA1");
    let post = Request { method: "POST", body: good.query.clone().into(), query: String::new(), ..good.clone() };
    let host = good.header("host", "example.com");
    for request in [other_value, extra, other_method, post, host] {
        assert_eq!(request.code(), "AuthFailure.SignatureFailure", "{}", request.query);
    }
}

/// Does the verifier stay with what was signed when the unsigned parts change?
#[test]
fn unsigned_parts_do_not_matter() {
    let [(_, a), _, (_, c), ..] = vectors();
    let mut with_query = a.clone();
    with_query.query = "ignored=1".into();
    let mut empty_path = a.clone();
    empty_path.path = "";
    let blanks = a.headers["authorization"].to_str().unwrap().replace(", ", ",  ");
    let tight = a.headers["authorization"].to_str().unwrap().replace(", ", ",");
    let rows = [
        with_query,
        empty_path,
        a.clone().header("authorization", &blanks),
        a.clone().header("authorization", &tight),
        a.clone().header("x-tc-language", "en-US"),
        a.clone().header("x-tc-token", ""),
        a.header("x-tc-content-sha256", "something else"),
        c.body("a body nobody signed"),
    ];
    for request in rows {
        assert_eq!(request.verify(), Ok(()));
    }
}

fn signed(host: &str, content_type: &str, body: &[u8]) -> client::Tc3Headers {
    sign_tc3(&Tc3Call {
        method: "POST",
        host,
        content_type,
        query: "",
        body,
        service: "iotexplorer",
        secret_id: SECRET_ID,
        secret_key: &key(),
        now: NOW,
    })
}

#[test]
fn the_client_reproduces_vectors_a_and_c() {
    let headers = signed(HOST, JSON, PYTHON_BODY.as_bytes());
    assert_eq!(headers.timestamp, "1732300000");
    let a = Request::tc3(A);
    assert_eq!(headers.authorization, a.headers["authorization"].to_str().unwrap());
    let get = sign_tc3(&Tc3Call {
        method: "GET",
        host: HOST,
        content_type: FORM,
        query: "ProductId=LJ0INDNU7U&DeviceName=light1",
        body: b"",
        service: "iotexplorer",
        secret_id: SECRET_ID,
        secret_key: &key(),
        now: NOW,
    });
    assert!(get.authorization.ends_with(C));
    assert!(!format!("{get:?}").contains(C));
}

/// Hosts and header values as clients sign them, beside those a proxy or server sees.
#[test]
fn the_signed_host_may_differ_in_known_ways() {
    let content_type = "multipart/form-data; boundary=AbC";
    let rows = [
        ("api.example.com:8080", content_type, "api.example.com:8080", None),
        ("api.example.com", content_type, "api.example.com:8080", None),
        ("[::1]", content_type, "[::1]:8080", None),
        ("api.example.com", content_type, "10.0.0.1:9000", Some("api.example.com")),
        ("api.example.com", "multipart/form-data; boundary=abc", "API.example.com", None),
        ("api.example.com", "multipart/form-data; boundary=abc", "API.example.com:80", None),
    ];
    for (signed_host, signed_type, sent_host, public_host) in rows {
        let headers = signed(signed_host, signed_type, b"x");
        let mut request = Request::tc3(A)
            .body("x")
            .header("host", sent_host)
            .header("content-type", content_type)
            .header("authorization", &headers.authorization);
        request.public_host = public_host;
        assert_eq!(request.verify(), Ok(()), "{signed_host} {sent_host}");
    }
    let foreign = signed("evil.example.com", content_type, b"x");
    let request = Request::tc3(A).body("x").header("authorization", &foreign.authorization);
    assert_eq!(request.code(), "AuthFailure.SignatureFailure");
}

#[test]
fn an_unsigned_payload_is_accepted_when_it_was_signed_as_such() {
    let headers = signed(HOST, JSON, b"UNSIGNED-PAYLOAD");
    let request = Request::tc3(A)
        .header("x-tc-content-sha256", "UNSIGNED-PAYLOAD")
        .header("authorization", &headers.authorization);
    assert_eq!(request.verify(), Ok(()));
    assert_eq!(request.without("x-tc-content-sha256").code(), "AuthFailure.SignatureFailure");
}

#[test]
fn the_clock_may_be_off_by_five_minutes_and_no_more() {
    for (_, request) in vectors() {
        for offset in [-300, 0, 300] {
            assert_eq!(request.verify_at(UnixMillis(NOW.0.saturating_add_signed(offset * 1000))), Ok(()));
        }
        for offset in [-360, -301, 301, 360] {
            let refused = request.verify_at(UnixMillis(NOW.0.saturating_add_signed(offset * 1000))).unwrap_err();
            assert_eq!(refused.code(), "AuthFailure.SignatureExpire", "{offset}");
        }
    }
    let refused = Request::tc3(A).verify_at(UnixMillis(NOW.0 + 361_000)).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("361 s behind the server's clock") && text.contains("set the client's clock"), "{text}");
}

#[test]
fn malformed_tc3_claims_name_the_vendors_code() {
    let good = Request::tc3(A).headers["authorization"].to_str().unwrap().to_owned();
    let auth = |value: &str| Request::tc3(A).header("authorization", value);
    let invalid = "AuthFailure.InvalidAuthorization";
    let swap = |from: &str, to: &str| auth(&good.replace(from, to));
    let rows = [
        (auth("SKIP"), invalid),
        (auth(""), invalid),
        (auth("TC3-HMAC-SHA256"), invalid),
        (swap("TC3-HMAC-SHA256", "TC3-HMAC-SHA512"), invalid),
        (swap("Credential=", "Credentials="), invalid),
        (swap("/tc3_request", "/tc4_request"), invalid),
        (swap("/iotexplorer/", "//"), invalid),
        (swap("/iotexplorer/", "/iot/explorer/"), invalid),
        (swap("content-type;host", "host;content-type"), invalid),
        (swap("content-type;host", "Content-Type;Host"), invalid),
        (swap("content-type;host", "content-type"), invalid),
        (swap("content-type;host", "content-type;;host"), invalid),
        (swap("content-type;host", "content-type;host;host"), invalid),
        (swap(A, &A.to_uppercase()), invalid),
        (swap(A, &A[1..]), invalid),
        (swap(A, ""), invalid),
        (auth(&format!("{good}, More=1")), invalid),
        (auth(&format!("{good}{}", " ".repeat(5000))), "-"),
        (auth(&format!("{good}{}", "x".repeat(5000))), invalid),
        (swap("AKID", "SKID"), "AuthFailure.InvalidSecretId"),
        (swap(SECRET_ID, "AKIDshort"), "AuthFailure.InvalidSecretId"),
        (Request::tc3(A).without("x-tc-timestamp"), "MissingParameter"),
        (Request::tc3(A).header("x-tc-timestamp", ""), "MissingParameter"),
        (Request::tc3(A).header("x-tc-timestamp", "now"), "InvalidParameter"),
        (Request::tc3(A).header("x-tc-timestamp", "-1732300000"), "InvalidParameter"),
        (Request::tc3(A).header("x-tc-timestamp", "1732300000000"), "InvalidParameter"),
        (swap("content-type;host", "content-type;host;x-tc-absent"), "AuthFailure.SignatureFailure"),
        (Request::tc3(A).without("host"), "AuthFailure.SignatureFailure"),
        (Request::tc3(A).without("content-type"), "AuthFailure.SignatureFailure"),
        (Request::tc3(A).without("authorization"), "MissingParameter"),
        (Request { method: "PUT", ..Request::tc3(A) }, "UnsupportedProtocol"),
    ];
    for (index, (request, code)) in rows.into_iter().enumerate() {
        let got = request.verify().map_or_else(|refused| refused.code(), |()| "-");
        assert_eq!(got, code, "row {index}");
    }
}

#[test]
fn malformed_v1_claims_name_the_vendors_code() {
    let good = Request::v1("GET", "HmacSHA256", F).query;
    let rows = [
        ("", "MissingParameter"),
        ("Action=DescribeDevice", "MissingParameter"),
        (&*good.replace("&Signature=", "&Sign="), "MissingParameter"),
        (&good.replace("SecretId=", "Secret="), "MissingParameter"),
        (&good.replace("Timestamp=", "Time="), "MissingParameter"),
        (&good.replace("Nonce=", "Once="), "MissingParameter"),
        (&good.replace("Nonce=11886", "Nonce=0"), "InvalidParameter"),
        (&good.replace("Nonce=11886", "Nonce=-1"), "InvalidParameter"),
        (&good.replace("1732300000", "soon"), "InvalidParameter"),
        (&good.replace("HmacSHA256", "HmacMD5"), "InvalidParameterValue"),
        (&good.replace("AKID", "SKID"), "AuthFailure.InvalidSecretId"),
        (&good.replace(F, "%21"), "AuthFailure.SignatureFailure"),
        (&good.replace(F, ""), "AuthFailure.SignatureFailure"),
        (&format!("{good}&Action=DeleteDevice"), "InvalidParameter"),
        (&format!("{good}&Broken=%4"), "InvalidParameter"),
        (&format!("{good}&Broken=%zz"), "InvalidParameter"),
        (&format!("{good}&Broken=%ff"), "InvalidParameter"),
        (&"a=1&".repeat(PARAMETERS_MAX + 1), "InvalidParameter"),
    ];
    for (query, code) in rows {
        let request = Request { query: query.to_owned(), ..Request::v1("GET", "HmacSHA256", F) };
        assert_eq!(request.code(), code, "{query:.200}");
    }
    let json = Request::v1("POST", "HmacSHA1", G).header("content-type", JSON);
    assert_eq!(json.code(), "MissingParameter");
}

fn v1_signature(text: &str) -> String {
    use base64::Engine as _;
    use hmac::Mac as _;
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(SECRET_KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// Are values decoded before signing, names with `_` tried in both spellings, and HmacSHA1 the default?
#[test]
fn v1_signs_decoded_values_and_python_turns_underscores_into_dots() {
    let head = format!("GET{HOST}/?");
    let tail = format!("Nonce=1&SecretId={SECRET_ID}&Timestamp=1732300000");
    for name in ["A_B", "A.B"] {
        let signature = v1_signature(&format!("{head}{name}=a b&c=é&{tail}"));
        let query = format!("{tail}&Signature={signature}&A_B=a+b%26c%3D%c3%A9");
        let request = Request { query, ..Request::v1("GET", "HmacSHA1", G) };
        assert_eq!(request.verify(), Ok(()), "{name}");
        let raw = request.raw();
        let claim = Claim::parse(&raw).unwrap();
        let names: Vec<_> = claim.parameters().iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["A_B", "Nonce", "SecretId", "Timestamp"]);
        assert_eq!(claim.parameters()[0].1, "a b&c=é");
    }
}

#[test]
fn a_temporary_key_needs_its_token_and_a_lasting_one_has_none() {
    let temporary = TemporaryKey { token: "token-1", expires: UnixMillis(NOW.0 + 1) };
    let stale = TemporaryKey { expires: NOW, ..temporary };
    let rows = [
        ("token-1", Some(temporary), true),
        ("", None, true),
        ("token-2", Some(temporary), false),
        ("token-12", Some(temporary), false),
        ("", Some(temporary), false),
        ("token-1", Some(stale), false),
        ("token-1", None, false),
    ];
    for (token, key_kind, accepted) in rows {
        let request = Request::tc3(A).header("x-tc-token", token);
        let raw = request.raw();
        let result = Claim::parse(&raw).unwrap().verify(&raw, &key(), key_kind, NOW);
        match result {
            Ok(()) => assert!(accepted, "{token}"),
            Err(refused) => assert_eq!((refused.code(), accepted), ("AuthFailure.TokenFailure", false), "{token}"),
        }
    }
}

#[test]
fn debug_output_shows_no_signature_and_no_token() {
    let request = Request::tc3(A).header("x-tc-token", "token-1");
    let raw = request.raw();
    let claim = Claim::parse(&raw).unwrap();
    let temporary = TemporaryKey { token: "token-1", expires: NOW };
    let shown = format!("{raw:?} {claim:?} {temporary:?} {:?}", key());
    assert!(shown.contains("***"));
    for secret in [A, "token-1", SECRET_KEY, "48, 123"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_mismatch_shows_what_the_server_signed() {
    let refused = Request::tc3(A).authorized("iotexplorer", B).verify().unwrap_err().to_string();
    let canonical = "fbdb3a86f7d0205118e79576a7d9d53395377e1a82291b78e119f608e707630d";
    assert!(refused.contains("2024-11-22/iotexplorer/tc3_request") && refused.contains(canonical), "{refused}");
    let mut long = Request::v1("GET", "HmacSHA1", G);
    long.query = format!("{}&Long={}", long.query, "x".repeat(10_000));
    assert!(long.verify().unwrap_err().to_string().len() < 600);
}

#[test]
fn dates_are_utc_days_of_the_calendar() {
    let rows = [
        (0, "1970-01-01"),
        (86_399, "1970-01-01"),
        (86_400, "1970-01-02"),
        (951_782_399, "2000-02-28"),
        (951_782_400, "2000-02-29"),
        (951_868_800, "2000-03-01"),
        (1_732_300_000, "2024-11-22"),
        (1_735_689_599, "2024-12-31"),
        (4_107_542_400, "2100-03-01"),
        (999_999_999_999, "33658-09-27"),
    ];
    for (seconds, date) in rows {
        assert_eq!(tc3::utc_date(seconds), date);
    }
}
