// From an empty platform to a lamp that reports and is controlled, by clicks in the console alone. The lamp is mqtt.js with what the page
// computed for it, as somebody would copy it into a firmware.
"use strict";

const mqtt = require("mqtt");

exports.walk = async ({ page, word, looked, expect, until, cloud, mqtt: address, language }) => {
  const started = Date.now();
  const [project, product, device] = [`home-${language}`, `first-${language}`, "lamp-1"];
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const link = (zh, en) => page.getByRole("link", { name: word(zh, en), exact: true });
  const dialog = page.getByRole("dialog");

  // The overview of an empty platform says what to do, and leads there.
  await page.getByRole("heading", { name: word("概览", "Overview"), level: 1 }).waitFor();
  if (language === "zh") {
    expect((await cloud("GetProjectList", { Offset: 0, Limit: 10 })).Total === 0, "the platform is not empty");
    await looked("empty");
    await link("新建产品", "Make a product").click();
  } else {
    await link("产品", "Products").click();
  }

  // A product with the lamp's thing model.
  await button("新建产品", "New product").first().click();
  await dialog.getByRole("textbox", { name: word("产品名称", "Product name") }).fill(product);
  await dialog.getByLabel(word("所属项目", "Project"), { exact: true }).selectOption("+");
  await dialog.getByLabel(word("项目名称", "Project name")).fill(project);
  await dialog.getByLabel(word("物模型模板", "Thing-model template")).selectOption("lamp");
  await button("创建", "Create").click();
  await page.getByRole("heading", { name: product, level: 1 }).waitFor();
  const [{ ProductId: id }] = (await cloud("SearchStudioProduct", { ProductName: product, Limit: 10, Offset: 0 })).Products;

  // A device of it.
  await button("查看设备", "Show devices").click();
  await button("新建设备", "New device").first().click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill(device);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByText(word(`设备 ${device} 已创建`, `Device ${device} is made`)).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();

  // What it signs in with, as the product's page shows it.
  await link("产品", "Products").click();
  await page.getByRole("link", { name: product, exact: true }).click();
  await link("设备开发", "Device development").click();
  await page.getByRole("textbox", { name: word("设备名称", "Device name") }).first().fill(device);
  await button("计算", "Compute").click();
  await page.getByText("ClientId", { exact: true }).waitFor();
  const shown = await page.locator("dl", { hasText: "ClientId" }).locator("[title]").evaluateAll((all) => all.map((each) => each.title));
  const clientId = shown.find((text) => text === `${id}${device}`);
  const username = shown.find((text) => text.includes(";12010126;"));
  const password = shown.find((text) => text.endsWith(";hmacsha256"));
  const topic = (way) => `$thing/${way}/property/${id}/${device}`;
  const lamp = await mqtt.connectAsync(`mqtt://${address}`, { clientId, username, password, reconnectPeriod: 0 });
  lamp.on("message", (_, payload) => {
    const { method, clientToken, params } = JSON.parse(payload.toString());
    if (method !== "control") return;
    lamp.publish(topic("up"), JSON.stringify({ method: "control_reply", clientToken, code: 0, status: "" }));
    lamp.publish(topic("up"), JSON.stringify({ method: "report", clientToken: "after", params }));
  });
  await lamp.subscribeAsync(topic("down"), { qos: 1 });
  await lamp.publishAsync(topic("up"), JSON.stringify({ method: "report", clientToken: "1", params: { power_switch: 0, brightness: 42 } }), { qos: 1 });

  // It is seen, and switched on.
  await link("设备", "Devices").click();
  await page.getByRole("link", { name: device, exact: true }).first().click();
  await page.getByText(word("在线", "Online")).first().waitFor();
  await page.getByText("42 %").waitFor();
  const power = page.getByRole("article").filter({ hasText: "power_switch" });
  await power.getByRole("button", { name: word("设置", "Set") }).click();
  await power.getByRole("radio", { name: word("开", "On") }).check();
  await power.getByRole("button", { name: word("下发", "Send"), exact: true }).click();
  await power.getByText(word("设备已确认", "Confirmed by the device")).waitFor();
  const latest = async () => JSON.parse((await cloud("DescribeDeviceData", { ProductId: id, DeviceName: device })).Data);
  await until(async () => (await latest()).power_switch?.Value === 1, "the lamp is not on");
  await looked("lamp");
  await lamp.endAsync(true);
  console.log(`${language}: from nothing to a lamp that is on in ${Math.round((Date.now() - started) / 1000)} s`);
};
