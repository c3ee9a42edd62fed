import { expect, test } from "vitest";

import { actionReply, clearControl, controlReply, event, fromHex, getStatus, hear, report, toHex, topicsOf } from "./messages";

const topics = topicsOf("PID0000001", "dev001", false);

test("a device uses the topics of its product and name", () => {
  expect(topics).toEqual({
    property: "$thing/up/property/PID0000001/dev001",
    event: "$thing/up/event/PID0000001/dev001",
    action: "$thing/up/action/PID0000001/dev001",
    raw: "$thing/up/raw/PID0000001/dev001",
    down: ["$thing/down/property/PID0000001/dev001", "$thing/down/event/PID0000001/dev001", "$thing/down/action/PID0000001/dev001"],
  });
  expect(topicsOf("PID0000001", "dev001", true).down).toEqual(["$thing/down/raw/PID0000001/dev001"]);
});

// Messages of spec/device-protocol.md 6.2, 6.4 to 6.6, 6.8 and 6.9.
test.each([
  [
    report(topics, "PID0000001-3", { power_switch: 1, position: { longitude: 113 } }, 1714550400123),
    "property",
    '{"method":"report","clientToken":"PID0000001-3","timestamp":1714550400123,"params":{"power_switch":1,"position":{"longitude":113}}}',
  ],
  [getStatus(topics, "PID0000001-1"), "property", '{"method":"get_status","clientToken":"PID0000001-1"}'],
  [clearControl(topics, "PID0000001-2"), "property", '{"method":"clear_control","clientToken":"PID0000001-2"}'],
  [controlReply(topics, "clientToken-2fd0"), "property", '{"method":"control_reply","clientToken":"clientToken-2fd0","code":0,"status":"success"}'],
  [
    event(topics, "PID0000001-5", { id: "low_voltage", type: "alert" }, { voltage: 2.8 }, 1714550400123),
    "event",
    '{"method":"event_post","clientToken":"PID0000001-5","version":"1.0","eventId":"low_voltage","type":"alert","timestamp":1714550400123,"params":{"voltage":2.8}}',
  ],
  [
    actionReply(topics, "1000001::5f0e", 0, { err_code: 0 }),
    "action",
    '{"method":"action_reply","clientToken":"1000001::5f0e","code":0,"status":"action execute success!","response":{"err_code":0}}',
  ],
] as const)("a message goes up as the protocol has it", (said, kind, payload) => {
  expect(said).toEqual({ topic: topics[kind], payload });
});

test.each([
  ['{"method":"control","clientToken":"c-1","params":{"brightness":80}}', { is: "control", token: "c-1", values: { brightness: 80 } }],
  [
    '{"method":"action","clientToken":"1::5","actionId":"light_blink","timestamp":1714550400,"params":{"color":1}}',
    { is: "action", token: "1::5", action: "light_blink", input: { color: 1 } },
  ],
  [
    '{"method":"get_status_reply","clientToken":"1","code":0,"status":"success","type":"report","data":{"reported":{"a":0},"control":{"a":1}}}',
    { is: "status", token: "1", reported: { a: 0 }, control: { a: 1 } },
  ],
  ['{"method":"get_status_reply","clientToken":"1","code":0,"status":"success","data":{}}', { is: "status", token: "1", reported: {}, control: {} }],
  [
    '{"method":"report_reply","clientToken":"123","code":406,"status":"check report data err: win_switch value 3 out of range:[0,1]"}',
    { is: "reply", method: "report_reply", token: "123", code: 406, status: "check report data err: win_switch value 3 out of range:[0,1]" },
  ],
  ['{"method":"event_reply","clientToken":"5","version":"1.0","code":0,"status":"","data":{}}', { is: "reply", method: "event_reply", token: "5", code: 0, status: "" }],
  // What a device cannot take for more than noise.
  ['{"method":"control","clientToken":7,"params":[1]}', { is: "control", token: "", values: {} }],
  ['{"method":"report_reply","code":"0"}', { is: "reply", method: "report_reply", token: "", code: -1, status: "" }],
  ["json format illegal", { is: "other" }],
  ["[]", { is: "other" }],
  ["null", { is: "other" }],
  ['{"method":7}', { is: "other" }],
  ["", { is: "other" }],
] as const)("%s is understood", (payload, expected) => {
  expect(hear(payload)).toEqual(expected);
});

test("bytes are written as hexadecimal digits", () => {
  expect(fromHex("55 aa\n01FF")).toEqual(Uint8Array.of(0x55, 0xaa, 1, 255));
  expect(toHex(Uint8Array.of(0x55, 0xaa, 1, 255))).toBe("55 aa 01 ff");
  for (const wrong of ["", " ", "5", "5g", "0x55"]) expect(fromHex(wrong)).toBeUndefined();
});
