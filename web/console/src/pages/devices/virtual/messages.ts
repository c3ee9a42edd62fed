// What a device says and hears on the thing-model topics. Source: spec/device-protocol.md 5.1 and 6.
import { type Json, parseJson } from "../model";

export type Values = { [id: string]: Json };

/** Topics of one device. */
export interface Topics {
  property: string;
  event: string;
  action: string;
  raw: string;
  /** What it listens to. */
  down: string[];
}

/** A message on its way up. */
export interface Said {
  topic: string;
  payload: string;
}

/** A message that came, as far as a device understands it. */
export type Heard =
  | { is: "control"; token: string; values: Values }
  | { is: "action"; token: string; action: string; input: Values }
  | { is: "status"; token: string; reported: Values; control: Values }
  | { is: "reply"; method: string; token: string; code: number; status: string }
  | { is: "other" };

export function topicsOf(product: string, name: string, isRaw: boolean): Topics {
  const up = (kind: string) => `$thing/up/${kind}/${product}/${name}`;
  const kinds = isRaw ? ["raw"] : ["property", "event", "action"];
  return {
    property: up("property"),
    event: up("event"),
    action: up("action"),
    raw: up("raw"),
    down: kinds.map((kind) => `$thing/down/${kind}/${product}/${name}`),
  };
}

export function report(topics: Topics, token: string, params: Values, timestamp: number): Said {
  return said(topics.property, { method: "report", clientToken: token, timestamp, params });
}

/** Asks for what was reported last, and for controls that wait. */
export function getStatus(topics: Topics, token: string): Said {
  return said(topics.property, { method: "get_status", clientToken: token });
}

export function clearControl(topics: Topics, token: string): Said {
  return said(topics.property, { method: "clear_control", clientToken: token });
}

export function event(topics: Topics, token: string, kind: { id: string; type: string }, params: Values, timestamp: number): Said {
  return said(topics.event, { method: "event_post", clientToken: token, version: "1.0", eventId: kind.id, type: kind.type, timestamp, params });
}

/** The token is that of the message it answers. */
export function controlReply(topics: Topics, token: string, code = 0): Said {
  return said(topics.property, { method: "control_reply", clientToken: token, code, status: code === 0 ? "success" : "refused" });
}

export function actionReply(topics: Topics, token: string, code: number, response: Values): Said {
  return said(topics.action, {
    method: "action_reply",
    clientToken: token,
    code,
    status: code === 0 ? "action execute success!" : "action execute failed",
    response,
  });
}

function said(topic: string, message: Values): Said {
  return { topic, payload: JSON.stringify(message) };
}

/** Never fails: what is no message of the thing model is `other`. */
export function hear(payload: string): Heard {
  const message = record(parseJson(payload));
  const method = text(message["method"]);
  const token = text(message["clientToken"]);
  switch (method) {
    case "control":
      return { is: "control", token, values: record(message["params"]) };
    case "action":
      return { is: "action", token, action: text(message["actionId"]), input: record(message["params"]) };
    case "get_status_reply": {
      const data = record(message["data"]);
      return { is: "status", token, reported: record(data["reported"]), control: record(data["control"]) };
    }
    case "report_reply":
    case "event_reply":
    case "clear_control_reply": {
      const code = message["code"];
      return { is: "reply", method, token, code: typeof code === "number" ? code : -1, status: text(message["status"]) };
    }
    default:
      return { is: "other" };
  }
}

function record(value: Json | undefined): Values {
  return value && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The bytes of hexadecimal digits, with spaces between them as one likes; `undefined` for anything else. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> | undefined {
  const plain = digits.replace(/\s+/g, "");
  if (plain === "" || plain.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(plain)) return undefined;
  return Uint8Array.from({ length: plain.length / 2 }, (_, at) => Number.parseInt(plain.slice(at * 2, at * 2 + 2), 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
