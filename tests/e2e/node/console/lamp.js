// A lamp of the demo's product that signs in as devices do, and does what a walk wants of it.
"use strict";

const crypto = require("node:crypto");
const mqtt = require("mqtt");

/** The demo's product and project. */
exports.demo = async (cloud) => {
  const { Projects } = await cloud("GetProjectList", { Offset: 0, Limit: 10 });
  for (const { ProjectId } of Projects) {
    const { Products } = await cloud("GetStudioProductList", { ProjectId, DevStatus: "all", Offset: 0, Limit: 100 });
    const found = Products.find((product) => product.ProductName === "lamp");
    if (found) return { product: found.ProductId, project: ProjectId };
  }
  throw new Error("there is no product of the demo");
};

/** Makes the lamp and connects it. */
exports.lamp = async ({ cloud, mqtt: address }, product, name) => {
  const { Data } = await cloud("CreateDevice", { ProductId: product, DeviceName: name });
  const key = Buffer.from(Data.DevicePsk, "base64");
  const username = `${product}${name};12010126;walks;${Math.floor(Date.now() / 1000) + 3600}`;
  const password = `${crypto.createHmac("sha256", key).update(username).digest("hex")};hmacsha256`;
  const whole = `${product}/${name}`;
  const topics = [`$thing/down/property/${whole}`, `$thing/down/action/${whole}`, `${whole}/control`];
  let client;
  const heard = [];
  /** What a control is answered with. */
  const answer = { code: 0, status: "" };
  const up = (kind, message) => client.publishAsync(`$thing/up/${kind}/${whole}`, JSON.stringify({ clientToken: `w${Math.random()}`, ...message }), { qos: 1 });
  async function connect() {
    client = await mqtt.connectAsync(`mqtt://${address}`, { clientId: `${product}${name}`, username, password, reconnectPeriod: 0 });
    client.on("message", (topic, payload) => {
      heard.push({ topic, payload });
      // What the platform says of a message that is no JSON is none, either.
      if (!topic.startsWith("$thing/") || payload[0] !== 0x7b) return;
      const message = JSON.parse(payload.toString());
      const { clientToken } = message;
      if (message.method === "control") void up("property", { method: "control_reply", clientToken, ...answer });
      if (message.method === "action") {
        void up("action", { method: "action_reply", clientToken, code: 0, status: "blinked", response: { err_code: 1 } });
      }
    });
    await client.subscribeAsync(topics, { qos: 1 });
  }
  await connect();
  return {
    secret: Data.DevicePsk,
    heard,
    answer,
    publish: (topic, payload) => client.publishAsync(topic, payload, { qos: 1 }),
    report: (params) => up("property", { method: "report", params }),
    event: (eventId, type, params) => up("event", { method: "event_post", version: "1.0", eventId, type, timestamp: Date.now(), params }),
    /** Values of before, `[ms, properties]`, as after a time offline: a hundred in a message. */
    async pack(values) {
      const items = values.map(([timestamp, properties]) => ({ timestamp, properties }));
      for (let at = 0; at < items.length; at += 100) await up("property", { method: "pack_report", params: items.slice(at, at + 100) });
    },
    say: (params) => up("property", { method: "report_info", params }),
    /** After it was disabled. */
    again: connect,
    isConnected: () => client.connected,
    end: () => client.endAsync(true),
  };
};
