//! StartSimulation, StopSimulation, ListSimulations, with fleets that are only pretended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use lianwu_model::UnixMillis;
use lianwu_services::Limits;
use lianwu_services::simulation::{FleetFigures, FleetPlan, Fleets, RunningFleet, SIMULATIONS_MAX};
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code, new_product};

/// Remembers what was to run.
#[derive(Default)]
struct Pretended {
    plans: Mutex<Vec<FleetPlan>>,
    running: Mutex<Vec<Arc<AtomicBool>>>,
}

struct Fleet {
    is_running: Arc<AtomicBool>,
    figures: FleetFigures,
}

impl Fleets for Pretended {
    fn start(&self, plan: FleetPlan) -> Result<Box<dyn RunningFleet>, String> {
        let online = plan.devices.len() as u64;
        let last_failures = vec!["lamp-1: connect".to_owned()];
        let figures = FleetFigures { online, reports: 7, accepted: 5, refused: 2, last_failures, ..Default::default() };
        let is_running = Arc::new(AtomicBool::new(true));
        self.plans.lock().unwrap().push(plan);
        self.running.lock().unwrap().push(Arc::clone(&is_running));
        Ok(Box::new(Fleet { is_running, figures }))
    }
}

impl RunningFleet for Fleet {
    fn figures(&self) -> FleetFigures {
        self.figures.clone()
    }

    fn has_ended(&self) -> bool {
        !self.is_running.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.is_running.store(false, Ordering::Relaxed);
    }
}

impl Pretended {
    fn on(cloud: &Cloud) -> Arc<Self> {
        let fleets = Arc::new(Self::default());
        cloud.platform.simulations.run_with(fleets.clone());
        fleets
    }

    /// Names in the last plan.
    fn names(&self) -> Vec<String> {
        self.plans.lock().unwrap().last().unwrap().devices.iter().map(|device| device.name.to_string()).collect()
    }
}

async fn devices(cloud: &Cloud, product: &str, names: &[&str]) {
    for name in names {
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": name})).await;
    }
}

async fn count(cloud: &Cloud, product: &str) -> u64 {
    cloud.ok("GetDeviceList", json!({"ProductId": product})).await["Total"].as_u64().unwrap()
}

/// Are devices that are there and free played, in the order people count, and is what they do shown until they stop?
#[tokio::test]
async fn a_simulation_lives_and_ends() {
    let cloud = Cloud::new().await;
    let fleets = Pretended::on(&cloud);
    let product = cloud.lamp().await;
    devices(&cloud, &product, &["lamp-10", "lamp-9", "lamp-8", "lamp-7", "other"]).await;
    let find = |name: &str| cloud.platform.directory.find(product.parse().unwrap(), name).unwrap();
    find("lamp-8").set_online(true);
    find("lamp-7").set_enabled(false);
    let wish = json!({"ProductId": product, "DeviceCount": 2, "NamePrefix": "lamp-", "IntervalSeconds": 5, "Minutes": 3,
        "FaultPercent": 10});
    let started = cloud.ok("StartSimulation", wish).await["Simulation"].clone();
    assert_eq!(fleets.names(), ["lamp-9", "lamp-10"]);
    let plan = fleets.plans.lock().unwrap().last().unwrap().clone();
    assert_eq!((plan.interval_s, plan.minutes, plan.faults_percent), (5, 3, 10));
    assert_eq!(plan.devices[0].secret, find("lamp-9").secret);

    let listed = cloud.ok("ListSimulations", json!({})).await;
    assert_eq!((&listed["DevicesMax"], &listed["DevicesUsed"]), (&json!(1000), &json!(2)));
    let now = NOW.seconds();
    let expected = json!([{
        "SimulationId": started["SimulationId"], "ProductId": product, "Caller": "admin", "Running": true, "DeviceCount": 2,
        "NamePrefix": "lamp-", "IntervalSeconds": 5, "FaultPercent": 10, "StartTime": now, "EndTime": now + 180,
        "Created": 0, "Online": 2, "SignIns": 0, "Reports": 7, "Accepted": 5, "Refused": 2, "Events": 0, "Controls": 0,
        "Actions": 0, "Failures": 0, "LastFailures": ["lamp-1: connect"],
    }]);
    assert_eq!(listed["Simulations"], expected);

    cloud.clock.set(UnixMillis(NOW.0 + 60_000));
    let stop = json!({"ProductId": product, "SimulationId": started["SimulationId"]});
    let stopped = cloud.ok("StopSimulation", stop).await["Simulation"].clone();
    assert_eq!(
        (&stopped["Running"], &stopped["Online"], &stopped["EndTime"]),
        (&json!(false), &json!(0), &json!(now + 60))
    );
    assert_eq!(stopped["Reports"], 7);
    assert!(!fleets.running.lock().unwrap()[0].load(Ordering::Relaxed));
    assert_eq!(cloud.ok("ListSimulations", json!({})).await["DevicesUsed"], 0);
}

/// Are missing devices made with a number each, and deleted again, but not those that were there before?
#[tokio::test]
async fn missing_devices_are_made_and_deleted() {
    let cloud = Cloud::new().await;
    let fleets = Pretended::on(&cloud);
    let product = cloud.lamp().await;
    devices(&cloud, &product, &["sim-2"]).await;
    let wish = json!({"ProductId": product, "DeviceCount": 3, "NamePrefix": "sim", "CreateMissing": true});
    let started = cloud.ok("StartSimulation", wish.clone()).await["Simulation"].clone();
    assert_eq!(fleets.names(), ["sim-1", "sim-2", "sim-3"]);
    assert_eq!((&started["Created"], count(&cloud, &product).await), (&json!(2), 4));

    // The same devices twice would take each other's place.
    assert_eq!(cloud.refused("StartSimulation", wish).await, "FailedOperation");

    // It ended by itself; what was made for it can still be deleted, also when somebody was faster with one of them.
    fleets.running.lock().unwrap()[0].store(false, Ordering::Relaxed);
    assert_eq!(cloud.ok("ListSimulations", json!({})).await["Simulations"][0]["Running"], false);
    cloud.ok("DeleteDevice", json!({"ProductId": product, "DeviceName": "sim-3"})).await;
    let stop = json!({"ProductId": product, "SimulationId": started["SimulationId"], "DeleteCreated": true});
    assert_eq!(cloud.ok("StopSimulation", stop.clone()).await["Simulation"]["Created"], 0);
    assert_eq!(count(&cloud, &product).await, 2, "lamp1 and sim-2");
    cloud.ok("StopSimulation", stop).await;
    assert_eq!(count(&cloud, &product).await, 2);
}

/// Is everything that cannot be simulated refused, with nothing made?
#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let limits = Limits { api_tps: 0, dev_product_devices: 6, simulator_devices: 10, ..Limits::default() };
    let cloud = Cloud::with_limits(limits).await;
    let product = cloud.lamp().await;
    let start = |change: Value| {
        let mut wish = json!({"ProductId": product, "DeviceCount": 1});
        wish.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        cloud.refused("StartSimulation", wish)
    };
    assert_eq!(start(json!({})).await, "UnsupportedOperation", "nothing runs fleets");
    let _fleets = Pretended::on(&cloud);
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].as_str().unwrap().to_owned();
    let with = async |name: &str, change: Value| {
        let mut wish = new_product(&project, name);
        wish.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        cloud.ok("CreateStudioProduct", wish).await["Product"]["ProductId"].clone()
    };
    let certified = with("certified", json!({"EncryptionType": "1"})).await;
    let raw = with("raw", json!({"DataProtocol": 2})).await;
    let empty = with("empty", json!({})).await;
    for (change, expected) in [
        (json!({"DeviceCount": 0}), "InvalidParameterValue"),
        (json!({"DeviceCount": 11}), "InvalidParameterValue"),
        (json!({"IntervalSeconds": 0}), "InvalidParameterValue"),
        (json!({"Minutes": 1441}), "InvalidParameterValue"),
        (json!({"FaultPercent": 101}), "InvalidParameterValue"),
        (json!({"NamePrefix": "灯"}), "InvalidParameterValue"),
        (json!({"CreateMissing": true}), "InvalidParameterValue"),
        (json!({"DeviceCount": 2}), "FailedOperation"),
        (json!({"NamePrefix": "nobody"}), "FailedOperation"),
        (json!({"DeviceCount": 6, "NamePrefix": "sim", "CreateMissing": true}), "LimitExceeded.DeviceExceedLimit"),
        (json!({"ProductId": certified}), "UnsupportedOperation"),
        (json!({"ProductId": raw}), "UnsupportedOperation"),
        (json!({"ProductId": empty}), "UnsupportedOperation"),
        (json!({"ProductId": "0000000000"}), "ResourceNotFound.StudioProductNotExist"),
    ] {
        assert_eq!(start(change.clone()).await, expected, "{change}");
    }
    assert_eq!(count(&cloud, &product).await, 1);
    cloud
        .ok(
            "StartSimulation",
            json!({"ProductId": product, "DeviceCount": 5, "NamePrefix": "sim", "CreateMissing": true}),
        )
        .await;
    assert_eq!(start(json!({"DeviceCount": 6})).await, "LimitExceeded", "five of ten are taken");
    let stop = json!({"ProductId": product, "SimulationId": "sim-ghost"});
    assert_eq!(cloud.refused("StopSimulation", stop).await, "ResourceNotFound");
}

/// Are there only so many at a time, and do old ones make room?
#[tokio::test]
async fn simulations_are_counted() {
    let cloud = Cloud::with_limits(Limits { api_tps: 0, dev_product_devices: 0, ..Limits::default() }).await;
    let _fleets = Pretended::on(&cloud);
    let product = cloud.lamp().await;
    let wish =
        |prefix: &str| json!({"ProductId": product, "DeviceCount": 1, "NamePrefix": prefix, "CreateMissing": true});
    for round in 0..4 {
        let mut ids = Vec::new();
        for at in 0..SIMULATIONS_MAX {
            let started = cloud.ok("StartSimulation", wish(&format!("r{round}-{at}"))).await;
            ids.push(started["Simulation"]["SimulationId"].clone());
        }
        assert_eq!(cloud.refused("StartSimulation", wish("more")).await, "LimitExceeded");
        for id in ids {
            cloud.ok("StopSimulation", json!({"ProductId": product, "SimulationId": id})).await;
        }
    }
    let listed = cloud.ok("ListSimulations", json!({})).await;
    assert_eq!(listed["Simulations"].as_array().unwrap().len(), 30);
    assert_eq!(listed["Simulations"][0]["NamePrefix"], "r3-9", "the newest is first");
}

/// Does it take the rights for what is done on the way, and does nobody see what is not theirs?
#[tokio::test]
async fn rights_are_those_of_its_parts() {
    let cloud = Cloud::new().await;
    let _fleets = Pretended::on(&cloud);
    let product = cloud.lamp().await;
    let wish = json!({"ProductId": product, "DeviceCount": 1, "NamePrefix": "sim", "CreateMissing": true});
    let own = ["lianwu:StartSimulation", "lianwu:StopSimulation", "lianwu:ListSimulations"];
    for (name, more, expected) in [
        ("own", vec![], Some("UnauthorizedOperation")),
        ("reading", vec!["iotexplorer:DescribeDevice"], Some("UnauthorizedOperation")),
        ("making", vec!["iotexplorer:DescribeDevice", "iotexplorer:CreateDevice"], None),
    ] {
        let actions: Vec<_> = own.into_iter().chain(more).collect();
        let statement = json!({"effect": "allow", "action": actions, "resource": "*"});
        cloud.policy(name, &json!({"version": "2.0", "statement": [statement]})).await;
        let worker = cloud.sub_account(name, &[name]).await;
        let response = cloud.call(&worker, "StartSimulation", wish.clone()).await;
        assert_eq!(response["Error"]["Code"].as_str(), expected, "{name}: {response}");
        if expected.is_none() {
            let id = &response["Simulation"]["SimulationId"];
            let delete = json!({"ProductId": product, "SimulationId": id, "DeleteCreated": true});
            assert_eq!(code(&cloud.call(&worker, "StopSimulation", delete).await), "UnauthorizedOperation");
            assert_eq!(cloud.call(&worker, "ListSimulations", json!({})).await["Simulations"][0]["Running"], true);
        }
    }
    let theirs = cloud.call(&cloud.stranger, "ListSimulations", json!({})).await;
    assert_eq!(theirs["Simulations"], json!([]));
}

/// Are failures, which name their devices, kept from whoever may not see every device of the product?
#[tokio::test]
async fn failures_are_shown_to_whoever_sees_all_devices() {
    let cloud = Cloud::new().await;
    let _fleets = Pretended::on(&cloud);
    let product = cloud.lamp().await;
    cloud.ok("StartSimulation", json!({"ProductId": product, "DeviceCount": 1, "NamePrefix": "lamp"})).await;
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].as_str().unwrap();
    let resource = format!("qcs::iotexplorer:ap-guangzhou:uin/{}:project/{project}/product/{product}", cloud.owner.uin);
    let statement =
        json!({"effect": "allow", "action": "lianwu:ListSimulations", "resource": [resource, format!("{resource}/*")]});
    cloud.policy("lists", &json!({"version": "2.0", "statement": [statement]})).await;
    let worker = cloud.sub_account("worker", &["lists"]).await;
    let shown =
        async || cloud.call(&worker, "ListSimulations", json!({})).await["Simulations"][0]["LastFailures"].clone();
    assert_eq!(shown().await, json!(["lamp-1: connect"]));
    let tagged = json!({"ProductId": product, "DeviceName": "lamp1", "Tags": [{"Key": "floor", "Value": "2"}]});
    cloud.ok("SetTags", tagged).await;
    assert_eq!(shown().await, json!([]));
    let own = cloud.ok("ListSimulations", json!({})).await;
    assert_eq!(own["Simulations"][0]["LastFailures"], json!(["lamp-1: connect"]));
}
