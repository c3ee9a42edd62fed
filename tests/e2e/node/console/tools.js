// The simulator by clicks: a fleet that comes online, is refused where it lies, and goes; the credential calculator beside it.
"use strict";

const { createHmac } = require("node:crypto");
const { demo } = require("./lamp.js");

const LIANWU = "2026-11-01";

exports.walk = async ({ page, visit, word, looked, expect, until, cloud, language }) => {
  const { product } = await demo(cloud);
  const prefix = `fleet-${language}`;
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const label = (zh, en) => page.getByLabel(word(zh, en), { exact: true });
  const online = async () => (await fleet()).filter(({ Status }) => Status === 1).length;
  const fleet = async () => (await cloud("GetDeviceList", { ProductId: product, DeviceName: prefix, Offset: 0, Limit: 100 })).Devices;
  const running = async () => (await cloud("ListSimulations", {}, LIANWU)).Simulations.find(({ NamePrefix }) => NamePrefix === prefix);
  const card = page.getByRole("article").first();

  // What a product may hold is said where it has a bound; the demo's have none.
  await page.route("**/DescribeLimits", async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    Object.assign(json.Response.Limits.find(({ Name }) => Name === "DevelopedProductDevices"), { Unlimited: false, Value: 50 });
    await route.fulfill({ response: answer, json });
  });

  // A product without properties, the newest, is not the one to begin with; chosen, it says so and leads to its thing model.
  const { ProjectId } = (await cloud("GetProjectList", { Offset: 0, Limit: 1 })).Projects[0];
  const { Product } = await cloud("CreateStudioProduct", { ProductName: `bare-${language}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: "", ProjectId });
  await visit("/platform/tools");
  await until(async () => (await label("产品", "Product").inputValue()) === product, `begun with ${await label("产品", "Product").inputValue()}`);
  await page.getByText(word(/此产品已有 \d+ 台，最多 50 台/, /the product has \d+ of at most 50/)).waitFor();
  await page.unroute("**/DescribeLimits");
  await label("产品", "Product").selectOption(Product.ProductId);
  const field = (zh, en) => page.locator(".field", { has: label(zh, en) }).getByRole("alert");
  await field("产品", "Product").filter({ hasText: word("还没有属性", "has no property yet") }).waitFor();
  // Numbers are checked while they are typed.
  await label("设备数量", "Devices").fill("-5");
  await field("设备数量", "Devices").filter({ hasText: word(/请填写 1 到 [\d,]+ 的整数/, /Enter a whole number from 1 to [\d,]+/) }).waitFor();
  await page.getByText("sim-1").filter({ hasText: "sim-…" }).waitFor();
  await looked("bare");
  await page.getByRole("link", { name: word("定义物模型", "Define its thing model") }).click();
  await page.waitForURL(new RegExp(`/products/${Product.ProductId}/definition$`));
  await page.getByRole("heading", { level: 1 }).waitFor();
  await cloud("DeleteStudioProduct", { ProductId: Product.ProductId });

  // A mistake is told at its field, and nothing is made.
  await visit("/platform/tools");
  await label("产品", "Product").selectOption(product);
  await label("设备名称前缀", "Names begin with").fill("no device");
  await button("开始模拟", "Start a simulation").click();
  await page.locator(".field", { has: label("设备名称前缀", "Names begin with") }).getByRole("alert").waitFor();

  // Devices that are not there cannot be played; then they are made.
  await label("设备名称前缀", "Names begin with").fill(prefix);
  await label("设备数量", "Devices").fill("20");
  await label("上报间隔（秒）", "Report every (s)").fill("1");
  await label("持续时间（分钟）", "For (minutes)").fill("5");
  await label("错误数据（%）", "Wrong values (%)").fill("50");
  const creates = page.getByRole("switch", { name: word("创建缺少的设备", "Make missing devices") });
  await creates.uncheck();
  await button("开始模拟", "Start a simulation").click();
  await page.getByRole("alert").filter({ hasText: "FailedOperation" }).waitFor();
  expect((await fleet()).length === 0, "devices were made");
  await creates.check();
  await button("开始模拟", "Start a simulation").click();
  await card.getByText("20 / 20").waitFor();
  await until(async () => (await online()) === 20, `${await online()} of 20 are online`);
  await until(async () => (await running()).Accepted > 0 && (await running()).Refused > 0, "nothing is reported, or nothing refused");
  const { Data } = await cloud("DescribeDeviceData", { ProductId: product, DeviceName: `${prefix}-20` });
  expect(Data.startsWith("{"), Data);
  await looked("simulator");

  // It stops: all say goodbye. What was made for it goes in one step.
  await card.getByRole("button", { name: word("停止", "Stop"), exact: true }).click();
  await card.getByText(word("已结束", "Ended"), { exact: true }).waitFor();
  await until(async () => (await online()) === 0, `${await online()} are still online`);
  await card.getByRole("button", { name: word("删除创建的设备", "Delete the devices it made"), exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("listitem").first().waitFor();
  await looked("delete");
  await dialog.getByRole("button", { name: word("删除创建的设备", "Delete the devices it made"), exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect((await fleet()).length === 0, "devices stayed");
  await card.getByRole("link", { name: word("查看设备", "Show devices") }).click();
  await page.waitForURL(new RegExp(`/devices\\?.*${prefix}`));

  // Credentials, for any product: computed by the platform, and here with a secret that is fetched or typed.
  await visit("/platform/tools");
  await page.getByRole("link", { name: word("登录凭证计算", "Credential calculator") }).click();
  await label("产品", "Product").selectOption(product);
  const { Device } = await cloud("DescribeDevice", { ProductId: product, DeviceName: "lamp-1" });
  const shown = async (method, seconds) => {
    await page.getByText("ClientId", { exact: true }).waitFor();
    const titles = await page.locator("dl", { hasText: "ClientId" }).locator("[title]").evaluateAll((all) => all.map((each) => each.title));
    const userName = titles.find((text) => text.includes(";12010126;"));
    const password = `${createHmac(method, Buffer.from(Device.DevicePsk, "base64")).update(userName).digest("hex")};hmac${method}`;
    expect(titles.includes(password), `${method}: ${titles.join(" | ")}`);
    const left = Number(userName.split(";").at(-1)) - Date.now() / 1000;
    expect(left > seconds - 600 && left <= seconds + 1, `good for ${left} s, not ${seconds}`);
  };
  const change = async (zh, en, value) => {
    await label(zh, en).selectOption(value);
    await page.getByText("ClientId", { exact: true }).waitFor({ state: "detached" });
  };
  await page.getByRole("textbox", { name: word("设备名称", "Device name") }).fill("lamp-1");
  await button("计算", "Compute").click();
  await shown("sha256", 86_400);
  await change("签名算法", "Signature", "hmacsha1");
  await change("有效期", "Valid for", word("30 天", "30 days"));
  await button("计算", "Compute").click();
  await shown("sha1", 30 * 86_400);
  await looked("credentials");
  await button("取设备密钥", "Fetch the secret").click();
  await page.getByText(/^PSK/).waitFor();
  await shown("sha1", 30 * 86_400);
  const secret = page.getByLabel(word("设备密钥（DeviceSecret）", "Device secret"), { exact: true });
  await secret.fill("no base64!");
  await page.getByRole("alert").waitFor();
  await secret.fill("");
  await page.getByRole("link", { name: word("设备模拟", "Simulator") }).click();
  await button("开始模拟", "Start a simulation").waitFor();
};
