// Texts that people and devices give are shown as texts: markup in names, descriptions, thing models, values, events, messages, tags, scripts and
// policies runs nowhere and is seen letter by letter; in a file for a spreadsheet it is no formula.
"use strict";

const fs = require("node:fs");
const { lamp } = require("./lamp.js");

const RUNS = '<img src=x onerror="window.ran=1">';
const NAME = "<b onclick=ran=1>";
const FORMULA = "=cmd|' /C calc'!A0";

exports.walk = async (tour) => {
  const { page, expect } = tour;
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    // A script that was written and not saved is left.
    if (dialog.type() === "beforeunload") return void dialog.accept();
    dialogs += 1;
    void dialog.dismiss();
  });
  const { id, project, device } = await given(tour);
  await ofAccounts(tour);
  await everyPage(tour, id, project);
  await opened(tour, id);
  await files(tour, id, device);
  expect(dialogs === 0, "something asked");
  await device.end();
};

/** A project, a product, a thing model, a script and a device with markup wherever a text can be. */
async function given(tour) {
  const { cloud, until, language } = tour;
  const { ProjectId } = (await cloud("CreateProject", { ProjectName: `${NAME}${language}`.slice(0, 32), ProjectDesc: RUNS })).Project;
  const { Product } = await cloud("CreateStudioProduct", {
    ProductName: `${NAME}${language}`.slice(0, 32), CategoryId: 3, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: RUNS, ProjectId,
  });
  const id = Product.ProductId;
  const named = (own, define) => ({ id: own, name: own, desc: RUNS, required: false, mode: "rw", define });
  const properties = [
    named("words", { type: "string", min: "0", max: "200" }),
    named("kind", { type: "enum", mapping: { 0: "<b id=ran>", 1: "b" } }),
    named("level", { type: "int", min: "0", max: "100", step: "1", start: "0", unit: "<b id=ran>" }),
  ];
  const event = { id: "said", name: "said", desc: RUNS, type: "info", required: false, params: [{ id: "text", name: "text", define: { type: "string", min: "0", max: "200" } }] };
  const action = { id: "act", name: "act", desc: RUNS, required: false, input: [{ id: "way", name: "way", define: { type: "enum", mapping: { 0: "<b id=ran>", 1: "b" } } }], output: [] };
  await cloud("ModifyModelDefinition", { ProductId: id, ModelSchema: JSON.stringify({ version: "1.0", properties, events: [event], actions: [action] }) });
  const device = await lamp(tour, id, "given");
  await cloud("UpdateDeviceShadow", { ProductId: id, DeviceName: "given", State: JSON.stringify({ desired: { [NAME]: RUNS } }), ShadowVersion: 0 }, "2021-04-08");
  for (const level of [3, 4]) await device.report({ words: RUNS, kind: 0, level });
  await device.event("said", "info", { text: RUNS });
  await device.say({ name: RUNS, device_label: { [RUNS]: RUNS } });
  // What the diagnosis has to tell: a wrong type, a name that is not in the model, JSON that is none.
  await device.report({ level: RUNS });
  await device.report({ [NAME]: RUNS });
  await device.publish(`$thing/up/property/${id}/given`, `{"method":"report","params":${RUNS}`);
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", { ProductId: id, DeviceName: "given" })).Data).words?.Value === RUNS, "the value did not come");
  return { id, project: ProjectId, device };
}

/** A policy, a group and a sub-account, and a refused call, for the audit log. */
async function ofAccounts({ cloud, language, expect }) {
  const own = (action, parameters) => cloud(action, parameters, "2026-11-01");
  const statement = [{ effect: "allow", action: ["iotexplorer:Describe*"], resource: ["*"] }];
  const policy = `Marked${language}`;
  await own("SavePolicy", { Name: policy, Document: JSON.stringify({ version: "2.0", statement }), Remark: RUNS });
  const group = `marked-${language}`;
  await own("CreateGroup", { Name: group, Remark: RUNS, Policies: [policy] });
  const refused = await cloud("DescribeDevice", { ProductId: RUNS, DeviceName: RUNS }).then(() => "", (error) => error.code);
  expect(refused !== "", "a product of markup was found");
}

async function isText({ page, expect }, place) {
  const ran = await page.evaluate(() => window.ran ?? document.querySelectorAll("img[src=x], b[onclick], b#ran").length);
  expect(ran === 0, `${place}: markup became part of the page`);
}

async function everyPage(tour, id, project) {
  const { page, visit, language } = tour;
  const at = `/devices/${id}/given`;
  const shown = [
    [`/?project=${project}`, NAME], ["/products", NAME], [`/products/${id}`, NAME], [`/products/${id}/development`, ""], [`/products/${id}/topics`, ""], [`/products/${id}/script`, ""],
    [`/products/${id}/settings`, ""], [`/devices?product=${id}`, ""], [at, RUNS], [`${at}/history?fields=words,kind,level`, "<b id=ran>"], [`${at}/events`, RUNS], [`${at}/logs`, "onerror"],
    [`${at}/debugging`, "onerror"], [`${at}/debugging?mode=action`, "<b id=ran>"], [`${at}/info`, RUNS], [`${at}/shadow`, NAME], [`${at}/diagnosis`, "<img"],
    ["/platform/accounts/groups", RUNS], ["/platform/accounts/policies", RUNS], ["/platform/accounts/users", ""], ["/platform/audit", ""], ["/platform/keys", ""],
  ];
  for (const [address, text] of shown) {
    await visit(address);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    // A name may stand in a list to choose from, too.
    const found = page.getByText(text);
    if (text) await found.filter({ visible: true }).or(page.locator("option").filter({ hasText: text })).first().waitFor({ state: "attached" });
    await isText(tour, address);
    console.log(`${language} ${address.replace(id, "PRODUCT")}`);
  }
}

/** What opens over a page or is computed in it. */
async function opened(tour, id) {
  const { page, visit, word, language } = tour;
  const dialog = page.getByRole("dialog");
  await visit("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await dialog.getByRole("combobox").fill(NAME);
  await dialog.getByText(`${NAME}${language}`).first().waitFor();
  await isText(tour, "search");
  await page.keyboard.press("Escape");

  // A script's own mistake, and the bytes it was given.
  await visit(`/products/${id}/script`);
  await page.getByRole("textbox", { name: word("脚本", "Script"), exact: true }).fill(`function RawToProtocol() { throw new Error('${RUNS}'); }\nfunction ProtocolToRaw() { return []; }`);
  await page.getByRole("button", { name: word("运行", "Run"), exact: true }).click();
  await page.getByText(RUNS).filter({ visible: true }).first().waitFor();
  await isText(tour, "script");

  // A file's name and lines.
  await visit(`/devices?product=${id}`);
  await page.getByRole("button", { name: word("导入 CSV", "Import CSV") }).click();
  await dialog.getByLabel(word("CSV 文件", "CSV file")).setInputFiles({ name: `${NAME}.csv`, mimeType: "text/csv", buffer: Buffer.from(`DeviceName\n"${RUNS.replaceAll('"', '""')}"\n`) });
  await dialog.getByRole("cell", { name: RUNS }).waitFor();
  await isText(tour, "import");
}

/** A value that a spreadsheet would run is a text in the file. */
async function files({ page, visit, word, expect, until, cloud }, id, device) {
  await device.report({ words: FORMULA });
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", { ProductId: id, DeviceName: "given" })).Data).words?.Value === FORMULA, "the formula did not come");
  await visit(`/devices/${id}/given/history?fields=words`);
  await page.getByRole("cell", { name: FORMULA }).first().waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: word("导出 CSV", "Export CSV") }).click()]);
  const lines = fs.readFileSync(await download.path(), "utf8").split("\r\n").filter((line) => line.includes("cmd|"));
  expect(lines.length > 0 && lines.every((line) => line.includes(`'${FORMULA}`) && !/(^|,|")=cmd/.test(line)), `the file has a formula: ${lines[0]}`);
}
