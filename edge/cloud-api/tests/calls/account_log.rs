//! The account's own log, the diagnosis of its backends, and what a search over all products shows to whom.

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::record::account::{AccountEvent, AccountLine};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use serde_json::{Value, json};

use crate::support::{Caller, Cloud, NOW};

fn happens(cloud: &Cloud, by: &Caller, event: AccountEvent, client_id: &str, topic: &str, why: &str) {
    let facts = format!("uin:{},secretid:{},clientip:192.0.2.1", by.uin, by.secret_id);
    let line = AccountLine { owner: by.uin, event, client_id, topic, why, facts: &facts, time: NOW };
    let mut batch = RecordBatch::default();
    line.write(|record| batch.push(record));
    commit(cloud, batch);
}

fn commit(cloud: &Cloud, batch: RecordBatch) {
    cloud.platform.log.submit(batch, Box::new(|outcome| assert!(outcome.is_ok()))).unwrap();
}

fn ask(more: &Value) -> Value {
    let mut request = json!({"MinTime": NOW.0 - 1000, "MaxTime": NOW.0 + 1000});
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        request[key] = value;
    }
    request
}

fn clients(found: &Value) -> Vec<&str> {
    let rows = found["Rows"].as_array();
    rows.into_iter().flatten().filter_map(|row| row["ClientId"].as_str()).collect()
}

#[tokio::test]
async fn an_account_reads_what_happened_to_its_own_backends() {
    let cloud = Cloud::new().await;
    happens(&cloud, &cloud.owner, AccountEvent::Connected, "plant", "", "");
    happens(&cloud, &cloud.stranger, AccountEvent::Connected, "theirs", "", "");
    happens(&cloud, &cloud.owner, AccountEvent::PublishRefused, "plant", "$thing/x", "no right");
    happens(&cloud, &cloud.owner, AccountEvent::ConnectRefused, "plant-2", "", "password does not match: x");
    let found = cloud.ok("ListAccountLog", ask(&json!({}))).await;
    assert_eq!(clients(&found), ["plant-2", "plant", "plant"]);
    let secret_id = &cloud.owner.secret_id;
    let uin = cloud.owner.uin.to_string();
    assert_eq!(
        found["Rows"][1],
        json!({
            "Time": NOW.0, "Event": "publish_refused", "ClientId": "plant", "Uin": uin, "SecretId": secret_id,
            "Topic": "$thing/x", "Result": "FAIL, no right", "Count": 1,
            "Content": format!("Backend publish message to topic:$thing/x,uin:{uin},secretid:{secret_id},clientip:192.0.2.1"),
        })
    );
    let theirs = cloud.call(&cloud.stranger, "ListAccountLog", ask(&json!({}))).await;
    assert_eq!(clients(&theirs), ["theirs"]);

    let of_one = cloud.ok("ListAccountLog", ask(&json!({"ClientId": "plant"}))).await;
    assert_eq!(clients(&of_one), ["plant", "plant"]);
    let refused = json!({"Events": ["connect_refused", "publish_refused"], "Keyword": "password"});
    assert_eq!(clients(&cloud.ok("ListAccountLog", ask(&refused)).await), ["plant-2"]);
    for wrong in [json!({"Events": ["x"]}), json!({"Limit": 0}), json!({"Limit": 101})] {
        assert_eq!(cloud.refused("ListAccountLog", ask(&wrong)).await, "InvalidParameterValue", "{wrong}");
    }
    let nobody = cloud.sub_account("nobody", &[]).await;
    let denied = cloud.call(&nobody, "ListAccountLog", ask(&json!({}))).await;
    assert_eq!(denied["Error"]["Code"], "UnauthorizedOperation");
}

#[tokio::test]
async fn pages_of_the_account_log_go_on() {
    let cloud = Cloud::new().await;
    for at in 0..5 {
        happens(&cloud, &cloud.owner, AccountEvent::Connected, &format!("client-{at}"), "", "");
    }
    let mut request = ask(&json!({"Limit": 2}));
    let mut seen = Vec::new();
    loop {
        let page = cloud.ok("ListAccountLog", request.clone()).await;
        seen.extend(clients(&page).into_iter().map(str::to_owned));
        if page["Listover"] == true {
            break;
        }
        request["Context"] = page["Context"].clone();
        assert!(seen.len() < 10);
    }
    assert_eq!(seen, ["client-4", "client-3", "client-2", "client-1", "client-0"]);
    request["ClientId"] = json!("client-1");
    assert_eq!(cloud.refused("ListAccountLog", request).await, "InvalidParameterValue", "another search's context");
}

#[tokio::test]
async fn a_backend_has_a_diagnosis_in_both_languages() {
    let cloud = Cloud::new().await;
    let unseen = cloud.ok("DescribeBackendDiagnosis", json!({"ClientId": "plant"})).await;
    assert_eq!(unseen["Problems"][0]["Id"], "backend-unseen");
    let why = "password does not match: wrong SecretKey";
    happens(&cloud, &cloud.owner, AccountEvent::ConnectRefused, "plant", "", why);
    let found = cloud.ok("DescribeBackendDiagnosis", json!({"ClientId": "plant"})).await;
    let problem = &found["Problems"][0];
    assert_eq!(
        (&problem["Id"], &problem["Severity"], &problem["Count"]),
        (&json!("backend-password"), &json!("error"), &json!(1))
    );
    assert_eq!(problem["Title"], "Sign-in refused: the password does not fit");
    let evidence = format!("Backend connect,clientip:192.0.2.1 -> FAIL, {why}");
    assert_eq!(problem["Evidence"][0]["Text"], evidence, "without the key");
    let body = json!({"ClientId": "plant"}).to_string();
    let mut request = cloud.post(&cloud.owner, "DescribeBackendDiagnosis", body);
    request.headers_mut().insert("x-tc-language", "zh-CN".parse().unwrap());
    let (_, _, answer) = cloud.send(request).await;
    assert_eq!(answer["Problems"][0]["Title"], "登录被拒绝：密码不正确");
    happens(&cloud, &cloud.owner, AccountEvent::Connected, "plant", "", "");
    let cured = cloud.ok("DescribeBackendDiagnosis", json!({"ClientId": "plant"})).await;
    assert_eq!(cured["Problems"], json!([]));
}

/// Is a backend that is quiet not taken for one that was never heard, behind so many lines of another one?
#[tokio::test]
async fn a_quiet_backend_is_found_behind_a_busy_one() {
    let cloud = Cloud::new().await;
    happens(&cloud, &cloud.owner, AccountEvent::Connected, "plant", "", "");
    let facts = format!("uin:{},secretid:{},clientip:192.0.2.1", cloud.owner.uin, cloud.owner.secret_id);
    let (owner, event) = (cloud.owner.uin, AccountEvent::Connected);
    let line = AccountLine { owner, event, client_id: "plant-2", topic: "", why: "", facts: &facts, time: NOW };
    for _ in 0..45 {
        let mut batch = RecordBatch::default();
        (0..1000).for_each(|_| line.write(|record| batch.push(record)));
        commit(&cloud, batch);
    }
    let found = cloud.ok("DescribeBackendDiagnosis", json!({"ClientId": "plant"})).await;
    assert_eq!(found["Problems"], json!([]));
    let unseen = cloud.ok("DescribeBackendDiagnosis", json!({"ClientId": "lant"})).await;
    assert_eq!(unseen["Problems"][0]["Id"], "backend-unseen");
}

/// Does a search over all products show a sub-account nothing of devices that a tag hides from it?
#[tokio::test]
async fn a_search_over_all_products_leaves_hidden_devices_out() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "hidden"})).await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "gone"})).await;
    let tags = json!([{"Key": "team", "Value": "a"}]);
    cloud.ok("SetTags", json!({"ProductId": product, "DeviceName": "hidden", "Tags": tags})).await;
    for device in ["lamp1", "hidden", "gone"] {
        cloud.device_says(&product, device, RecordKind::Connected, NOW, "clientip:192.0.2.1");
    }
    // Refused before it was known who it is: under the name of the hidden device, and of nobody.
    for device in [" hidden", "nobody"] {
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind: RecordKind::ConnectRefused,
            qos: 0,
            packet_id: 0,
            code: 5,
            number: DeviceNumber::NONE,
            product: product.parse::<ProductId>().unwrap(),
            device,
            sample_time: UnixMillis(NOW.0),
            topic: "",
            note: "hmac sign error",
            payload: b"",
        });
        commit(&cloud, batch);
    }
    cloud.ok("DeleteDevice", json!({"ProductId": product, "DeviceName": "gone"})).await;

    let names = |found: &Value| {
        let rows = found["Results"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["DeviceName"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let all = cloud.ok("ListLog", ask(&json!({}))).await;
    assert_eq!(names(&all), ["nobody", " hidden", "gone", "hidden", "lamp1"], "the main account sees all");

    let allow = json!({"effect": "allow", "action": "iotcloud:ListLog", "resource":
        format!("qcs::iotexplorer:gz:uin/{}:project/*/product/{product}/*", cloud.owner.uin)});
    let product_itself = json!({"effect": "allow", "action": "iotcloud:ListLog", "resource":
        format!("qcs::iotexplorer:gz:uin/{}:project/*/product/{product}", cloud.owner.uin)});
    cloud.policy("logs", &json!({"version": "2.0", "statement": [allow, product_itself]})).await;
    let viewer = cloud.sub_account("viewer", &["logs"]).await;
    let found = cloud.call(&viewer, "ListLog", ask(&json!({}))).await;
    assert_eq!(names(&found), ["nobody", "lamp1"], "{found}");
    let by_name = json!({"Keywords": format!("productid:{product} devicename:hidden")});
    let denied = cloud.call(&viewer, "ListLog", ask(&by_name)).await;
    assert_eq!(denied["Error"]["Code"], "UnauthorizedOperation");

    // Page by page: what is left out takes no place on a page.
    let mut request = ask(&json!({"MaxNum": 1}));
    let first = cloud.call(&viewer, "ListLog", request.clone()).await;
    assert_eq!((names(&first), &first["Listover"]), (vec!["nobody".to_owned()], &json!(false)));
    request["Context"] = first["Context"].clone();
    let second = cloud.call(&viewer, "ListLog", request).await;
    assert_eq!((names(&second), &second["Listover"]), (vec!["lamp1".to_owned()], &json!(true)));
}
