// Texts that people and devices give are shown as texts: markup in names, descriptions, thing models, values, events, messages and tags runs
// nowhere and is seen letter by letter.
"use strict";

const { lamp } = require("./lamp.js");

const RUNS = '<img src=x onerror="window.ran=1">';
const NAME = "<b onclick=ran=1>";

exports.walk = async (tour) => {
  const { page, visit, expect, until, cloud, language } = tour;
  const { ProjectId } = (await cloud("CreateProject", { ProjectName: `${NAME}${language}`.slice(0, 32), ProjectDesc: RUNS })).Project;
  const { Product } = await cloud("CreateStudioProduct", {
    ProductName: `${NAME}${language}`.slice(0, 32), CategoryId: 3, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: RUNS, ProjectId,
  });
  const id = Product.ProductId;
  const property = { id: "words", name: "words", desc: RUNS, required: false, mode: "rw", define: { type: "string", min: "0", max: "200" } };
  const mapped = { id: "kind", name: "kind", desc: RUNS, required: false, mode: "rw", define: { type: "enum", mapping: { 0: "<b id=ran>", 1: "b" } } };
  const event = { id: "said", name: "said", desc: RUNS, type: "info", required: false, params: [{ id: "text", name: "text", define: { type: "string", min: "0", max: "200" } }] };
  const ModelSchema = JSON.stringify({ version: "1.0", properties: [property, mapped], events: [event], actions: [] });
  await cloud("ModifyModelDefinition", { ProductId: id, ModelSchema });
  const device = await lamp(tour, id, "given");
  await cloud("SetTags", { ProductId: id, DeviceName: "given", Tags: [{ Key: "note", Value: RUNS }] }, "2026-11-01").catch(() => {});
  await device.report({ words: RUNS, kind: 0 });
  await device.event("said", "info", { text: RUNS });
  await device.say({ name: RUNS, device_label: { [RUNS]: RUNS } });
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", { ProductId: id, DeviceName: "given" })).Data).words?.Value === RUNS, "the value did not come");

  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  const at = `/devices/${id}/given`;
  const shown = [
    ["/products", NAME], [`/products/${id}`, NAME], [`/products/${id}/settings`, ""], [`/devices?product=${id}`, ""],
    [at, RUNS], [`${at}/history`, ""], [`${at}/events`, RUNS], [`${at}/logs`, "onerror"], [`${at}/debugging`, "onerror"], [`${at}/info`, RUNS], [`${at}/shadow`, ""], [`${at}/diagnosis`, ""],
  ];
  for (const [address, text] of shown) {
    await visit(address);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    if (text) await page.getByText(text).filter({ visible: true }).first().waitFor();
    const ran = await page.evaluate(() => window.ran ?? document.querySelectorAll("img[src=x], b[onclick], b#ran, img#a").length);
    expect(ran === 0, `${address}: markup became part of the page`);
    console.log(`${language} ${address.replace(id, "PRODUCT")}`);
  }
  expect(dialogs === 0, "something asked");
  await device.end();
};
