//! Certificate products through the vendor's Python cloud SDK, unmodified, with authorities that openssl makes as the documents say.

use std::path::Path;
use std::process::Command;

use lianwu_testkit::{DEADLINE, LAMP_MODEL, SdkClient, Server, ServerOptions, now_ms, python, run_text, wait_for};
use serde_json::{Value, json};

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| lianwu_testkit::fail(format!("expected a text, got {value}"))).to_owned()
}

/// Runs openssl in the folder; what it prints.
#[track_caller]
fn openssl(folder: &Path, arguments: &str) -> String {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split_whitespace()).output();
    let output = output.unwrap_or_else(|error| lianwu_testkit::fail(format!("start openssl: {error}")));
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "openssl {arguments}: {error}");
    out.into_owned()
}

/// A certificate of the authority in the folder, as `NAME.pem`.
#[track_caller]
fn issue(folder: &Path, file: &str, common_name: &str) -> String {
    let request =
        format!("req -new -newkey rsa:2048 -nodes -keyout {file}.key -subj /CN={common_name} -out {file}.csr");
    openssl(folder, &request);
    let sign = format!("x509 -req -in {file}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out {file}.pem");
    openssl(folder, &sign);
    read(folder, &format!("{file}.pem"))
}

#[track_caller]
fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| lianwu_testkit::fail(format!("{name}: {error}")))
}

#[track_caller]
fn meter(sdk: &mut SdkClient, project: &str, name: &str) -> String {
    let request = json!({"ProjectId": project, "ProductName": name, "ProductDesc": "", "CategoryId": 3,
                         "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1});
    text(&sdk.call("CreateStudioProduct", &request)["Product"]["ProductId"])
}

/// Does openssl accept what the platform issues, and find the same authority after a restart?
#[test]
fn certificates_of_the_platform() {
    let mut server = Server::start(ServerOptions::default());
    let folder = tempfile::tempdir().unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    let write = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content)
            .unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    };
    let sdk = |server: &Server| SdkClient::start("the Python cloud SDK", python("cloud.py"), server, &json!({}));
    let mut client = sdk(&server);
    let project = client.call("CreateProject", &json!({"ProjectName": "energy", "ProjectDesc": ""}));
    let product = meter(&mut client, &text(&project["Project"]["ProjectId"]), "meter");
    let device = json!({"ProductId": product, "DeviceName": "m1"});
    let made = client.call("CreateDevice", &device)["Data"].clone();
    let authority = client.call("DescribeProductCA", &json!({"ProductId": product}))["CAs"].clone();
    write("ca.pem", &text(&authority[0]["CertText"]));
    write("m1.pem", &text(&made["DeviceCert"]));
    write("m1.key", &text(&made["DevicePrivateKey"]));
    assert_eq!(openssl(folder.path(), "verify -purpose sslclient -CAfile ca.pem m1.pem"), "m1.pem: OK\n");
    assert_eq!(
        openssl(folder.path(), "x509 -in m1.pem -noout -pubkey"),
        openssl(folder.path(), "pkey -in m1.key -pubout"),
        "the key belongs to the certificate"
    );
    let subject = openssl(folder.path(), "x509 -in m1.pem -noout -subject");
    assert!(subject.trim_end().ends_with(&format!("CN = {product}m1")), "{subject}");

    server.stop();
    server.restart();
    let mut client = sdk(&server);
    assert_eq!(client.call("DescribeProductCA", &json!({"ProductId": product}))["CAs"], authority);
    let described = client.call("DescribeDevice", &device)["Device"].clone();
    assert_eq!((&described["DeviceCert"], &described["DevicePsk"]), (&made["DeviceCert"], &json!("")));
}

/// Does a certificate alone let a device in and report, with no password, and a disabled device's no longer?
#[test]
fn a_certificate_is_all_a_device_needs() {
    let server = Server::start(ServerOptions::default().with_tls());
    let folder = tempfile::tempdir().unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    let folder = folder.path();
    let write = |name: &str, content: &str| {
        std::fs::write(folder.join(name), content).unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    };
    let mut sdk = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    let project = sdk.call("CreateProject", &json!({"ProjectName": "energy", "ProjectDesc": ""}));
    let product = meter(&mut sdk, &text(&project["Project"]["ProjectId"]), "meter");
    sdk.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": LAMP_MODEL}));
    for name in ["m1", "m2"] {
        let made = sdk.call("CreateDevice", &json!({"ProductId": product, "DeviceName": name}))["Data"].clone();
        write(&format!("{name}.pem"), &text(&made["DeviceCert"]));
        write(&format!("{name}.key"), &text(&made["DevicePrivateKey"]));
    }
    let address = server.mqtts_address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let publish = |client: &str, certificate: &str, value: i64| {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", &host, "-p", &port, "-q", "1", "-i", &format!("{product}{client}")]);
        command.arg("--cafile").arg(server.data().join("tls/ca.crt"));
        command.arg("--cert").arg(folder.join(format!("{certificate}.pem")));
        command.arg("--key").arg(folder.join(format!("{certificate}.key")));
        let report = json!({"method": "report", "clientToken": "1", "params": {"brightness": value}}).to_string();
        command.args(["-t", &format!("$thing/up/property/{product}/{client}"), "-m", &report]);
        run_text("mosquitto_pub --cert", &mut command, "")
    };
    publish("m1", "m1", 7).succeeded();
    let latest = |sdk: &mut SdkClient| {
        let data = sdk.call("DescribeDeviceData", &json!({"ProductId": product, "DeviceName": "m1"}))["Data"].clone();
        serde_json::from_str::<Value>(&text(&data)).unwrap_or_default()["brightness"]["Value"].clone()
    };
    assert_eq!(latest(&mut sdk), 7);
    assert_ne!(publish("m1", "m2", 8).code, Some(0), "another device's certificate");

    let items = json!({"DevicesItems": [{"ProductId": product, "DeviceName": "m1"}], "Status": 0});
    sdk.call("UpdateDevicesEnableState", &items);
    let mut arguments = vec!["s_client".to_owned(), "-connect".to_owned(), address.to_string()];
    arguments.extend(["-cert", "m1.pem", "-key", "m1.key"].map(str::to_owned));
    let mut client = Command::new("openssl");
    let shaken = run_text("openssl s_client", client.current_dir(folder).args(&arguments), "");
    assert!(shaken.stdout.contains("CONNECTED"), "{shaken:?}");
    let cloud = server.cloud();
    let range = json!({"MinTime": now_ms() - 60_000, "MaxTime": now_ms() + 60_000,
                       "Keywords": format!("productid:{product} devicename:m1")});
    wait_for("the refusal in the product's log", DEADLINE, || {
        let listed = cloud.try_call_of("2021-04-08", "ListLog", &range);
        let listed = listed.unwrap_or_else(|refused| lianwu_testkit::fail(format!("{refused:?}")));
        listed.to_string().contains("the device is disabled").then_some(())
    });
    assert_eq!(latest(&mut sdk), 7);
}

/// Do all nine operations of private authorities work, by the steps of the documents?
#[test]
fn authorities_of_an_account() {
    let server = Server::start(ServerOptions::default());
    let folder = tempfile::tempdir().unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    let folder = folder.path();
    let mut sdk = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    let uin = server.first_run("uin");
    std::fs::write(folder.join("name"), format!("iothub_{uin}"))
        .unwrap_or_else(|error| lianwu_testkit::fail(error.to_string()));
    let digest = openssl(folder, "dgst -sha256 -r name");
    let name = digest.split(' ').next().unwrap_or_default();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=factory -days 30 -out ca.pem");
    let (ca, proof) = (read(folder, "ca.pem"), issue(folder, "proof", name));

    let wrong = issue(folder, "wrong", "somebody");
    let refused = sdk.refused("CreatePrivateCA", &json!({"CertName": "f", "CertText": ca, "VerifyCertText": wrong}));
    assert_eq!(refused.code, "InvalidParameterValue.CACertNotMatch");
    let parameters = json!({"CertName": "factory", "CertText": ca, "VerifyCertText": proof});
    sdk.call("CreatePrivateCA", &parameters);
    sdk.call("UpdatePrivateCA", &parameters);
    assert_eq!(sdk.call("DescribePrivateCA", &json!({"CertName": "factory"}))["CA"]["CertText"], json!(ca));
    assert_eq!(sdk.call("DescribePrivateCAs", &json!({}))["CAs"].as_array().map(Vec::len), Some(1));

    let project = sdk.call("CreateProject", &json!({"ProjectName": "energy", "ProjectDesc": ""}));
    let product = meter(&mut sdk, &text(&project["Project"]["ProjectId"]), "meter");
    sdk.call("UpdateProductPrivateCA", &json!({"ProductId": product, "CertName": "factory"}));
    let shown = sdk.call("DescribeProductCA", &json!({"ProductId": product}))["CAs"].clone();
    assert_eq!(shown[0]["CertName"], "factory");
    let page = json!({"CertName": "factory", "Offset": 0, "Limit": 10});
    let bound = sdk.call("DescribePrivateCABindedProducts", &page)["Products"].clone();
    assert_eq!(bound[0]["ProductId"], json!(product));

    let own = issue(folder, "m1", &format!("{product}m1"));
    let made = sdk.call("CreateDevice", &json!({"ProductId": product, "DeviceName": "m1", "TlsCrt": own}));
    assert_eq!(made["Data"]["DeviceCert"], json!(own));
    let other = json!({"ProductId": product, "DeviceName": "m2", "TlsCrt": own});
    assert_eq!(sdk.refused("CreateDevice", &other).code, "InvalidParameterValue.CACertInvalid");

    let in_use = sdk.refused("DeletePrivateCA", &json!({"CertName": "factory"}));
    assert_eq!(in_use.code, "LimitExceeded.CAAlreadyBindProduct");
    sdk.call("DeleteProductPrivateCA", &json!({"ProductId": product}));
    sdk.call("DeletePrivateCA", &json!({"CertName": "factory"}));
    assert_eq!(sdk.call("DescribePrivateCAs", &json!({}))["CAs"], json!([]));
}
