// Devices with the vendor's own SDK beside the pages: what the SDK does is seen, and what is clicked reaches its callbacks.
"use strict";

const { demo } = require("./lamp.js");
const { sdk } = require("./sdk.js");

exports.walk = async (tour) => {
  const { product, project } = await demo(tour.cloud);
  await lamp(tour, product);
  await gateway(tour, project, product);
};

/** A lamp: refused, connected, controlled, called, heard, and gone. */
async function lamp({ page, visit, word, looked, expect, until, cloud, mqtt, language }, product) {
  const name = `sdk-${language}`;
  const { Data } = await cloud("CreateDevice", { ProductId: product, DeviceName: name });
  const at = (tab) => visit(`/devices/${product}/${name}/${tab}`);
  const problem = (text) => page.getByRole("article").filter({ hasText: text });
  const button = (scope, zh, en) => scope.getByRole("button", { name: word(zh, en), exact: true });

  // With another device's secret it is refused, and the page says what to do.
  const stranger = sdk("sdk_device.py", mqtt, { product, name, secret: Buffer.from("not its secret").toString("base64") });
  // The SDK keeps a refusal to itself and tries again.
  const ids = { ProductId: product, DeviceName: name };
  const problems = async () => (await cloud("DescribeDeviceDiagnosis", ids, "2026-11-01")).Problems;
  // 40: it never came.
  await until(async () => (await problems()).some(({ Id }) => Id !== "faq-40"), "nothing is known of a refused sign-in");
  await stranger.end();
  await at("diagnosis");
  await problem(word(/密钥|签名/, /secret|signature/i)).first().waitFor();
  await looked("refused");

  // With its own it is online, and its report is there.
  const device = sdk("sdk_device.py", mqtt, { product, name, secret: Data.DevicePsk });
  try {
    expect((await device.hears("connected")).rc === 0, "the SDK did not connect");
    device.does({ do: "template_init" });
    for (let topics = 0; topics < 4; topics += 1) await device.hears("subscribed");
    await at("now");
    await page.getByText(word("在线", "Online")).first().waitFor();
    device.does({ do: "report", params: { power_switch: 0, brightness: 61, name: "<b>SDK</b>" } });
    expect((await device.told("property", "report_reply")).code === 0, "the report was not accepted");
    const card = page.getByRole("article").filter({ has: page.getByText("brightness", { exact: true }) });
    await card.getByText("61 %").waitFor();
    await page.getByText("<b>SDK</b>").waitFor();

    // A control reaches the SDK's callback; its reply is what confirms it.
    await card.getByRole("button", { name: word("设置", "Set") }).click();
    await card.getByLabel(word("新的值", "New value")).fill("18");
    await button(card, "下发", "Send").click();
    const control = await device.told("property", "control");
    expect(control.params.brightness === 18, `the SDK was told ${JSON.stringify(control)}`);
    device.does({ do: "control_reply", code: 0, status: "" });
    await card.getByText(word("设备已确认", "Confirmed by the device")).waitFor();
    device.does({ do: "report", params: { brightness: 18 } });
    await card.getByText("18 %").waitFor();
    await looked("now");
    const latest = JSON.parse((await cloud("DescribeDeviceData", ids)).Data);
    expect(latest.brightness.Value === 18, `brightness is ${JSON.stringify(latest.brightness)}`);

    // An event of its, and an action with its answer.
    await at("events");
    device.does({ do: "events", events: [{ eventId: "low_voltage", type: "alert", timestamp: Date.now(), params: { voltage: 2.75 } }] });
    await page.getByRole("row").filter({ hasText: "2.75 V" }).getByText(word("告警", "Alert"), { exact: true }).waitFor();
    const call = page.getByRole("region", { name: word("调用行为", "Call an action") });
    await call.getByLabel(/period/).fill("4");
    await button(call, "调用", "Call").click();
    const asked = await device.told("action", "action");
    expect(asked.actionId === "light_blink" && asked.params.period === 4, `the SDK was asked ${JSON.stringify(asked)}`);
    device.does({ do: "action_reply", clientToken: asked.clientToken, response: { err_code: 0 }, code: 0, status: "by the SDK" });
    await call.getByText("by the SDK").waitFor();
    await looked("action");

    // A text where the model has an integer: refused by the platform, told with its cure.
    device.does({ do: "report", params: { brightness: "dim" } });
    expect((await device.told("property", "report_reply")).code !== 0, "a text was taken for a number");
    await at("diagnosis");
    await problem("dim").getByText(word(/以文本上报 brightness，物模型为整数型/, /brightness as text.*integer/)).waitFor();
    await looked("mistake");

    device.does({ do: "disconnect" });
    await device.hears("disconnected");
    await at("now");
    await page.getByText(word("离线", "Offline")).first().waitFor();
    await until(async () => (await cloud("DescribeDevice", ids)).Device.Status === 0, "it is still online");
  } finally {
    await device.end();
  }
}

/** A gateway that binds a lamp by itself, brings it online, is told its control, and takes it off. */
async function gateway({ page, visit, word, looked, expect, cloud, mqtt, language }, project, lampProduct) {
  const fresh = { ProductName: `sdk-hub-${language}`, CategoryId: 1, ProductType: 5, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProjectId: project, ProductDesc: "" };
  const product = (await cloud("CreateStudioProduct", fresh)).Product.ProductId;
  await cloud("BindProducts", { GatewayProductId: product, ProductIds: [lampProduct] });
  const { Data } = await cloud("CreateDevice", { ProductId: product, DeviceName: "gate" });
  const sub = `below-${language}`;
  const { Data: below } = await cloud("CreateDevice", { ProductId: lampProduct, DeviceName: sub });
  const device = sdk("sdk_gateway.py", mqtt, { product, name: "gate", secret: Data.DevicePsk, subs: [[lampProduct, sub]] });
  const asks = async (verb, more = {}) => {
    device.does({ do: verb, sub: [lampProduct, sub], secret: below.DevicePsk, ...more });
    const { rc } = await device.finds((one) => one.event === "done" && one.do === verb, verb);
    expect(rc === 0, `the SDK's ${verb} ended with ${rc}`);
  };
  const row = page.getByRole("row").filter({ hasText: sub });
  // It asks anew every ten seconds; nobody waits for that here.
  const shows = async (zh, en) => {
    await page.reload();
    await row.getByText(word(zh, en)).waitFor();
  };
  try {
    expect((await device.hears("connected")).rc === 0, "the SDK's gateway did not connect");
    await asks("init");
    await visit(`/devices/${product}/gate/topology`);
    await page.getByText(word("这个网关还没有子设备", "This gateway has no sub-devices yet")).waitFor();
    await asks("bind");
    await shows("未激活", "Never activated");
    await asks("online");
    await shows("在线", "Online");
    await looked("gateway");

    // What is set on the sub-device's page arrives at the gateway.
    const down = `$thing/down/property/${lampProduct}/${sub}`;
    await asks("subscribe", { topic: down, qos: 1 });
    await visit(`/devices/${lampProduct}/${sub}/now`);
    await asks("publish", { topic: `$thing/up/property/${lampProduct}/${sub}`, payload: { method: "report", clientToken: "s", params: { brightness: 9 } }, qos: 1 });
    const card = page.getByRole("article").filter({ has: page.getByText("brightness", { exact: true }) });
    await card.getByText("9 %").waitFor();
    await card.getByRole("button", { name: word("设置", "Set") }).click();
    await card.getByLabel(word("新的值", "New value")).fill("27");
    await card.getByRole("button", { name: word("下发", "Send"), exact: true }).click();
    const told = await device.finds((one) => one.event === "down" && one.payload.method === "control", "a control");
    expect(told.topic === down && told.payload.params.brightness === 27, `the gateway was told ${JSON.stringify(told)}`);

    await visit(`/devices/${product}/gate/topology`);
    await asks("offline");
    await shows("离线", "Offline");
    await asks("unbind");
    await page.reload();
    await page.getByText(word("这个网关还没有子设备", "This gateway has no sub-devices yet")).waitFor();
  } finally {
    await device.end();
  }
}
