//! A device crosses a fence and is told; what it answers is taken.

use lianwu_device_access::AccessOptions;
use lianwu_model::fence::{Alert, AlertId};
use lianwu_model::product::StoredThingModel;
use lianwu_model::thing_model::{ThingModel, Validator};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_ports::registry::fences::{AlertFilter, FenceProgress};
use lianwu_ports::registry::{Slice, suite};
use lianwu_services::catalog::CompiledModel;
use lianwu_services::device::DeviceRef;
use lianwu_services::fence::watch::FenceWatch;
use lianwu_services::fence::{self, AlertsOf, BindText, FenceText, SpaceText};
use serde_json::json;

use super::harness::{NOW, PRODUCT, Wire, down, up};
use super::http::{Scene, options};

const MODEL: &str = include_str!("../../../../spec/thing-models/locator.json");

const AREA: &str =
    r#"{"type":"Polygon","coordinates":[[[113.0,22.0],[114.0,22.0],[114.0,23.0],[113.0,23.0],[113.0,22.0]]]}"#;

const OWNER: Uin = Uin(100_000_000_001);

/// Locators that are bound to a fence, `lamp-0` and `lamp-1`, and a watch.
struct Site {
    scene: Scene,
    watch: Option<FenceWatch>,
}

impl Site {
    fn new(options: &AccessOptions) -> Self {
        let scene = Scene::new(options);
        let platform = &scene.world.platform;
        let product = PRODUCT.parse().unwrap();
        let definition = ThingModel::parse(MODEL).unwrap();
        let validator = Validator::compile(&definition);
        let stored = StoredThingModel { product, text: MODEL.into(), created: NOW, updated: NOW };
        platform.catalog.put_model(CompiledModel { stored, definition, validator });
        let watch = scene.runtime.block_on(async {
            let devices = ["lamp-0", "lamp-1"].map(|name| suite::device(PRODUCT, name, &[]));
            let made = platform.stores.devices.create_devices(devices.to_vec()).await.unwrap();
            let numbers: Vec<_> = made.iter().map(|device| device.number).collect();
            assert_eq!(numbers, ["lamp-0", "lamp-1"].map(|name| scene.world.number(name)));
            let text = SpaceText {
                name: "city".into(),
                authorize_type: 0,
                products: vec![PRODUCT.into()],
                description: None,
                icon: None,
            };
            let space = fence::create_space(platform, OWNER, "prj-aaaaaaaa", text).await.unwrap();
            let text = FenceText { name: "学校".into(), description: String::new(), area: AREA.into() };
            let drawn = fence::create_fence(platform, OWNER, space.id.as_str(), text).await.unwrap();
            let id = i64::try_from(drawn.id.0).unwrap();
            fence::bind(platform, OWNER, id, &["lamp-0", "lamp-1"].map(bound)).await.unwrap();
            FenceWatch::start(platform).await.unwrap()
        });
        Self { scene, watch: Some(watch) }
    }

    /// A locator that listens to its services.
    fn locator(&self, name: &str) -> Wire {
        let mut wire = self.scene.world.listening_lamp(name);
        wire.subscribe(&down("service", name));
        wire
    }

    /// Everything so far was compared and is stored.
    fn alerts(&self) -> Vec<(String, String, u64)> {
        let (platform, all) = (&self.scene.world.platform, UnixMillis(0)..=UnixMillis(NOW.0 * 2));
        let slice = Slice { offset: 0, limit: 100 };
        let work = fence::alerts(platform, OWNER, AlertsOf::default(), all, slice);
        let found = self.scene.runtime.block_on(work).unwrap();
        let row =
            |alert: &Alert| (alert.key.device.to_string(), alert.crossing.word().to_owned(), alert.time.0 - NOW.0);
        found.rows.iter().rev().map(row).collect()
    }

    fn watch_anew(&mut self) {
        let watch = self.watch.take().unwrap();
        self.scene.runtime.block_on(watch.stop());
        self.watch = Some(self.scene.runtime.block_on(FenceWatch::start(&self.scene.world.platform)).unwrap());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            self.scene.runtime.block_on(watch.stop());
        }
    }
}

fn bound(name: &str) -> BindText {
    let device = DeviceRef { product: PRODUCT.into(), name: name.into() };
    BindText { device, condition: "InOrOut".into(), enabled: true, method: "AppInform".into() }
}

/// A report, answered; it waits for no fence.
fn reports(wire: &mut Wire, name: &str, longitude: f64, after: u64) {
    let report = json!({"method": "report", "clientToken": "r", "timestamp": NOW.0 + after,
        "params": {"GPS_Info": {"latitude": 22.5, "longtitude": longitude}}});
    wire.publish(&up("property", name), &report.to_string(), None);
    let (topic, answer) = wire.message();
    assert_eq!(topic, down("property", name));
    assert!(answer.contains(r#""code":0"#), "{answer}");
}

fn told(wire: &mut Wire, name: &str) -> String {
    let (topic, said) = wire.message();
    assert_eq!(topic, down("service", name));
    said
}

fn alert(id: u64, kind: &str, time: u64, longitude: &str) -> String {
    format!(
        r#"{{"method":"alert_fence_event","clientToken":"fence-{id}","timestamp":{},"data":{{"alert_type":"{kind}","alert_condition":"InOrOut","alarm_time":{},"fence_name":"学校","long":{longitude},"lat":22.5}}}}"#,
        (NOW.0 + 60_000) / 1_000,
        NOW.0 + time,
    )
}

fn unlimited() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_down_tps: 0, ..options() }
}

/// Is a device told when it goes in and when it leaves, and not in between, and is its answer taken without one?
#[test]
fn a_device_is_told_when_it_crosses_its_fence() {
    let site = Site::new(&unlimited());
    site.scene.world.clock.set(UnixMillis(NOW.0 + 60_000));
    let mut locator = site.locator("lamp-1");
    reports(&mut locator, "lamp-1", 115.5, 1);
    reports(&mut locator, "lamp-1", 113.25, 2);
    let said = told(&mut locator, "lamp-1");
    assert_eq!(said, alert(1, "In", 2, "113.25"));
    assert!(said.len() < 2_048 && !said.contains('\\'));
    // The C SDK answers with texts.
    let answer = r#"{"method":"alert_fence_event_reply","clientToken":"fence-1","timestamp":"1795000060","code":"0","status":"ok"}"#;
    let number = r#"{"method":"alert_fence_event_reply","clientToken":"fence-1","timestamp":1795000060,"code":0}"#;
    for said in [answer, number] {
        locator.publish(&up("service", "lamp-1"), said, Some(9));
        assert_eq!(locator.puback(), 9);
    }
    locator.has_nothing_but_a_ping_response();
    reports(&mut locator, "lamp-1", 113.5, 3);
    reports(&mut locator, "lamp-1", 115.5, 1);
    assert_eq!(site.alerts().len(), 1, "neither a stay nor a late report");
    reports(&mut locator, "lamp-1", 115.5, 4);
    assert_eq!(told(&mut locator, "lamp-1"), alert(2, "Out", 4, "115.5"));
    let records = site.scene.world.records_of(PRODUCT, "lamp-1");
    let of = |kind: RecordKind| records.iter().filter(|(found, code, _)| *found == kind && *code == 0).count();
    assert_eq!((of(RecordKind::OtherDown), of(RecordKind::OtherUp)), (2, 2), "alerts and answers are on record");
    locator.has_nothing_but_a_ping_response();
}

/// Does a restart find the devices where they were, and does a device that is away hear of it as of any other message?
#[test]
fn a_restart_keeps_where_devices_are() {
    let mut site = Site::new(&unlimited());
    site.scene.world.clock.set(UnixMillis(NOW.0 + 60_000));
    let mut locator = site.locator("lamp-1");
    reports(&mut locator, "lamp-1", 113.5, 1);
    assert_eq!(site.alerts(), []);
    site.watch_anew();
    reports(&mut locator, "lamp-1", 113.6, 2);
    assert_eq!(site.alerts(), []);
    reports(&mut locator, "lamp-1", 115.5, 3);
    assert_eq!(told(&mut locator, "lamp-1"), alert(1, "Out", 3, "115.5"));
    site.watch_anew();
    assert_eq!(site.alerts(), [("lamp-1".to_owned(), "Out".to_owned(), 3)]);
    locator.has_nothing_but_a_ping_response();

    // With a kept session it is told when it is back.
    let (mut keeping, _) = site.scene.world.keeping_lamp("lamp-0");
    keeping.subscribe(&down("service", "lamp-0"));
    reports_unheard(&mut keeping, "lamp-0", 115.5, 4);
    reports_unheard(&mut keeping, "lamp-0", 113.5, 5);
    let (text, id, _) = keeping.arrival();
    assert_eq!(text, alert(2, "In", 5, "113.5"));
    assert!(id > 0, "of QoS 1");
}

/// A report of a device that does not listen to the answer.
fn reports_unheard(wire: &mut Wire, name: &str, longitude: f64, after: u64) {
    let report = json!({"method": "report", "clientToken": "r", "timestamp": NOW.0 + after,
        "params": {"GPS_Info": {"latitude": 22.5, "longtitude": longitude}}});
    wire.publish(&up("property", name), &report.to_string(), Some(7));
    assert_eq!(wire.puback(), 7);
}

/// An alert that was stored but not sent when the platform went down is sent once, when its device is back; one that was sent is
/// not sent again, although nobody noted it.
#[test]
fn what_the_platform_owes_is_told_after_a_restart() {
    let mut site = Site::new(&unlimited());
    site.scene.world.clock.set(UnixMillis(NOW.0 + 60_000));
    let mut locator = site.locator("lamp-1");
    reports(&mut locator, "lamp-1", 115.5, 1);
    reports(&mut locator, "lamp-1", 113.5, 2);
    assert_eq!(told(&mut locator, "lamp-1"), alert(1, "In", 2, "113.5"));
    let watch = site.watch.take().unwrap();
    site.scene.runtime.block_on(watch.stop());
    // As a kill leaves it: the second was stored and not sent, the third was sent, which was not noted.
    let platform = site.scene.world.platform.clone();
    let stored = site.scene.runtime.block_on(async {
        let fences = &platform.stores.fences;
        let times = UnixMillis(0)..=UnixMillis(NOW.0 * 2);
        let filter = AlertFilter { owner: OWNER, space: None, fence: None, product: None, device: None, times };
        let first = fences.alerts(filter, Slice { offset: 0, limit: 1 }).await.unwrap().rows.remove(0);
        let at = |after| Alert { id: AlertId(0), time: UnixMillis(NOW.0 + after), ..first.clone() };
        let through = platform.log.durable().0;
        let progress = FenceProgress { through, seen: Vec::new(), alerts: vec![at(3), at(4)] };
        fences.advance_fences(progress).await.unwrap()
    });
    assert_eq!(stored.iter().map(|alert| alert.id).collect::<Vec<_>>(), [AlertId(2), AlertId(3)]);
    let mut batch = RecordBatch::default();
    batch.push(&Record {
        kind: RecordKind::OtherDown,
        qos: 1,
        packet_id: 0,
        code: 0,
        number: stored[1].device,
        product: stored[1].key.product,
        device: "lamp-1",
        sample_time: NOW,
        topic: &down("service", "lamp-1"),
        note: "",
        payload: alert(3, "In", 4, "113.5").as_bytes(),
    });
    platform.log.submit(batch, Box::new(|result| assert!(result.is_ok()))).unwrap();
    site.scene.world.settle();
    drop(locator);
    site.watch = Some(site.scene.runtime.block_on(FenceWatch::start(&platform)).unwrap());
    let mut locator = site.locator("lamp-1");
    assert_eq!(told(&mut locator, "lamp-1"), alert(2, "In", 3, "113.5"));
    site.watch_anew();
    locator.has_nothing_but_a_ping_response();
    assert_eq!(site.scene.runtime.block_on(platform.stores.fences.untold_alerts()), Ok(Vec::new()));
}
