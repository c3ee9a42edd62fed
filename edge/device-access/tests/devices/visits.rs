//! Devices without a connection: they sign in, are counted and limited like those with one.

use std::net::SocketAddr;

use lianwu_device_access::{AccessOptions, Listen};
use lianwu_ports::record::RecordKind;
use lianwu_ports::states::DeviceState;
use lianwu_services::logs::notes;
use lianwu_services::telemetry;
use serde_json::{Value, json};

use super::coap;
use super::harness::{NOW, PRODUCT, World, up};
use super::http::{Scene, options};

const KINDS: [RecordKind; 3] = [RecordKind::Connected, RecordKind::ConnectRefused, RecordKind::PropertyReport];

fn kinds(world: &World, name: &str) -> Vec<RecordKind> {
    world.records_of(PRODUCT, name).into_iter().map(|(kind, ..)| kind).filter(|kind| KINDS.contains(kind)).collect()
}

fn state(scene: &Scene, name: &str) -> DeviceState {
    scene.world.settle();
    scene.runtime.block_on(telemetry::latest(&scene.world.platform, scene.world.number(name))).unwrap()
}

fn publish(scene: &Scene, name: &str, params: &str) -> Value {
    let body = json!({"ProductId": PRODUCT, "DeviceName": name, "TopicName": up("property", name),
                      "Payload": format!(r#"{{"method":"report","clientToken":"1","params":{params}}}"#), "Qos": 1});
    scene.signed("/device/publish", "hmacsha256", &scene.device_secret(name), &body)
}

fn token(scene: &Scene, name: &str) -> Value {
    let body = json!({"ProductId": PRODUCT, "DeviceName": name});
    scene.signed("/device/token", "hmacsha256", &scene.device_secret(name), &body)
}

/// A device that only publishes over HTTP is activated by its first message, with one record for many messages.
#[test]
fn a_device_that_only_publishes_over_http_was_there() {
    let scene = Scene::new(&options());
    assert_eq!(state(&scene, "lamp-1").activated, None);
    for value in 1..4 {
        let answer = publish(&scene, "lamp-1", &format!(r#"{{"brightness":{value}}}"#));
        assert_eq!(answer.get("Error"), None, "{answer}");
    }
    use RecordKind::{Connected, PropertyReport};
    assert_eq!(kinds(&scene.world, "lamp-1"), [Connected, PropertyReport, PropertyReport, PropertyReport]);
    let state = state(&scene, "lamp-1");
    assert_eq!((state.activated, state.last_login), (Some(NOW), Some(NOW)));
}

/// One whose first message the thing model refuses was there all the same; one whose signature is wrong was not.
#[test]
fn a_refused_message_shows_the_device_too() {
    let mut scene = Scene::new(&options());
    let answer = publish(&scene, "lamp-1", r#"{"nonsense":1}"#);
    assert_eq!(answer["Error"]["Code"], "InvalidParameterValue", "{answer}");
    assert_eq!(state(&scene, "lamp-1").activated, Some(NOW));
    let body =
        json!({"ProductId": PRODUCT, "DeviceName": "lamp-2", "TopicName": up("property", "lamp-2"), "Payload": "{}"});
    let answer = scene.signed("/device/publish", "hmacsha256", "another secret", &body);
    assert_eq!(answer["Error"]["Code"], "AuthFailure.SignatureFailure", "{answer}");
    assert_eq!(state(&scene, "lamp-2").activated, None);
    scene.world.stop();
    assert_eq!(kinds(&scene.world, "lamp-2"), [RecordKind::ConnectRefused]);
}

/// A token is a sign-in: on record, and not more often than any other.
#[test]
fn a_token_is_a_sign_in() {
    let mut scene = Scene::new(&AccessOptions { device_connects_per_5s: 1, ..options() });
    assert!(token(&scene, "lamp-1")["Token"].is_string());
    assert_eq!(state(&scene, "lamp-1").last_login, Some(NOW));
    let refused = token(&scene, "lamp-1");
    assert_eq!(refused["Error"]["Code"], "RequestLimitExceeded", "{refused}");
    assert!(refused["Error"]["Message"].as_str().unwrap().ends_with("see limits.device_connects_per_5s"), "{refused}");
    assert!(token(&scene, "lamp-2")["Token"].is_string(), "another device");
    // A refusal is answered before it is on record.
    scene.world.stop();
    assert_eq!(kinds(&scene.world, "lamp-1"), [RecordKind::Connected, RecordKind::ConnectRefused]);
}

/// All sign-ins together, over HTTP as over CoAP: refused, counted in the device's log once a window.
#[test]
fn sign_ins_of_all_devices_together() {
    let mut scene = Scene::new(&AccessOptions { instance_connects_per_s: 1, ..options() });
    let refused: Vec<Value> = (1..4).map(|n| token(&scene, &format!("lamp-{n}"))["Error"].clone()).collect();
    let refused: Vec<_> = refused.iter().filter(|error| !error.is_null()).collect();
    assert!(!refused.is_empty() && refused.iter().all(|error| error["Code"] == "RequestLimitExceeded"), "{refused:?}");
    scene.world.stop();
    assert_eq!(scene.world.first(RecordKind::RateLimited).1, notes::SIGN_IN_OVER_RATE);

    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listen = Listen { mqtt: Some(any), coap: Some(any), ..Listen::default() };
    let mut world = World::listening(listen, &AccessOptions { instance_connects_per_s: 1, ..options() });
    let answers: Vec<String> = (1..4).map(|n| coap::authenticated(&world, &format!("lamp-{n}"))).collect();
    assert!(answers.iter().any(|answer| answer.contains("limits.instance_connects_per_s")), "{answers:?}");
    world.stop();
    assert_eq!(world.first(RecordKind::RateLimited).1, notes::SIGN_IN_OVER_RATE);
}

/// Messages that wait for the instance are counted over HTTP and CoAP, as over MQTT.
#[test]
fn waits_for_the_instance_are_counted() {
    let mut scene = Scene::new(&AccessOptions { instance_tps: 2, ..options() });
    for value in 1..5 {
        let answer = publish(&scene, "lamp-1", &format!(r#"{{"brightness":{value}}}"#));
        assert_eq!(answer.get("Error"), None, "{answer}");
    }
    scene.world.stop();
    assert_eq!(scene.world.first(RecordKind::RateLimited).1, notes::UP_OVER_INSTANCE_RATE);
}
