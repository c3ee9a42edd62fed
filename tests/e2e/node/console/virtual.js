// The device played in the page: each of its controls, and what the platform made of it, seen through the cloud.
"use strict";

const { demo, lamp } = require("./lamp.js");

const LIANWU = "2026-11-01";

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, until, cloud, language } = tour;
  const { product, project } = await demo(cloud);
  const name = `virtual-${language}`;
  const taken = `taken-${language}`;
  await cloud("CreateDevice", { ProductId: product, DeviceName: name });
  // Signs in now, so that its place can be taken more than five seconds later.
  const real = await lamp(tour, product, taken);
  try {
    await play(tour, product, name);
    await takeOver(tour, product, taken);
  } finally {
    await real.end();
  }
  await closed(tour, await bytes(tour, project));
  await certified(tour, project);

  async function takeOver() {
    await visit(`/devices/${product}/${taken}/debugging?mode=virtual`);
    await connect(tour).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(word("一台设备只能有一个连接", "A device has one connection")).waitFor();
    await looked("take");
    await dialog.getByRole("button", { name: word("连接并断开原设备", "Connect and cut it off") }).click();
    await isOn(tour);
    await until(() => !real.isConnected(), "the real lamp is still connected");
    expect(await isOnline(tour, product, taken), "the device that was taken over is offline");
    await page.getByRole("button", { name: word("断开", "Disconnect"), exact: true }).click();
    await page.getByRole("status").filter({ hasText: word(/^已断开/, /^Disconnected/) }).waitFor();
    await until(async () => !(await isOnline(tour, product, taken)), "the virtual device is online after it was disconnected");
  }
};

const connect = ({ page, word }) => page.getByRole("button", { name: word("连接", "Connect"), exact: true });
const isOn = ({ page, word }) => page.getByRole("status").filter({ hasText: word(/^已连接$/, /^Connected$/) }).waitFor();
const isOnline = async ({ cloud }, product, name) => (await cloud("DescribeDevice", { ProductId: product, DeviceName: name })).Device.Status === 1;

async function play(tour, product, name) {
  const { page, visit, word, looked, expect, until, cloud } = tour;
  const device = { ProductId: product, DeviceName: name };
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const slider = page.getByRole("slider", { name: "brightness" });
  const heard = page.getByRole("list", { name: word("设备收发", "Sent and received") });
  const fault = (zh, en) => page.getByRole("radio", { name: word(zh, en) }).check();
  const latest = async (id) => JSON.parse((await cloud("DescribeDeviceData", device)).Data)[id]?.Value;
  const became = (id, value) => until(async () => JSON.stringify(await latest(id)) === JSON.stringify(value), `${id} is not ${JSON.stringify(value)}`);

  // It signs in, and the platform sees a device.
  await visit(`/devices/${product}/${name}/debugging?mode=virtual`);
  expect(await button("上报全部", "Report all").isDisabled(), "a device that is not connected could report");
  await connect(tour).click();
  await isOn(tour);
  expect(await isOnline(tour, product, name), "the virtual device is offline");
  await heard.getByText("get_status_reply").waitFor();

  // What is moved is reported at once: slider, number, switch, choice.
  await slider.press("End");
  await became("brightness", 100);
  await slider.press("ArrowLeft");
  await became("brightness", 99);
  const exact = page.locator("[data-property=brightness]").getByRole("spinbutton");
  await exact.fill("42");
  await exact.press("Enter");
  await became("brightness", 42);
  await page.locator("[data-property=power_switch]").getByRole("switch").check();
  await became("power_switch", 1);
  await page.locator("[data-property=color]").getByRole("radio", { name: /Blue/ }).check();
  await became("color", 2);

  // What is typed is reported with Enter or when its field is left, a structure as a whole.
  const text = page.locator("[data-property=name]").getByRole("textbox");
  const place = page.locator("[data-property=position]").getByRole("textbox").first();
  await text.fill("hall");
  await text.press("Enter");
  await became("name", "hall");
  await place.fill("113");
  await place.blur();
  await became("position", { longitude: 113, latitude: 0 });

  // Not at once when that is switched off: each waits for its own button, or the one for all.
  const atOnce = page.getByRole("switch", { name: word("调整后立即上报", "Report each change at once") });
  const power = page.locator("[data-property=power]");
  await atOnce.uncheck();
  await text.fill("porch");
  await text.blur();
  await place.fill("114");
  await place.blur();
  const other = await power.locator("option:not(:checked)").first().getAttribute("value");
  await power.getByRole("combobox").selectOption(other);
  await slider.press("Home");
  await page.locator("[data-property=brightness]").getByRole("button").click();
  await became("brightness", 0);
  expect((await latest("power")) !== other, "a choice was reported before it was told to");
  expect((await latest("name")) === "hall", "a text was reported before it was told to");
  await page.locator("[data-property=name]").getByRole("button").click();
  await became("name", "porch");
  expect((await latest("position")).longitude === 113, "what nobody asked for was reported");
  await button("上报全部", "Report all").click();
  await became("position", { longitude: 114, latitude: 0 });
  const third = await power.locator("option:not(:checked)").first().getAttribute("value");
  await power.getByRole("combobox").selectOption(third);
  await power.getByRole("button", { name: word(/^上报/, /^Report/) }).click();
  await became("power", third);
  await atOnce.check();

  // By itself, a little different each time.
  await page.getByLabel(word("间隔（秒）", "Interval (s)")).fill("1");
  await page.getByRole("switch", { name: word("自动上报", "Report by itself") }).check();
  await until(async () => (await latest("brightness")) !== 0, "nothing moves by itself");
  await page.getByRole("switch", { name: word("自动上报", "Report by itself") }).uncheck();

  // The platform controls it: the slider follows, the reply and the new value go up.
  await cloud("ControlDeviceData", { ...device, Data: JSON.stringify({ brightness: 7 }) });
  await page.waitForFunction(() => document.querySelector("[data-property=brightness] input[type=range]").value === "7");
  await page.locator("[data-property=brightness]").getByText(word("平台已设置", "Set by the platform")).waitFor();
  await heard.getByText("control_reply").first().waitFor();
  await became("brightness", 7);

  // An event, and an action answered as chosen.
  expect((await page.getByLabel(/message/).last().inputValue()) === "", "a text that is empty is shown as another");
  await page.getByLabel(word("要上报的事件", "Event to post"), { exact: true }).selectOption("low_voltage");
  await page.getByLabel(/voltage/).last().fill("2.5");
  await button("上报事件", "Post the event").click();
  const posted = async () => (await cloud("ListEventHistory", { ...device, Type: "", StartTime: 0, EndTime: 0, Context: "", Size: 10 })).EventHistory;
  await until(async () => JSON.stringify(await posted().catch(() => [])).includes("low_voltage"), "the event did not come");
  await page.getByRole("group", { name: /light_blink/ }).getByRole("radio").last().check();
  const answer = await cloud("CallDeviceActionSync", { ...device, ActionId: "light_blink", InputParams: JSON.stringify({ period: 1 }) });
  expect(JSON.parse(answer.OutputParams).err_code === 1, JSON.stringify(answer));
  await page.getByLabel(word("返回码", "Code"), { exact: true }).fill("7");
  await page.getByLabel(word("返回码", "Code"), { exact: true }).press("Enter");
  await cloud("CallDeviceActionSync", { ...device, ActionId: "light_blink", InputParams: JSON.stringify({ period: 1 }) }).catch(() => undefined);
  await heard.getByText('"code":7').first().waitFor();
  await looked("conversation");

  // Faults: refused reports, named by the diagnosis, while the device stays on other tabs.
  await fault("数值超范围", "Out of range");
  await page.locator("[data-property=brightness]").getByRole("button").click();
  await heard.getByText("out of range:[0,100]").waitFor();
  await fault("未定义的属性", "Unknown property");
  await page.locator("[data-property=brightness]").getByRole("button").click();
  await heard.getByText("not_in_the_model").first().waitFor();
  await fault("类型错误", "Wrong type");
  await page.locator("[data-property=brightness]").getByRole("button").click();
  await heard.getByText("readNumberAsString").waitFor();
  await page.getByRole("link", { name: word("诊断", "Diagnosis"), exact: true }).click();
  await page.getByRole("article").filter({ hasText: "brightness" }).first().waitFor();
  await looked("faults");
  await page.getByRole("link", { name: word("虚拟设备在线", "Virtual device online") }).click();
  await isOn(tour);
  await fault("不回复控制", "No reply to controls");
  await cloud("ControlDeviceData", { ...device, Data: JSON.stringify({ brightness: 9 }) });
  await heard.getByText('"brightness":9}').waitFor();
  expect((await slider.inputValue()) === "7" && (await latest("brightness")) === 7, "a silent device did as it was told");

  // Without a goodbye, then with a wrong password: the diagnosis has both.
  await button("中断连接", "Cut the connection").click();
  await until(async () => !(await isOnline(tour, product, name)), "the device is online");
  await button("用错误密码登录", "Sign in with a wrong password").click();
  await page.getByText(word("返回码 4", "code 4")).waitFor();
  await looked("refused");
  await page.getByRole("link", { name: word("诊断", "Diagnosis"), exact: true }).click();
  const refused = page.getByRole("article").filter({ hasText: "hmac" }).first();
  await refused.getByRole("link", { name: word("打开设备密钥", "Open the device's secret") }).click();
  await page.waitForURL(/\/info/);
}

/** The platform ends the connection: the page says so, and why there cannot be another. */
async function closed(tour, product) {
  const { page, visit, word, until, cloud } = tour;
  const device = { ProductId: product, DeviceName: "other" };
  await cloud("CreateDevice", device);
  await visit(`/devices/${product}/other/debugging?mode=virtual`);
  await connect(tour).click();
  await isOn(tour);
  await cloud("UpdateDevicesEnableState", { DevicesItems: [device], Status: 0 });
  await page.getByText(word("连接被平台断开", "The platform closed the connection")).waitFor();
  await page.getByText(word("设备已禁用，不能登录", "The device is disabled and cannot sign in")).waitFor();
  await until(() => connect(tour).isDisabled(), "a disabled device could be connected");
}

/** Nobody else has the key of a device with a certificate. */
async function certified(tour, project) {
  const { page, visit, word, cloud } = tour;
  const product = await make(tour, project, { EncryptionType: "1" });
  await cloud("CreateDevice", { ProductId: product, DeviceName: "sealed" });
  await visit(`/devices/${product}/sealed/debugging?mode=virtual`);
  await page.getByText(word("产品使用证书认证：私钥只在设备上", "The product's devices sign in with certificates")).waitFor();
}

async function make({ cloud, language }, project, change) {
  const { Product } = await cloud("CreateStudioProduct", {
    ProductName: `${language}-${Date.now()}`,
    CategoryId: 3,
    ProductType: 0,
    EncryptionType: "2",
    NetType: "wifi",
    DataProtocol: 1,
    ProductDesc: "",
    ProjectId: project,
    ...change,
  });
  return Product.ProductId;
}

/** A product that passes bytes through: up and down as hexadecimal digits; leaving the page ends the connection. */
async function bytes(tour, project) {
  const { page, visit, word, looked, until, cloud } = tour;
  const product = await make(tour, project, { DataProtocol: 2 });
  const device = { ProductId: product, DeviceName: "raw" };
  await cloud("CreateDevice", device);
  await visit(`/devices/${product}/raw/debugging?mode=virtual`);
  await connect(tour).click();
  await isOn(tour);
  const digits = page.getByLabel(word("上行数据（十六进制）", "Bytes up (hexadecimal)"));
  const send = page.getByRole("button", { name: word("发送", "Send"), exact: true });
  await digits.fill("55 a");
  await page.getByRole("alert").filter({ hasText: word("成对", "pairs") }).waitFor();
  await digits.fill("55 aa 01 ff");
  await send.click();
  const sent = async () => {
    const at = Date.now();
    const { Messages } = await cloud("ListMessages", { ...device, MinTime: at - 600_000, MaxTime: at + 600_000 }, LIANWU);
    return Messages.some(({ Payload }) => Payload === "VaoB/w==");
  };
  await until(sent, "the bytes did not come");
  await cloud("PublishMessage", { ...device, Topic: `$thing/down/raw/${product}/raw`, Payload: "AQID", Qos: 1, PayloadEncoding: "base64" });
  await page.getByText("01 02 03").waitFor();
  await looked("raw");
  await page.getByRole("link", { name: word("设备", "Devices"), exact: true }).first().click();
  await until(async () => !(await isOnline(tour, product, "raw")), "the device is online after its page was left");
  return product;
}
