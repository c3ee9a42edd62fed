//! `prepare` and `verify` against a small HTTP server that answers like the cloud API.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

use lianwu_bench::{
    args::{Api, PrepareArgs, VerifyArgs},
    identity, prepare,
    record::{Header, RecordFile},
    verify,
};
use lianwu_model::thing_model::ThingModel;
use serde_json::{Value, json};

type Answer = Arc<Mutex<dyn FnMut(&str, &Value) -> Value + Send>>;

/// Starts an API whose operations are answered by `answer`: the fields of `Response`.
fn api(answer: impl FnMut(&str, &Value) -> Value + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer: Answer = Arc::new(Mutex::new(answer));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || serve(stream.unwrap(), &answer));
        }
    });
    address
}

fn serve(mut stream: TcpStream, answer: &Answer) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut action, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if input.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("x-tc-action", _)) => action = line["x-tc-action: ".len()..].trim_end().to_owned(),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("authorization", value)) => assert!(value.starts_with("tc3-hmac-sha256 credential=akid/")),
                _ if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body).unwrap();
        let fields = (answer.lock().unwrap())(&action, &serde_json::from_slice(&body).unwrap());
        let text = json!({"Response": fields}).to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        stream.write_all(format!("{head}{text}").as_bytes()).unwrap();
    }
}

fn access(address: SocketAddr) -> Api {
    Api {
        api: Some(address.to_string()),
        secret_id: Some("AKID".into()),
        secret_key: Some("key".into()),
        first_run: None,
        region: "ap-guangzhou".into(),
        connections: 3,
    }
}

/// A file that is gone after the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("lianwu-bench-cloud-{}-{name}", std::process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Are project, product, a valid model and the devices made, a rate limit waited for, and the secrets kept?
#[tokio::test]
async fn prepare_makes_devices() {
    let secrets = Arc::new(Mutex::new(Vec::new()));
    let made = Arc::clone(&secrets);
    let mut calls = 0;
    let address = api(move |action, request| {
        calls += 1;
        match action {
            "CreateProject" => json!({"Project": {"ProjectId": "prj-a1b2c3d4"}, "RequestId": "r"}),
            "CreateStudioProduct" => {
                assert_eq!(request["ProjectId"], "prj-a1b2c3d4");
                json!({"Product": {"ProductId": "BENCH00001"}, "RequestId": "r"})
            }
            "ModifyModelDefinition" => {
                ThingModel::parse(request["ModelSchema"].as_str().unwrap()).unwrap();
                json!({"RequestId": "r"})
            }
            "CreateDevice" if calls == 5 => {
                json!({"Error": {"Code": "RequestLimitExceeded", "Message": "slow"}, "RequestId": "r"})
            }
            "CreateDevice" => {
                assert_eq!(request["ProductId"], "BENCH00001");
                let text = |name: &str| request[name].as_str().unwrap().to_owned();
                made.lock().unwrap().push((text("DeviceName"), text("DefinedPsk")));
                json!({"Data": {}, "RequestId": "r"})
            }
            other => json!({"Error": {"Code": "InvalidAction", "Message": other}, "RequestId": "r"}),
        }
    });
    for model in ["bench", "rare"] {
        secrets.lock().unwrap().clear();
        let out = TempFile::new(&format!("devices-{model}"));
        let args = PrepareArgs {
            api: access(address),
            devices: 20,
            model: model.into(),
            prefix: "b".into(),
            out: out.0.clone(),
            gateway_out: None,
        };
        let devices = prepare::prepare(&args).await.unwrap();
        assert_eq!(identity::read_devices(&out.0).unwrap(), devices);
        let mut made = secrets.lock().unwrap().clone();
        made.sort();
        let written: Vec<_> = devices.into_iter().map(|device| (device.device, device.secret)).collect();
        assert_eq!(written, made);
        assert_eq!((written.len(), written[19].0.as_str()), (20, "b00019"));
    }
}

/// Is a gateway made that may have the devices, and is each bound to it once?
#[tokio::test]
async fn prepare_makes_a_gateway() {
    let bound = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&bound);
    let address = api(move |action, request| match action {
        "CreateProject" => json!({"Project": {"ProjectId": "prj-a1b2c3d4"}}),
        "CreateStudioProduct" if request["ProductType"] == 5 => json!({"Product": {"ProductId": "GATE000001"}}),
        "CreateStudioProduct" => json!({"Product": {"ProductId": "BENCH00001"}}),
        "ModifyModelDefinition" | "CreateDevice" => json!({"Data": {}}),
        "BindProducts" => {
            assert_eq!(*request, json!({"GatewayProductId": "GATE000001", "ProductIds": ["BENCH00001"]}));
            json!({})
        }
        "BindDevices" => {
            assert_eq!(
                (&request["GatewayProductId"], &request["GatewayDeviceName"], &request["ProductId"]),
                (&json!("GATE000001"), &json!("bgateway"), &json!("BENCH00001"))
            );
            let some = request["DeviceNames"].as_array().unwrap();
            assert!(some.len() <= 100);
            names.lock().unwrap().extend(some.iter().map(|name| name.as_str().unwrap().to_owned()));
            json!({})
        }
        other => json!({"Error": {"Code": "InvalidAction", "Message": other}}),
    });
    let (out, gateway) = (TempFile::new("behind"), TempFile::new("gateway"));
    let args = PrepareArgs {
        api: access(address),
        devices: 230,
        model: "bench".into(),
        prefix: "b".into(),
        out: out.0.clone(),
        gateway_out: Some(gateway.0.clone()),
    };
    let devices = prepare::prepare(&args).await.unwrap();
    let expected: Vec<_> = devices.into_iter().map(|device| device.device).collect();
    assert_eq!(*bound.lock().unwrap(), expected);
    let gateway = identity::read_devices(&gateway.0).unwrap();
    assert_eq!((gateway.len(), gateway[0].product.as_str(), gateway[0].device.as_str()), (1, "GATE000001", "bgateway"));
}

/// A history of `count` reports for each device, one of which may be missing.
fn history(count: u64, missing: Option<u64>) -> impl FnMut(&str, &Value) -> Value + Send + 'static {
    move |action, request| {
        assert_eq!((action, &request["FieldName"]), ("DescribeDeviceDataHistory", &json!("seq")));
        assert_eq!((&request["MinTime"], &request["MaxTime"]), (&json!(1_001), &json!(1_000 + count)));
        let start: u64 = request["Context"].as_str().unwrap_or("1").parse().unwrap();
        let end = start + request["Limit"].as_u64().unwrap();
        let rows: Vec<_> = (start..end.min(count + 1))
            .filter(|&sequence| Some(sequence) != missing)
            .map(|sequence| json!({"Time": (1_000 + sequence).to_string(), "Value": sequence.to_string()}))
            .collect();
        json!({"FieldName": "seq", "Listover": end > count, "Context": end.to_string(), "Results": rows, "RequestId": "r"})
    }
}

/// Is a history of several pages read to its end, and a single missing report found?
#[tokio::test]
async fn verify_reads_every_page() {
    let record = TempFile::new("record");
    let devices = (0..5).map(|number| ("BENCH00001".to_owned(), format!("b{number}"))).collect();
    let file = RecordFile::create(&record.0, &Header { property: "seq".into(), devices }).unwrap();
    let mut recorder = file.recorder();
    for sequence in 1..=250 {
        (0..5).for_each(|device| recorder.add(device, sequence, 1_000 + sequence));
    }
    recorder.finish().unwrap();

    for (missing, expected) in [(None, 0), (Some(101), 5)] {
        let args = VerifyArgs { api: access(api(history(250, missing))), record: record.0.clone() };
        let verdict = verify::verify(&args).await.unwrap();
        assert_eq!((verdict.acknowledged, verdict.pages, verdict.missing), (1_250, 15, expected));
        assert_eq!(verdict.found, 1_250 - expected);
        assert_eq!(verdict.is_good(), expected == 0);
    }
}
