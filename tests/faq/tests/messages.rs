//! What a device reports, what it is answered, what is queried afterwards.

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Device, Fixture, LAMP_MODEL, Method, MqttClient, Received, Server, ServerOptions, TBOX_MODEL, mosquitto_pub,
    now_ms, run_text,
};
use serde_json::{Value, json};

/// A server, a vehicle box and its subscribed connection.
struct Tbox {
    _server: Server,
    fixture: Fixture,
    device: Device,
    client: MqttClient,
}

impl Tbox {
    fn new() -> Self {
        Self::with_model(TBOX_MODEL)
    }

    fn with_model(model: &str) -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, model);
        let device = fixture.device("dev001");
        let client = MqttClient::subscribed(server.mqtt_address(), &device);
        Self { _server: server, fixture, device, client }
    }

    /// Sends a text on the property topic and gives the text that comes down.
    #[track_caller]
    fn send(&mut self, payload: &str) -> String {
        self.client.ask(&self.device.thing("up/property"), payload)
    }

    /// Reports parameters under clientToken 123 and gives the reply.
    #[track_caller]
    fn report(&mut self, params: &str) -> String {
        self.send(&format!(r#"{{"method":"report","clientToken":"123","params":{params}}}"#))
    }

    /// The reply must be exactly this refusal, and nothing may be stored.
    #[track_caller]
    fn refuses(&mut self, params: &str, status: &str) {
        let reply = self.report(params);
        let expected = json!({"method": "report_reply", "clientToken": "123", "code": 406, "status": status});
        assert_eq!(reply, expected.to_string(), "{params}");
        assert_eq!(self.fixture.latest(&self.device), json!({}), "{params} was stored");
    }
}

const ACCEPTED: &str = r#"{"method":"report_reply","clientToken":"123","code":0,"status":"success"}"#;

/// faq-20: what is a thing model? Properties, events and actions in JSON, which are imported, exported and imported again,
/// and in force for devices and callers alike.
#[test]
fn faq_20_property_event_and_action_in_json() {
    let mut lamp = Tbox::with_model(LAMP_MODEL);
    let cloud = lamp.fixture.cloud.clone();
    let export = |product: &str| {
        let model = cloud.call("DescribeModelDefinition", &json!({"ProductId": product}))["Model"].clone();
        model["ModelDefine"].as_str().expect("a text").to_owned()
    };
    let exported = export(&lamp.fixture.product);
    let second = Fixture::make_product(&cloud, &lamp.fixture.project, "second");
    cloud.call("ModifyModelDefinition", &json!({"ProductId": second, "ModelSchema": exported}));
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let (given, once, twice) = (parse(LAMP_MODEL), parse(&exported), parse(&export(&second)));
    for part in ["version", "properties", "events", "actions"] {
        assert_eq!((&once[part], &twice[part]), (&given[part], &given[part]), "{part}");
    }

    assert_eq!(lamp.report(r#"{"brightness":7}"#), ACCEPTED, "a property");
    let event = r#"{"method":"event_post","clientToken":"e","version":"1.0","eventId":"low_voltage","type":"alert","timestamp":0,"params":{"voltage":2.8}}"#;
    let reply = lamp.client.ask(&lamp.device.thing("up/event"), event);
    assert!(reply.contains(r#""method":"event_reply""#) && reply.contains(r#""code":0"#), "an event: {reply}");
    let mut request = lamp.device.reference();
    request["ActionId"] = "light_blink".into();
    request["InputParams"] = r#"{"period":1}"#.into();
    cloud.call("CallDeviceActionAsync", &request);
    let action = lamp.client.next_json();
    assert_eq!((&action["actionId"], &action["params"]), (&json!("light_blink"), &json!({"period": 1})), "an action");
    request["InputParams"] = r#"{"no_such_input":1}"#.into();
    assert_eq!(cloud.call_refused("CallDeviceActionAsync", &request).code, "InvalidParameter.ActionInputParamsInvalid");
}

/// faq-22: reported data is not shown: does the reply say which of the causes it was?
#[test]
fn faq_22_the_reply_names_the_cause() {
    let mut tbox = Tbox::new();
    let code = |reply: String| serde_json::from_str::<Value>(&reply).expect("JSON")["code"].clone();
    assert_eq!(tbox.send("{"), "json format illegal");
    let report = |rest: &str| format!(r#"{{"method":"report","clientToken":"123",{rest}}}"#);
    assert_eq!(code(tbox.send(&report(r#""timestamp":99999999999999,"params":{"lac":1}"#))), 405, "not a UNIX time");
    assert_eq!(code(tbox.send(&report(r#""params":{"no_such_property":1}"#))), 403, "unknown identifier");
    assert_eq!(code(tbox.send(&report(r#""params":{"lac":"1"}"#))), 406, "wrong type");
    assert_eq!(code(tbox.send(&report(r#""params":{"lac":70000}"#))), 406, "out of range");
    assert_eq!(tbox.fixture.latest(&tbox.device), json!({}), "nothing of it was stored");
}

/// faq-23: is a text that is not JSON answered with the bare text the FAQ shows?
#[test]
fn faq_23_bad_json_is_answered_with_a_bare_text() {
    let mut tbox = Tbox::new();
    for broken in ["", "hello", "{", r#"{"method":"report""#, r#"{"method":"report","params":{"lac":1},}"#, "\u{1}"] {
        assert_eq!(tbox.send(broken), "json format illegal", "{broken:?}");
    }
    assert_eq!(tbox.fixture.latest(&tbox.device), json!({}));
}

/// faq-24: wrong type, in the FAQ's words.
#[test]
fn faq_24_wrong_type() {
    let mut tbox = Tbox::new();
    tbox.refuses(
        r#"{"lac":"str"}"#,
        r#"check report data err: readNumberAsString: invalid number, error found in #0 byte of ...|"str"|..., bigger context ...|"str"|..."#,
    );
    tbox.refuses(
        r#"{"str_model":133}"#,
        r#"check report data err: ReadString: expects " or n, but found 1, error found in #1 byte of ...|133|..., bigger context ...|133|..."#,
    );
}

/// faq-25: out of range, in the FAQ's words.
#[test]
fn faq_25_out_of_range() {
    let mut tbox = Tbox::new();
    tbox.refuses(r#"{"win_switch":3}"#, "check report data err: win_switch value 3 out of range:[0,1]");
    tbox.refuses(r#"{"altitude":9999999}"#, "check report data err: altitude value 9999999 out of range:[-1000,20000]");
}

/// faq-26: unknown enum value, in the FAQ's words.
#[test]
fn faq_26_unknown_enum() {
    let mut tbox = Tbox::new();
    tbox.refuses(r#"{"work_mode":3}"#, "check report data err: work_mode value 3 enum not defined");
}

/// faq-28: an enum sent as text is a wrong type, and a good value afterwards is taken.
#[test]
fn faq_28_enum_sent_as_text() {
    let mut tbox = Tbox::new();
    tbox.refuses(
        r#"{"work_mode":"0"}"#,
        r#"check report data err: readNumberAsString: invalid number, error found in #0 byte of ...|"0"|..., bigger context ...|"0"|..."#,
    );
    assert_eq!(tbox.report(r#"{"work_mode":0}"#), ACCEPTED);
    assert_eq!(tbox.fixture.latest(&tbox.device)["work_mode"]["Value"], 0);
}

/// faq-29: which sample times are taken, and as what?
#[test]
fn faq_29_timestamps() {
    let mut tbox = Tbox::new();
    let report = |timestamp: &str, value: u64| {
        format!(r#"{{"method":"report","clientToken":"123","timestamp":{timestamp},"params":{{"lac":{value}}}}}"#)
    };
    let start = now_ms();
    let hour_ago = start - 3_600_000;
    let in_an_hour = start + 3_600_000;
    assert_eq!(tbox.send(&report(&hour_ago.to_string(), 1)), ACCEPTED, "milliseconds");
    assert_eq!(tbox.send(&report(&(hour_ago / 1000 + 1).to_string(), 2)), ACCEPTED, "seconds");
    assert_eq!(tbox.send(&report("0", 3)), ACCEPTED, "zero is the server's time");
    assert_eq!(tbox.report(r#"{"lac":4}"#), ACCEPTED, "and so is none");
    assert_eq!(tbox.send(&report(&in_an_hour.to_string(), 5)), ACCEPTED, "less than 24 h ahead");

    let refused: Value = serde_json::from_str(&tbox.send(&report(&(start + 90_000_000).to_string(), 6))).expect("JSON");
    assert_eq!(refused["code"], 405, "more than 24 h ahead: {refused}");
    let refused: Value = serde_json::from_str(&tbox.send(&report(r#""2024-05-01 08:00:00""#, 7))).expect("JSON");
    assert_ne!(refused["code"], 0, "a date as text: {refused}");
    assert!(refused["status"].as_str().is_some_and(|status| status.contains("timestamp")), "{refused}");

    let rows = tbox.fixture.history(&tbox.device, "lac");
    let values: Vec<_> = rows.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["1", "2", "3", "4", "5"], "by sample time, the refused ones absent");
    assert_eq!(rows[0].0, hour_ago);
    assert_eq!(rows[1].0, (hour_ago / 1000 + 1) * 1000);
    assert!((start..=now_ms()).contains(&rows[2].0), "{rows:?}");
    assert_eq!(tbox.fixture.latest(&tbox.device)["lac"]["LastUpdate"], in_an_hour);
}

/// faq-30: the query API returns nothing after a malformed report, and "never reported" looks different from it.
#[test]
fn faq_30_a_malformed_report_is_never_stored() {
    let mut tbox = Tbox::new();
    let device = tbox.device.clone();
    let status = tbox.fixture.cloud.call("DescribeDevice", &device.reference())["Device"]["Status"].clone();
    assert_eq!(status, 1, "the device is online");
    let silent = tbox.fixture.device("silent");
    let status = tbox.fixture.cloud.call("DescribeDevice", &silent.reference())["Device"]["Status"].clone();
    assert_eq!(status, 3, "this one never signed in");

    tbox.report(r#"{"lac":1,"altitude":9999999}"#);
    assert_eq!(tbox.fixture.latest(&device), json!({}), "one bad value refuses the whole report");
    assert_eq!(tbox.fixture.history(&device, "lac"), []);
    tbox.report(r#"{"lac":1,"altitude":100}"#);
    assert_eq!(tbox.fixture.latest(&device)["lac"]["Value"], 1);
}

/// faq-31: does control of a device that is not subscribed answer 23101?
#[test]
fn faq_31_push_result_23101() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut request = device.reference();
    request["Data"] = "{\"power_switch\":1}".into();
    let nobody = "{\"Sent\":0,\"pushResult\":23101}";
    assert_eq!(fixture.cloud.call("ControlDeviceData", &request)["Result"], nobody, "offline");

    let mut client = MqttClient::device(server.mqtt_address(), &device);
    assert_eq!(fixture.cloud.call("ControlDeviceData", &request)["Result"], nobody, "online, not subscribed");

    assert_eq!(client.subscribe(&device.thing("down/property"), QoS::AtMostOnce), 0);
    let result = fixture.cloud.call("ControlDeviceData", &request);
    assert_eq!(result["Result"], "{\"Sent\":1,\"pushResult\":0}");
    assert_eq!(client.next_json()["params"], json!({"power_switch": 1}));
    client.expect_nothing();
}

/// faq-51: does a device sign in with HMAC-SHA1 and with HMAC-SHA256?
#[test]
fn faq_51_both_hmac_methods() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, TBOX_MODEL);
    let device = fixture.device("dev001");
    for method in [Method::HmacSha1, Method::HmacSha256] {
        let mut client = server.mqtt();
        client.send_connect(&device.credentials(method));
        client.expect(&Received::ConnAck(0));
        client.expect_nothing();
    }
}

/// faq-52: does the dialogue of any MQTT 3.1.1 client work, byte by byte?
#[test]
fn faq_52_any_mqtt_client() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, TBOX_MODEL);
    let device = fixture.device("dev001");
    let mut client = MqttClient::device(server.mqtt_address(), &device);
    assert_eq!(client.subscribe(&device.thing("down/property"), QoS::ExactlyOnce), 1, "QoS 2 is granted as 1");
    let report = r#"{"method":"report","clientToken":"123","params":{"lac":9}}"#;
    let id = client.publish_qos1(&device.thing("up/property"), report.as_bytes());
    client.expect(&Received::PubAck(id));
    let reply =
        Received::Publish { topic: device.thing("down/property"), payload: ACCEPTED.into(), qos: 0, packet_id: None };
    client.expect(&reply);
    client.expect_nothing();
}

/// faq-52: and does an ordinary one from the command line, with credentials anybody can compute?
#[test]
fn faq_52_mosquitto_on_the_command_line() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, TBOX_MODEL);
    let device = fixture.device("dev001");
    let report = r#"{"method":"report","clientToken":"123","params":{"lac":9}}"#;
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        let mut publish = mosquitto_pub(server.mqtt_address(), &device.credentials(Method::HmacSha256));
        publish.args(["-V", version, "-q", "1", "-t", &device.thing("up/property"), "-m", report]);
        run_text("mosquitto_pub", &mut publish, "").succeeded();
    }
    assert_eq!(fixture.history(&device, "lac").len(), 3);
}

/// faq-43: which protocol carries the data? The thing model's JSON in the payload of MQTT, byte for byte as it was sent.
#[test]
fn faq_43_thing_model_json_in_the_payload_of_mqtt() {
    let mut lamp = Tbox::with_model(LAMP_MODEL);
    let sent = "{ \"method\" : \"report\",\n\"clientToken\":\"43\", \"params\":{\"brightness\":\t43 , \"name\":\"\u{706f}\"} }";
    let reply = lamp.client.ask(&lamp.device.thing("up/property"), sent);
    assert_eq!(reply, r#"{"method":"report_reply","clientToken":"43","code":0,"status":"success"}"#);
    let rows = lamp.fixture.device_log(&lamp.device, &json!({"Kinds": ["content"], "Direction": "up"}));
    assert_eq!(rows[0]["Content"], sent);
    let data = lamp.fixture.cloud.call("DescribeDeviceData", &lamp.device.reference())["Data"].clone();
    let data: Value = serde_json::from_str(data.as_str().expect("a text")).expect("JSON");
    assert_eq!((&data["brightness"]["Value"], &data["name"]["Value"]), (&json!(43), &json!("\u{706f}")));
}
