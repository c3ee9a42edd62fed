// What a product's life has beside the usual way of the walk `products`: a project by the form, certificates, templates and files of thing models,
// events and actions, versions of a script, a release at once and one after a review.
"use strict";

const { X509Certificate, createPrivateKey } = require("node:crypto");
const fs = require("node:fs");
const { authority } = require("./certificates.js");

exports.walk = async (tour) => {
  const run = `${tour.language}-${Date.now() % 1_000_000}`;
  const { page, word } = tour;
  const of = {
    run,
    dialog: page.getByRole("dialog"),
    button: (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true }),
    field: (zh, en) => page.getByRole("dialog").getByRole("textbox", { name: word(zh, en) }),
    saved: async (click) => {
      const [download] = await Promise.all([page.waitForEvent("download"), click]);
      return fs.readFileSync(await download.path(), "utf8");
    },
  };
  const project = await projectByForm(tour, of);
  await certificates(tour, of, project);
  const fresh = { ProductName: `raw-${run}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 2, ProjectId: project, ProductDesc: "" };
  const id = (await tour.cloud("CreateStudioProduct", fresh)).Product.ProductId;
  await definition(tour, of, id);
  await script(tour, of, id);
  await release(tour, of, id);
};

async function projectByForm({ page, visit, word, looked, expect, cloud }, { run, dialog, button, field }) {
  const project = async (name) => (await cloud("GetProjectList", { Offset: 0, Limit: 100 })).Projects.find(({ ProjectName }) => ProjectName === name);
  await visit("/products");
  await button("项目", "Projects").click();
  await button("新建项目", "New project").click();
  await field("项目名称", "Project name").fill(`home-${run}`);
  await field("描述", "Description").fill("<i>for walking</i>");
  await looked("project");
  await button("保存", "Save").click();
  const row = dialog.getByRole("row", { name: new RegExp(`home-${run}`) });
  await row.getByText("<i>for walking</i>").waitFor();
  await row.getByRole("button", { name: word("编辑", "Edit") }).click();
  await field("项目名称", "Project name").fill(`house-${run}`);
  await field("描述", "Description").fill("<i>for living</i>");
  await button("保存", "Save").click();
  await dialog.getByRole("row", { name: new RegExp(`house-${run}`) }).waitFor();
  const made = await project(`house-${run}`);
  expect(made?.ProjectDesc === "<i>for living</i>" && !(await project(`home-${run}`)), JSON.stringify(made));
  return made.ProjectId;
}

/** A gateway that signs in with a certificate: the pair is shown once, kept as two files, and replaced. */
async function certificates(tour, of, project) {
  const { run, dialog, button, field, saved } = of;
  const { page, visit, word, looked, expect, cloud } = tour;
  await visit("/products");
  await button("新建产品", "New product").first().click();
  await field("产品名称", "Product name").fill(`certified-${run}`);
  await dialog.getByRole("combobox", { name: word("所属项目", "Project") }).selectOption(project);
  await dialog.getByRole("radio", { name: word("网关", "Gateway"), exact: true }).check();
  await dialog.getByRole("combobox", { name: word("通信方式", "Network") }).selectOption("ethernet");
  await dialog.getByRole("radio", { name: word("证书认证", "Certificate") }).check();
  await field("描述", "Description").fill("signs in over TLS");
  await button("创建", "Create").click();
  await page.getByRole("heading", { name: `certified-${run}`, level: 1 }).waitFor();
  const [product] = (await cloud("SearchStudioProduct", { ProductName: `certified-${run}`, Limit: 1, Offset: 0 })).Products;
  const { ProductType, EncryptionType, NetType, ProductDesc, ProductId } = product;
  expect(`${ProductType} ${EncryptionType} ${NetType} ${ProductDesc}` === "5 1 ethernet signs in over TLS", JSON.stringify(product));

  await visit(`/devices?product=${ProductId}`);
  await button("新建设备", "New device").first().click();
  await field("设备名称", "Device name").fill("gate");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  const keep = (zh, en) => saved(dialog.getByRole("button", { name: word(`下载 ${zh}`, `Download ${en}`) }).click());
  const first = new X509Certificate(await keep("设备证书", "Device certificate"));
  const key = createPrivateKey(await keep("设备私钥", "Private key"));
  expect(first.checkPrivateKey(key) && first.subject.includes(`${ProductId}gate`), first.subject);
  await looked("certificate");

  const described = async () => (await cloud("DescribeDevice", { ProductId, DeviceName: "gate" })).Device.DeviceCert;
  await visit(`/devices/${ProductId}/gate/info`);
  const kept = await saved(button("下载证书", "Download the certificate").click());
  expect(new X509Certificate(kept).fingerprint256 === first.fingerprint256, "another certificate was saved");
  await button("更换证书", "Replace the certificate").click();
  const replace = dialog.getByRole("button", { name: word("更换证书", "Replace the certificate") });
  expect(await replace.isDisabled(), "a certificate is replaced without the device's name");
  await dialog.getByRole("textbox").last().fill("gate");
  await replace.click();
  const shown = await page.getByRole("region", { name: word("设备私钥", "Private key") }).innerText();
  const second = new X509Certificate(await described());
  expect(second.fingerprint256 !== first.fingerprint256 && second.checkPrivateKey(createPrivateKey(shown)), "the new pair does not fit");
  await looked("replaced");
  // It is shown only once: the dialog asks before it closes, until the key was downloaded.
  const close = dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last();
  const [question] = await Promise.all([
    page.waitForEvent("dialog").then(async (question) => {
      await question.dismiss();
      return question.message();
    }),
    close.click(),
  ]);
  expect(question.includes(word("只显示这一次", "shown only this once")), `asked was ${question}`);
  const again = await saved(button("下载设备私钥", "Download the private key").click());
  expect(second.checkPrivateKey(createPrivateKey(again)), "another key was saved");
  await close.click();
  await dialog.waitFor({ state: "detached" });
  await looked("renewed");
  await ownCertificate(tour, of, ProductId);
}

/** Of a product that trusts an authority of its own: devices bring their certificates along, the first and the next. */
async function ownCertificate(tour, { dialog, button, field }, ProductId) {
  const { page, visit, word, looked, expect, until, cloud } = tour;
  const factory = await authority(tour, ProductId, `factory-${tour.language}`);
  const printOf = (pem) => new X509Certificate(pem).fingerprint256;
  const held = async () => printOf((await cloud("DescribeDevice", { ProductId, DeviceName: "proven" })).Device.DeviceCert);
  const [first, second] = [factory.issue(`${ProductId}proven`), factory.issue(`${ProductId}proven`)];
  factory.end();
  await visit(`/devices?product=${ProductId}`);
  await button("新建设备", "New device").first().click();
  await field("设备名称", "Device name").fill("proven");
  const own = dialog.getByRole("textbox", { name: word("设备证书（PEM）", "Device certificate (PEM)") });
  await own.fill("no certificate");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("alert").waitFor();
  expect((await own.getAttribute("aria-invalid")) === "true", "what is no certificate is told at the field");
  await own.fill(first);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByText(word("设备 proven 已创建", "Device proven is made")).waitFor();
  expect((await held()) === printOf(first), "the device has another certificate");

  await visit(`/devices/${ProductId}/proven/info`);
  await button("更换证书", "Replace the certificate").click();
  await dialog.getByRole("textbox", { name: word("请输入 proven 以确认", "Type proven to confirm") }).fill("proven");
  await dialog.getByRole("button", { name: word("更换证书", "Replace the certificate") }).click();
  await dialog.getByRole("alert").filter({ hasText: "CA" }).waitFor();
  await looked("renew-own");
  await dialog.getByRole("textbox", { name: word("已有的设备证书（PEM）", "A certificate it has already (PEM)") }).fill(second);
  await dialog.getByRole("button", { name: word("更换证书", "Replace the certificate") }).click();
  await dialog.waitFor({ state: "detached" });
  await until(async () => (await held()) === printOf(second), "the device has its first certificate");
}

/** From a template and from a file, a function changed and one deleted, an event and an action by the form, the whole as a file. */
async function definition({ page, visit, word, looked, expect, until, cloud }, { dialog, button, saved }, id) {
  const json = page.getByLabel(word("物模型 JSON", "Thing model as JSON"));
  const draft = async () => JSON.parse(await json.inputValue());
  await visit(`/products/${id}/definition`);
  // What is there already is replaced when that is meant.
  const template = page.getByRole("combobox", { name: word("从模板开始", "Start from a template") });
  await template.selectOption("climate");
  await page.getByRole("cell", { name: "temperature", exact: true }).waitFor();
  await template.selectOption("lamp");
  await dialog.getByRole("button", { name: word("替换", "Replace") }).click();
  await page.getByRole("cell", { name: "brightness", exact: true }).waitFor();
  await page.getByRole("row", { name: /brightness/ }).getByRole("button", { name: word(/编辑功能/, /Edit function/) }).click();
  await dialog.getByRole("textbox", { name: word("功能名称", "Name") }).first().fill("Glow");
  await dialog.getByRole("textbox", { name: word("描述", "Description") }).first().fill("how bright");
  await dialog.getByRole("radio", { name: word("只读", "Read-only"), exact: true }).check();
  await button("放入草稿", "Put into the draft").click();
  const glow = (await draft()).properties.find((property) => property.id === "brightness");
  expect(glow.name === "Glow" && glow.mode === "r" && glow.desc === "how bright", JSON.stringify(glow));
  const first = (await draft()).properties.findLast((property) => !property.required && property.id !== "brightness").id;
  await page.getByRole("row", { name: new RegExp(`\\b${first}\\b`) }).last().getByRole("button", { name: word(/删除功能/, /Delete function/) }).click();
  await until(async () => (await draft()).properties.every((property) => property.id !== first), `${first} is still in the draft`);
  for (const [kind, zh, en] of [["events", "事件", "Event"], ["actions", "行为", "Action"]]) {
    await button("新增功能", "Add a function").click();
    await dialog.getByRole("radio", { name: word(zh, en), exact: true }).check();
    await dialog.getByRole("textbox", { name: word("功能名称", "Name") }).first().fill(kind);
    await dialog.getByRole("textbox", { name: word("标识符", "Identifier") }).first().fill(`made_${kind}`);
    await looked(kind);
    await button("放入草稿", "Put into the draft").click();
    await until(async () => (await draft())[kind].some((fn) => fn.id === `made_${kind}`), `the draft has no ${kind}`);
  }
  const file = await saved(button("导出", "Export").click());
  expect(JSON.stringify(JSON.parse(file)) === JSON.stringify(await draft()), "the file is not the draft");
  await button("收起 JSON", "Hide JSON").click();
  await json.waitFor({ state: "hidden" });
  await button("JSON", "JSON").click();
  await button("导入", "Import").click();
  const changed = JSON.parse(file);
  changed.events = changed.events.filter((event) => event.id === "made_events");
  await dialog.getByLabel(word("选择文件", "Choose a file")).setInputFiles({ name: "model.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(changed)) });
  await button("导入到草稿", "Import into the draft").click();
  await until(async () => (await draft()).events.length === 1, "the file did not come into the draft");
  await button("查看差异并保存", "Review and save").click();
  await button("保存", "Save").last().click();
  await page.getByText(word("物模型已保存，立即生效", "The thing model is saved and in force")).first().waitFor();
  const { Model } = await cloud("DescribeModelDefinition", { ProductId: id });
  expect(JSON.parse(Model.ModelDefine).events.map((event) => event.id).join() === "made_events", Model.ModelDefine);
}

/** Bytes in hexadecimal with a port, what the script prints, a version that is kept and not used, and an older one. */
async function script({ page, visit, word, looked, expect, cloud }, { button }, id) {
  const described = () => cloud("DescribeProductScript", { ProductId: id }, "2026-11-01");
  const text = page.getByRole("textbox", { name: word("脚本", "Script"), exact: true });
  const written = (version) => `function RawToProtocol(fPort, bytes) { console.log('port', fPort); return { method: 'report', clientToken: 'v${version}', params: { brightness: bytes[0] } }; }\nfunction ProtocolToRaw() { return [${version}]; }\n`;
  await visit(`/products/${id}/script`);
  await text.fill(written(1));
  await page.getByRole("combobox", { name: word("写法", "Written in") }).selectOption("hex");
  await page.getByRole("textbox", { name: word("输入", "Input") }).fill("2a");
  await page.getByRole("textbox", { name: "fPort" }).fill("9");
  await button("运行", "Run").click();
  const made = page.getByRole("region", { name: word("得到的消息", "The message it makes") });
  await made.getByText("42").waitFor();
  await page.getByRole("region", { name: word("console.log 输出", /console\.log/) }).getByText("9").waitFor();
  await looked("script");
  await button("保存并启用", "Save and use").click();
  await page.getByText(word("版本 1 正在使用", "Version 1 is in force")).first().waitFor();
  await text.fill(written(2));
  await button("保存，不启用", "Save without using it").click();
  const versions = page.getByRole("combobox", { name: word("版本", "Versions") });
  await versions.locator("option").filter({ hasText: "2" }).first().waitFor({ state: "attached" });
  expect((await described()).EnableProductScript !== true, JSON.stringify(await described()));
  await versions.selectOption({ index: 1 });
  await page.waitForFunction(([label, part]) => document.querySelector(`[aria-label="${label}"]`).value.includes(part), [word("脚本", "Script"), "'v1'"]);
}

/** Sent back from a review, then released after one; the model is locked for good. */
async function release({ page, visit, word, looked, expect, until, cloud }, { run, dialog, button }, id) {
  const state = async () => (await cloud("DescribeStudioProduct", { ProductId: id })).Product.DevStatus;
  const does = async (zh, en, submit, wanted) => {
    await button(zh, en).click();
    await dialog.getByRole("button", { name: submit, exact: true }).click();
    await until(async () => (await state()) === wanted, `the product is ${await state()}, not ${wanted}`);
    await dialog.waitFor({ state: "detached" });
  };
  page.once("dialog", (question) => question.accept());
  await visit(`/products/${id}/production`);
  const review = word("申请发布", "Ask for a review");
  await does("申请发布（交由他人审核）", "Ask for a review first", review, "audit");
  await does("退回开发中", "Send back to development", word("退回开发中", "Send back to development"), "dev");
  await button("开发完成并发布", "Development is done: release").click();
  await dialog.getByRole("button", { name: word("取消", "Cancel") }).click();
  expect((await state()) === "dev", "what was given up was done");
  await does("申请发布（交由他人审核）", "Ask for a review first", review, "audit");
  await button("审核通过并发布", "Approve and release").click();
  await looked("release");
  await dialog.getByRole("textbox").fill(`raw-${run}`);
  await dialog.locator("footer").getByRole("button").last().click();
  await until(async () => (await state()) === "released", `the product is ${await state()}`);
  await visit(`/products/${id}/definition`);
  await page.getByText(word("产品已发布，物模型已锁定。", "The product is released: its thing model is locked.")).first().waitFor();
}
