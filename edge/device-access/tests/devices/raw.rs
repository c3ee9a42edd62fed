//! Raw products: bytes become standard messages by a script, and standard messages bytes.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::{DeviceKey, DeviceNumber};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{Packet, PacketId, Properties, Publish, QoS};
use lianwu_ports::Answer;
use lianwu_ports::bus::{Bus as _, DeliverError, Delivery, Down, DownKind};
use lianwu_ports::log::{Log as _, Lsn};
use lianwu_ports::record::RecordKind;
use lianwu_ports::script::{ScriptCall, ScriptRun, Scripts, Work};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::harness::{NOW, PRODUCT, Wire, World, down, up};

/// A lamp of few bytes: [0, token, brightness], [1, token] asks for its state, [2, token, voltage] is an event, [3, token, result] answers an action.
const SCRIPT: &str = "
function RawToProtocol(fPort, bytes) {
    const clientToken = 't' + bytes[1];
    switch (bytes[0]) {
    case 0: return {method: 'report', clientToken, params: {brightness: bytes[2]}};
    case 1: return {method: 'get_status', clientToken};
    case 2: return {method: 'event_post', clientToken, eventId: 'low_voltage', type: 'alert', params: {voltage: bytes[2]}};
    case 3: return {method: 'action_reply', clientToken: 'call-1', code: 0, response: {err_code: bytes[2]}};
    case 4: return null;
    case 5: return {method: 'dance', clientToken};
    }
    throw new RangeError('unknown frame ' + bytes[0]);
}
function ProtocolToRaw(m) {
    switch (m.method) {
    case 'report_reply': return [0x80, m.code & 255, m.clientToken.charCodeAt(1)];
    case 'get_status_reply': return [0x81, m.data.reported.brightness];
    case 'event_reply': return [0x82, m.code];
    case 'control': return [0x40, m.params.brightness];
    case 'action': return [0x41, m.params.period];
    }
    throw new Error('cannot say ' + m.method);
}";

fn world() -> World {
    let world = World::new();
    world.put_script(1, SCRIPT);
    world
}

fn publish(wire: &mut Wire, topic: &str, payload: &[u8], id: Option<u16>) {
    let packet_id = id.map(|id| PacketId::new(id).unwrap());
    let qos = if packet_id.is_some() { QoS::AtLeastOnce } else { QoS::AtMostOnce };
    let properties = Properties::NONE;
    let packet = Publish { duplicate: false, qos, retain: false, topic, packet_id, properties, payload };
    wire.send_packet(&Packet::Publish(packet));
}

/// Says these bytes with QoS 1 and waits until they are acknowledged.
fn say(wire: &mut Wire, name: &str, payload: &[u8], id: u16) {
    publish(wire, &up("raw", name), payload, Some(id));
    assert_eq!(wire.puback(), id);
}

/// The next message must be on the raw topic.
fn bytes(wire: &mut Wire, name: &str) -> Vec<u8> {
    wire.next(|packet| match packet {
        Packet::Publish(publish) => {
            assert_eq!(publish.topic, down("raw", name));
            publish.payload.to_vec()
        }
        other => panic!("expected bytes, got {other:?}"),
    })
}

fn listening(world: &World, name: &str) -> Wire {
    let mut wire = world.lamp(name);
    for kind in ["raw", "property", "event"] {
        assert_eq!(wire.subscribe(&down(kind, name)), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    }
    wire
}

/// Kind, code, topic and payload of every message of a device.
fn messages(world: &World, name: &str) -> Vec<(RecordKind, u32, String, Vec<u8>)> {
    world.settle();
    let mut found = Vec::new();
    for block in world.log.read(Lsn(1), usize::MAX).unwrap() {
        for record in block.records() {
            let (_, record) = record.unwrap();
            if record.device == name && record.kind.is_message() {
                found.push((record.kind, record.code, record.topic.to_owned(), record.payload.to_vec()));
            }
        }
    }
    found
}

fn reported(world: &World, name: &str, property: &str) -> Option<String> {
    world.settle();
    let state = world.platform.states.device(world.number(name)).unwrap();
    state.reported.iter().find(|value| &*value.property == property).map(|value| value.value.to_string())
}

fn cloud(world: &World, name: &str, kind: DownKind, payload: &str) -> Result<Delivery, DeliverError> {
    let down = Down {
        device: DeviceKey { product: PRODUCT.parse().unwrap(), device: name.parse().unwrap() },
        number: world.number(name),
        kind,
        qos: 1,
        payload: payload.as_bytes().into(),
        request_id: "request-1".into(),
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(world.bus.deliver(down))
}

/// Are bytes stored as they came and as what the script made of them, judged, acknowledged, and answered in bytes?
#[test]
fn a_raw_report_is_a_report() {
    let world = world();
    let mut lamp = listening(&world, "lamp-1");
    say(&mut lamp, "lamp-1", &[0, 7, 55], 9);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x80, 0, b'7']);
    let topic = up("raw", "lamp-1");
    let report = br#"{"method":"report","clientToken":"t7","params":{"brightness":55}}"#;
    assert_eq!(
        messages(&world, "lamp-1"),
        [
            (RecordKind::OtherUp, 0, topic.clone(), vec![0, 7, 55]),
            (RecordKind::PropertyReport, 0, topic.clone(), report.to_vec()),
            (RecordKind::OtherDown, 0, down("raw", "lamp-1"), vec![0x80, 0, b'7']),
        ]
    );
    assert_eq!(reported(&world, "lamp-1", "brightness").as_deref(), Some("55"));

    // What the thing model refuses is refused, and the device learns it in its own language.
    say(&mut lamp, "lamp-1", &[0, 8, 200], 10);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x80, (406 & 255) as u8, b'8']);
    let refused = &messages(&world, "lamp-1")[4];
    assert_eq!((refused.0, refused.1, &refused.2), (RecordKind::PropertyOther, 406, &topic));
    assert_eq!(reported(&world, "lamp-1", "brightness").as_deref(), Some("55"));
    lamp.has_nothing_but_a_ping_response();
}

/// Does every method a script may speak do what it does on its own topic?
#[test]
fn every_method_goes_its_own_way() {
    let world = world();
    let mut lamp = listening(&world, "lamp-1");
    say(&mut lamp, "lamp-1", &[0, 1, 42], 1);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x80, 0, b'1']);
    say(&mut lamp, "lamp-1", &[1, 2], 2);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x81, 42], "get_status");
    say(&mut lamp, "lamp-1", &[2, 3, 5], 3);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x82, 0], "event_post");
    let mut waiting = world.platform.replies.expect(world.number("lamp-1"), "call-1");
    say(&mut lamp, "lamp-1", &[3, 4, 1], 4);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(waiting.answer()).unwrap().response, r#"{"err_code":1}"#);
    say(&mut lamp, "lamp-1", &[5, 5], 5);
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x80, (403 & 255) as u8, b'5'], "an unknown method");
    let kinds: Vec<_> = messages(&world, "lamp-1").iter().map(|message| message.0).collect();
    for kind in [RecordKind::PropertyReport, RecordKind::EventPost, RecordKind::ActionReply] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}

/// Are messages of the cloud sent as bytes, recorded as both, and pending where they did not arrive?
#[test]
fn control_and_actions_go_down_as_bytes() {
    let world = world();
    let mut lamp = listening(&world, "lamp-1");
    let control = r#"{"method":"control","clientToken":"c","params":{"brightness":9}}"#;
    assert_eq!(cloud(&world, "lamp-1", DownKind::PropertyControl, control), Ok(Delivery::Delivered));
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x40, 9]);
    let action = r#"{"method":"action","clientToken":"a","actionId":"light_blink","params":{"period":3}}"#;
    assert_eq!(cloud(&world, "lamp-1", DownKind::ActionCall, action), Ok(Delivery::Delivered));
    assert_eq!(bytes(&mut lamp, "lamp-1"), [0x41, 3]);
    let raw = down("raw", "lamp-1");
    assert_eq!(
        messages(&world, "lamp-1"),
        [
            (RecordKind::PropertyControl, 0, raw.clone(), control.as_bytes().to_vec()),
            (RecordKind::OtherDown, 0, raw.clone(), vec![0x40, 9]),
            (RecordKind::ActionCall, 0, raw.clone(), action.as_bytes().to_vec()),
            (RecordKind::OtherDown, 0, raw.clone(), vec![0x41, 3]),
        ]
    );
    // A message of the owner's own making is bytes already.
    assert_eq!(cloud(&world, "lamp-1", DownKind::Topic(raw.into()), "as it is"), Ok(Delivery::Delivered));
    assert_eq!(bytes(&mut lamp, "lamp-1"), b"as it is");
    // One that is not there keeps it pending.
    assert_eq!(cloud(&world, "lamp-2", DownKind::PropertyControl, control), Ok(Delivery::Offline));
    world.settle();
    let state = world.platform.states.device(world.number("lamp-2")).unwrap();
    assert_eq!(state.desired.len(), 1, "{state:?}");
}

/// Does a message wait, as bytes, in the kept session of a device that is away?
#[test]
fn bytes_wait_in_a_kept_session() {
    let world = world();
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    lamp.subscribe(&down("raw", "lamp-1"));
    lamp.leave();
    let control = r#"{"method":"control","clientToken":"c","params":{"brightness":77}}"#;
    assert_eq!(cloud(&world, "lamp-1", DownKind::PropertyControl, control), Ok(Delivery::Queued));
    let (mut lamp, was_kept) = world.keeping_lamp("lamp-1");
    assert!(was_kept);
    assert_eq!(lamp.acknowledge(), (down("raw", "lamp-1"), "@M".to_owned()), "0x40, 77");
}

/// Is a message the script fails at kept and acknowledged, with the reason, the place and the bytes in the log?
#[test]
fn a_failing_script_says_why() {
    let world = world();
    let mut lamp = listening(&world, "lamp-1");
    say(&mut lamp, "lamp-1", &[0xfe, 0x01], 1);
    let (kind, code, note) = world.records_of(PRODUCT, "lamp-1").pop().unwrap();
    assert_eq!((kind, code), (RecordKind::OtherUp, 500));
    assert!(note.starts_with("script failed: RangeError: unknown frame 254 at line 12:"), "{note}");
    assert!(note.ends_with("; bytes fe01"), "{note}");
    assert_eq!(messages(&world, "lamp-1").last().unwrap().3, [0xfe, 0x01]);

    let call = r#"{"method":"strange","clientToken":"c","params":{}}"#;
    let Err(DeliverError::Script(why)) = cloud(&world, "lamp-1", DownKind::PropertyControl, call) else {
        panic!("the script cannot say it");
    };
    assert!(why.starts_with("Error: cannot say strange at line"), "{why}");
    let (kind, code, note) = world.records_of(PRODUCT, "lamp-1").pop().unwrap();
    assert_eq!((kind, code), (RecordKind::OtherDown, 500));
    assert!(note.starts_with("script failed: Error: cannot say strange"), "{note}");

    say(&mut lamp, "lamp-1", &[4], 2);
    assert_eq!(messages(&world, "lamp-1").last().unwrap().1, 0, "nothing to say is no failure");
    world.put_script(2, "function RawToProtocol() { for (;;); } function ProtocolToRaw() { return []; }");
    say(&mut lamp, "lamp-1", &[1], 3);
    let (.., note) = world.records_of(PRODUCT, "lamp-1").pop().unwrap();
    assert!(note.contains("took longer than 20 ms"), "{note}");
    let failures: u64 = world.access().stats().iter().map(|stats| stats.script_failures.get()).sum();
    assert_eq!(failures, 3);
    lamp.has_nothing_but_a_ping_response();
}

/// Is a new script in force with the next message, and does none translate once it is switched off?
#[test]
fn a_script_is_switched_while_devices_are_connected() {
    let world = world();
    let mut lamp = listening(&world, "lamp-1");
    let fixed = |level: u8| {
        format!(
            "function RawToProtocol() {{ return {{method: 'report', params: {{brightness: {level}}}}}; }}
             function ProtocolToRaw(m) {{ return [{level}]; }}"
        )
    };
    for level in [11, 12] {
        world.put_script(level.into(), &fixed(level));
        say(&mut lamp, "lamp-1", &[0], level.into());
        assert_eq!(bytes(&mut lamp, "lamp-1"), [level]);
        assert_eq!(reported(&world, "lamp-1", "brightness"), Some(level.to_string()));
    }
    world.change_product(|product| product.script_enabled = false);
    say(&mut lamp, "lamp-1", &[0], 30);
    assert_eq!(messages(&world, "lamp-1").last().unwrap().0, RecordKind::OtherUp);
    let control = r#"{"method":"control","clientToken":"c","params":{"brightness":9}}"#;
    assert_eq!(cloud(&world, "lamp-1", DownKind::PropertyControl, control), Ok(Delivery::Delivered));
    assert_eq!(lamp.message(), (down("property", "lamp-1"), control.to_owned()));
}

/// The bytes of a call that waits, and what lets it go.
type Held = (Box<[u8]>, oneshot::Sender<()>);

/// Scripts that run when the test says so.
#[derive(Default)]
struct Gate {
    held: Mutex<Vec<Held>>,
}

impl Gate {
    /// The next call that waits.
    fn next(&self) -> Held {
        for _ in 0..1_000_000 {
            if let Some(found) = self.held.lock().pop() {
                return found;
            }
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_micros(10));
        }
        panic!("no call came");
    }
}

impl Scripts for Gate {
    fn run(&self, call: ScriptCall) -> Answer<'_, ScriptRun> {
        let (Work::ToMessage { bytes, .. } | Work::ToBytes { message: bytes }) = call.work else {
            return Box::pin(async { ScriptRun { output: Ok(Box::default()), lines: vec![], took: Duration::ZERO } });
        };
        let (go, gone) = oneshot::channel();
        self.held.lock().push((bytes, go));
        Box::pin(async move {
            gone.await.unwrap();
            let output = br#"{"method":"report","params":{"brightness":1}}"#;
            ScriptRun { output: Ok(output[..].into()), lines: vec![], took: Duration::ZERO }
        })
    }
}

/// While a script takes its time, are other messages served, those of the device kept in order, and too many refused?
#[test]
fn a_slow_script_holds_up_nobody_else() {
    let gate = Arc::new(Gate::default());
    let world = World::translating_by(gate.clone());
    world.put_script(1, "slow");
    let mut lamp = world.lamp("lamp-1");
    // One is with the script, 64 wait.
    for id in 1..=66_u16 {
        publish(&mut lamp, &up("raw", "lamp-1"), &id.to_le_bytes(), Some(id));
        if id == 1 {
            // It is with the script before the next comes.
            lamp.has_nothing_but_a_ping_response();
            let first = gate.next();
            gate.held.lock().push(first);
        }
    }
    assert_eq!(lamp.puback(), 66, "kept, not translated");
    let (kind, code, note) = world.records_of(PRODUCT, "lamp-1").pop().unwrap();
    assert_eq!((kind, code), (RecordKind::OtherUp, 503));
    assert!(note.starts_with("script failed: 64 messages of the device wait; bytes 4200"), "{note}");
    let control = r#"{"method":"control","clientToken":"c","params":{"brightness":9}}"#;
    assert_eq!(cloud(&world, "lamp-1", DownKind::PropertyControl, control), Err(DeliverError::Busy));
    // On the same worker: another device, and another topic of the same.
    let mut other = world.lamp("lamp-2");
    publish(&mut other, &format!("{PRODUCT}/lamp-2/event"), b"x", Some(5));
    assert_eq!(other.puback(), 5);
    publish(&mut lamp, &format!("{PRODUCT}/lamp-1/event"), b"x", Some(100));
    assert_eq!(lamp.puback(), 100);
    for id in 1..=65_u16 {
        let (bytes, go) = gate.next();
        assert_eq!(*bytes, id.to_le_bytes(), "in the order they were sent");
        go.send(()).unwrap();
        assert_eq!(lamp.puback(), id);
    }
    assert_eq!(messages(&world, "lamp-1").iter().filter(|message| message.0 == RecordKind::PropertyReport).count(), 65);
}

/// Is what waits for a script translated and stored before a stop, and acknowledged?
#[test]
fn a_stop_waits_for_scripts() {
    let mut world = world();
    let mut lamp = world.lamp("lamp-1");
    for id in 1..=20_u8 {
        publish(&mut lamp, &up("raw", "lamp-1"), &[0, id, id], Some(id.into()));
    }
    lamp.has_nothing_but_pubacks_before_a_ping_response();
    world.stop();
    let reports = messages_after_stop(&world);
    assert_eq!(reports, 20);
}

fn messages_after_stop(world: &World) -> usize {
    let blocks = world.log.read(Lsn(1), usize::MAX).unwrap();
    let kinds =
        blocks.iter().flat_map(|block| block.records().map(|record| record.unwrap().1.kind).collect::<Vec<_>>());
    kinds.filter(|kind| *kind == RecordKind::PropertyReport).count()
}

/// Frames of the C SDK's `raw_data_mqtt_sample` (3.2.1), as it sends them with QoS 0, and the frame it prints of a control:
/// do they mean what its documentation says?
#[test]
fn the_c_samples_frames_are_understood() {
    let world = World::new();
    world.put_script(
        1,
        "function RawToProtocol(fPort, b) {
            const params = {power_switch: b[8], color: b[9], brightness: b[10]};
            return {method: 'report', clientToken: new Date(), params};
        }
        function ProtocolToRaw(m) {
            if (m.method !== 'control') return [];
            const {power_switch = 255, color = 255, brightness = 255} = m.params;
            return [0xaa, 0x55, 0x20, 0, 0xcc, 0xcc, 0xcc, 0xcc, power_switch, color, brightness, 255];
        }",
    );
    let mut lamp = world.lamp("lamp-1");
    lamp.subscribe(&down("raw", "lamp-1"));
    for (frame, brightness) in
        [(b"\xaaU\x01\0\0\0\0\0\x01\x02\x14\0", "20"), (b"\xaaU\x01\0\x01\0\0\0\x01\x02\x1c\0", "28")]
    {
        publish(&mut lamp, &up("raw", "lamp-1"), frame, None);
        // The next one is taken when this one is: one line for both ways.
        let control = r#"{"method":"control","clientToken":"c","params":{"brightness":33,"color":1}}"#;
        lamp.has_nothing_but_a_ping_response();
        assert_eq!(cloud(&world, "lamp-1", DownKind::PropertyControl, control), Ok(Delivery::Delivered));
        assert_eq!(bytes(&mut lamp, "lamp-1"), b"\xaaU \0\xcc\xcc\xcc\xcc\xff\x01!\xff");
        assert_eq!(reported(&world, "lamp-1", "brightness").as_deref(), Some(brightness));
    }
}

/// Is the number in `NOW` what scripts see?
#[test]
fn scripts_see_the_platforms_time() {
    let world = World::new();
    let text = "function RawToProtocol() { return {method: 'report', clientToken: new Date(), params: {}}; }
        function ProtocolToRaw(m) { return Array.from(m.clientToken).map(c => c.charCodeAt(0)); }";
    world.put_script(1, text);
    let mut lamp = listening(&world, "lamp-1");
    say(&mut lamp, "lamp-1", &[], 1);
    let shown = String::from_utf8(bytes(&mut lamp, "lamp-1")).unwrap();
    assert_eq!((shown.as_str(), NOW.0), ("2026-11-18T11:06:40.000Z", 1_795_000_000_000));
    assert_eq!(world.number("lamp-1"), DeviceNumber(2));
}
