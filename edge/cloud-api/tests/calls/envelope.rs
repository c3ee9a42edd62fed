//! What SDKs rely on around the parameters. Source: spec/cloud-api.md 1.

use axum::body::Body;
use axum::extract::Request;
use lianwu_cloud_api::signature::client::{Tc3Call, sign_tc3};
use lianwu_services::Limits;
use serde_json::{Value, json};

use super::support::{Caller, Cloud, HOST, code};

/// Are status, type and ids the same for a success and a failure?
#[tokio::test]
async fn every_answer_is_a_200_of_exactly_application_json() {
    let cloud = Cloud::new().await;
    for action in ["GetProjectList", "NoSuchAction"] {
        let mut request = cloud.post(&cloud.owner, action, "{}".into());
        request.headers_mut().insert("x-tc-traceid", "trace-7".parse().unwrap());
        let (status, headers, response) = cloud.send(request).await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["x-tc-traceid"], "trace-7");
        let id = response["RequestId"].as_str().unwrap();
        assert_eq!(headers["x-tc-requestid"], id);
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "UUID v4");
        assert_eq!(id, id.to_lowercase());
        assert_eq!(response.get("Error").is_some(), action == "NoSuchAction");
        assert_eq!(response.get("Projects").is_some(), action == "GetProjectList");
    }
}

/// Which code does each broken common parameter give?
#[tokio::test]
async fn common_parameters_are_checked_by_name() {
    let cloud = Cloud::new().await;
    let cases = [
        ("x-tc-action", None, "MissingParameter"),
        ("x-tc-action", Some("describeDevice"), "InvalidAction"),
        ("x-tc-action", Some("CreateTopicRule"), "UnsupportedOperation"),
        ("x-tc-version", None, "MissingParameter"),
        ("x-tc-version", Some("2019-04-24"), "NoSuchVersion"),
        ("x-tc-region", Some("ap-nowhere"), "UnsupportedRegion"),
        ("x-tc-timestamp", None, "MissingParameter"),
        ("x-tc-timestamp", Some("now"), "InvalidParameter"),
        ("authorization", Some("SKIP"), "AuthFailure.InvalidAuthorization"),
    ];
    for (header, value, expected) in cases {
        let mut request = cloud.post(&cloud.owner, "GetProjectList", "{}".into());
        match value {
            Some(value) => drop(request.headers_mut().insert(header, value.parse().unwrap())),
            None => drop(request.headers_mut().remove(header)),
        }
        assert_eq!(code(&cloud.send(request).await.2), expected, "{header} {value:?}");
    }
    let mut request = cloud.post(&cloud.owner, "GetProjectList", "{}".into());
    request.headers_mut().remove("x-tc-region");
    assert_eq!(cloud.send(request).await.2["Total"], 0, "a missing region is the default one");
}

#[tokio::test]
async fn an_unserved_operation_is_named() {
    let cloud = Cloud::new().await;
    let response = cloud.call(&cloud.owner, "CreateTopicRule", json!({})).await;
    assert!(response["Error"]["Message"].as_str().unwrap().contains("`CreateTopicRule` yet"));
    let response = cloud.call(&cloud.owner, "ActivateTWeTalk", json!({})).await;
    assert_eq!(code(&response), "UnsupportedOperation");
    assert!(response["Error"]["Message"].as_str().unwrap().contains("voice dialogue"));
}

#[tokio::test]
async fn messages_come_in_both_languages_and_chinese_by_default() {
    let cloud = Cloud::new().await;
    let text = |language: Option<&'static str>| {
        let mut request = cloud.post(&cloud.owner, "DescribeProject", "{}".into());
        match language {
            Some(tag) => drop(request.headers_mut().insert("x-tc-language", tag.parse().unwrap())),
            None => drop(request.headers_mut().remove("x-tc-language")),
        }
        async { cloud.send(request).await.2["Error"]["Message"].as_str().unwrap().to_owned() }
    };
    assert_eq!(text(Some("en-US")).await, "The required parameter `ProjectId` is missing.");
    assert_eq!(text(Some("zh-CN")).await, "缺少必填参数 `ProjectId`，请补充。");
    assert_eq!(text(None).await, "缺少必填参数 `ProjectId`，请补充。");
}

#[tokio::test]
async fn an_unreadable_query_is_refused_in_its_language() {
    let cloud = Cloud::new().await;
    let request = Request::get("/?Action=DescribeDevice&Language=en-US").header("Host", HOST).body(Body::empty());
    let response = cloud.send(request.unwrap()).await.2;
    assert_eq!(response["Error"]["Message"], "The parameter Authorization is missing.");
}

#[tokio::test]
async fn other_methods_and_large_requests_are_refused_in_an_envelope() {
    let cloud = Cloud::new().await;
    let put = Request::put("/").header("Host", HOST).header("X-TC-Action", "X").body(Body::empty()).unwrap();
    assert_eq!(code(&cloud.send(put).await.2), "UnsupportedProtocol");

    let large = cloud.post(&cloud.owner, "GetProjectList", " ".repeat(10 * 1024 * 1024 + 1));
    assert_eq!(code(&cloud.send(large).await.2), "RequestSizeLimitExceeded");

    let query = format!("/?Action={}", "a".repeat(32 * 1024));
    let long = Request::get(query).header("Host", HOST).body(Body::empty()).unwrap();
    assert_eq!(code(&cloud.send(long).await.2), "RequestSizeLimitExceeded");

    let form = Request::post("/")
        .header("Host", HOST)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Body::from("a".repeat(1024 * 1024 + 1)))
        .unwrap();
    assert_eq!(code(&cloud.send(form).await.2), "RequestSizeLimitExceeded");
}

/// Is a signature over a body too long for the event loop checked all the same?
#[tokio::test]
async fn long_bodies_are_verified() {
    let cloud = Cloud::new().await;
    let body = format!("{{{}}}", " ".repeat(300 * 1024));
    let response = cloud.send(cloud.post(&cloud.owner, "GetProjectList", body.clone())).await.2;
    assert_eq!(response["Total"], 0);
    let wrong = Caller { secret_key: cloud.stranger.secret_key.clone(), ..cloud.owner.clone() };
    let response = cloud.send(cloud.post(&wrong, "GetProjectList", body)).await.2;
    assert_eq!(code(&response), "AuthFailure.SignatureFailure");
}

#[tokio::test]
async fn unknown_keys_are_refused() {
    let cloud = Cloud::new().await;
    let unknown = Caller { secret_id: format!("AKID{}", "x".repeat(32)), ..cloud.owner.clone() };
    assert_eq!(code(&cloud.call(&unknown, "GetProjectList", json!({})).await), "AuthFailure.SecretIdNotFound");
    let malformed = Caller { secret_id: "XKID".into(), ..cloud.owner.clone() };
    assert_eq!(code(&cloud.call(&malformed, "GetProjectList", json!({})).await), "AuthFailure.InvalidSecretId");
}

pub fn get(cloud: &Cloud, action: &str, query: &str) -> Request {
    let signed = sign_tc3(&Tc3Call {
        method: "GET",
        host: HOST,
        content_type: "application/x-www-form-urlencoded",
        query,
        body: b"",
        service: "iotexplorer",
        secret_id: &cloud.owner.secret_id,
        secret_key: &cloud.owner.secret_key,
        now: super::support::NOW,
    });
    Request::get(format!("/?{query}"))
        .header("Host", HOST)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Authorization", signed.authorization)
        .header("X-TC-Timestamp", signed.timestamp)
        .header("X-TC-Action", action)
        .header("X-TC-Version", "2019-04-23")
        .body(Body::empty())
        .unwrap()
}

/// Signature v1 as SDKs of the older kind make it, here once more from the specification.
fn v1(cloud: &Cloud, method: &str, business: &[(&str, &str)]) -> Request {
    use base64::Engine as _;
    use hmac::Mac as _;

    let mut parameters: Vec<(&str, &str)> = business.to_vec();
    parameters.extend([
        ("Version", "2019-04-23"),
        ("Timestamp", "1732300000"),
        ("Nonce", "11886"),
        ("SecretId", &cloud.owner.secret_id),
        ("SignatureMethod", "HmacSHA256"),
        ("Language", "en-US"),
    ]);
    parameters.sort_unstable();
    let joined = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    let text = format!("{method}{HOST}/?{}", joined(&parameters));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(cloud.owner.secret_key.0.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let form = format!("{}&Signature={signature}", joined(&parameters));
    let request = match method {
        "GET" => Request::get(format!("/?{form}")).body(Body::empty()),
        _ => Request::post("/").header("Content-Type", "application/x-www-form-urlencoded").body(Body::from(form)),
    };
    let mut request = request.unwrap();
    request.headers_mut().insert("host", HOST.parse().unwrap());
    request
}

/// Do all four ways of sending a call reach the operation with its parameters?
#[tokio::test]
async fn all_ways_of_signing_reach_the_operation() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let find = |response: Value| response["Device"]["DeviceName"].as_str().map(str::to_owned);
    let query = format!("ProductId={product}&DeviceName=lamp1");
    let business = [("Action", "DescribeDevice"), ("ProductId", product.as_str()), ("DeviceName", "lamp1")];
    let body = json!({"ProductId": product, "DeviceName": "lamp1"}).to_string();
    for request in [
        cloud.post(&cloud.owner, "DescribeDevice", body),
        get(&cloud, "DescribeDevice", &query),
        v1(&cloud, "GET", &business),
        v1(&cloud, "POST", &business),
    ] {
        let way = format!("{} {}", request.method(), request.uri());
        assert_eq!(find(cloud.send(request).await.2).as_deref(), Some("lamp1"), "{way}");
    }
    let unsigned = v1(&cloud, "GET", &[("Action", "NoSuchAction")]);
    assert_eq!(code(&cloud.send(unsigned).await.2), "InvalidAction");
}

/// Are calls over the rate refused for that account and operation alone, until the next second?
#[tokio::test]
async fn calls_are_limited_per_account_and_operation() {
    let cloud = Cloud::with_limits(Limits { api_tps: 2, ..Limits::default() }).await;
    // Documented: 20 a second; scaled to a tenth.
    for _ in 0..2 {
        cloud.ok("GetProjectList", json!({})).await;
    }
    assert_eq!(cloud.refused("GetProjectList", json!({})).await, "RequestLimitExceeded");
    cloud.ok("GetStudioProductList", json!({})).await;
    assert_eq!(cloud.call(&cloud.stranger, "GetProjectList", json!({})).await["Total"], 0);
    cloud.clock.set(lianwu_model::UnixMillis(super::support::NOW.0 + 1000));
    cloud.ok("GetProjectList", json!({})).await;
}
