// Products: made by clicks, their thing model edited in the table and as JSON, credentials, topics, script, settings, release, deletion.
"use strict";

const { createHmac } = require("node:crypto");
const { tries } = require("./look.js");

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, until, cloud, language } = tour;
  const run = `${language}-${Date.now() % 1_000_000}`;
  const NAME = `walk-${run}`;
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const field = (zh, en) => page.getByRole("textbox", { name: word(zh, en) }).first();
  const dialog = page.getByRole("dialog");
  const choice = (zh, en) => page.getByRole("radio", { name: word(zh, en) });
  const told = (zh, en) => page.getByText(word(zh, en)).first().waitFor();
  const found = async (name) => (await cloud("SearchStudioProduct", { ProductName: name, Limit: 10, Offset: 0 })).Products;
  const model = async (id) => JSON.parse((await cloud("DescribeModelDefinition", { ProductId: id })).Model.ModelDefine);

  // The list, with its filters in the address.
  await visit("/products");
  await page.getByRole("table").waitFor();
  await looked("list");
  await tries(tour);
  const search = page.getByPlaceholder(word("搜索产品名称", "Search by product name"));
  await search.fill("no such product");
  await search.press("Enter");
  await told("没有符合筛选条件的内容", "Nothing fits the filters");
  expect(page.url().includes("name=no"), `the filter is not in the address ${page.url()}`);
  await button("清除筛选", "Clear filters").click();
  await page.getByRole("table").waitFor();

  const inState = page.getByRole("combobox", { name: word("状态", "State") });
  await inState.selectOption("released");
  await told("没有符合筛选条件的内容", "Nothing fits the filters");
  await page.getByRole("button", { name: word("移除筛选 状态 已发布", "Remove the filter State Released") }).click();
  await page.waitForURL((url) => !url.searchParams.has("state"));
  await search.fill("lamp");
  await search.press("Enter");
  await page.waitForURL(/name=lamp/);
  await page.getByRole("button", { name: word("移除筛选 产品名称 lamp", "Remove the filter Name lamp") }).click();
  await page.waitForURL((url) => !url.searchParams.has("name"));
  await inState.selectOption("dev");
  await button("刷新", "Refresh").click();
  await page.getByRole("link", { name: "lamp", exact: true }).click();
  await page.getByRole("heading", { name: "lamp", level: 1 }).waitFor();
  await visit("/products");

  // A product by the form; a name that is missing is told at its field.
  await button("新建产品", "New product").click();
  await dialog.waitFor();
  await button("创建", "Create").click();
  await told("请填写产品名称，最多 32 个字符", "Enter a name of at most 32 characters");
  await looked("create");
  await dialog.getByRole("textbox", { name: word("产品名称", "Product name") }).fill(NAME);
  await dialog.getByLabel(word("所属项目", "Project"), { exact: true }).selectOption("+");
  await dialog.getByLabel(word("项目名称", "Project name")).fill(`walk-project-${run}`);
  await dialog.getByLabel(word("物模型模板", "Thing-model template")).selectOption("climate");
  await choice("自定义透传", "Custom, raw bytes").check();
  await button("创建", "Create").click();
  await page.getByRole("heading", { name: NAME, level: 1 }).waitFor();
  const [made] = await found(NAME);
  const id = made.ProductId;
  expect(made.DataProtocol === 2 && made.NetType === "wifi", JSON.stringify(made));
  expect((await model(id)).properties.some((property) => property.id === "temperature"), "the template is not in the model");

  // One function more, by the form.
  await page.getByRole("table").waitFor();
  await button("新增功能", "Add a function").click();
  await dialog.getByLabel(word("功能名称", "Name")).first().fill("Fan");
  await dialog.getByLabel(word("标识符", "Identifier")).first().fill("1fan");
  await dialog.getByRole("alert").first().waitFor();
  await dialog.getByLabel(word("标识符", "Identifier")).first().fill("fan");
  await dialog.getByLabel(word("数据类型", "Data type")).selectOption("enum");
  await page.getByLabel(word("描述 1", "Meaning 1")).fill("off");
  await button("添加枚举项", "Add an entry").click();
  await page.getByLabel(word("描述 3", "Meaning 3")).fill("high");
  await looked("function");
  await button("放入草稿", "Put into the draft").click();
  await told("未保存", "Not saved");

  // The other side: an error in the JSON is shown at its line, and at the function; nothing can be saved with it.
  const json = page.getByLabel(word("物模型 JSON", "Thing model as JSON"));
  const good = await json.inputValue();
  expect(JSON.parse(good).properties.at(-1).define.mapping["2"] === "high", good.slice(-600));
  await json.fill(good.replace('"125"', '"x"'));
  await page.getByRole("alert").filter({ hasText: "properties[0].define.max" }).waitFor();
  const marked = page.locator("tr", { has: page.getByRole("cell", { name: "temperature", exact: true }) }).locator("td[aria-describedby]");
  const mistake = await marked.evaluate((cell) => document.getElementById(cell.getAttribute("aria-describedby")).textContent);
  expect(mistake.includes("define.max: "), `the mistake of a definition is told as ${mistake}`);
  await looked("range");
  expect(await button("查看差异并保存", "Review and save").isDisabled(), "a model with mistakes could be saved");
  await json.fill(good.replace('"version"', "version"));
  await page.getByRole("alert").filter({ hasText: "version" }).waitFor();
  await looked("mistake");
  await json.fill(good.replace('"125"', '"120"'));

  // What changes, before it is saved; then it is in force.
  await button("查看差异并保存", "Review and save").click();
  await dialog.getByText("define.max").waitFor();
  await looked("difference");
  await button("保存", "Save").last().click();
  await told("物模型已保存，立即生效", "The thing model is saved and in force");
  const saved = await model(id);
  expect(saved.properties[0].define.max === "120" && saved.properties.at(-1).id === "fan", JSON.stringify(saved));

  await meanwhile(tour, { id, json, model, dialog, button });

  // An import takes the place of the draft, and is given up again.
  await button("导入", "Import").click();
  await dialog.getByLabel(word("物模型 JSON", "Thing model as JSON")).fill('{"version":"1.0","properties":[],"events":[],"actions":[]}');
  await button("导入到草稿", "Import into the draft").click();
  await told("还没有任何功能", "No function yet");
  await button("放弃修改", "Discard changes").click();
  await dialog.getByRole("button", { name: word("放弃修改", "Discard changes") }).click();
  await page.getByRole("cell", { name: "fan", exact: true }).waitFor();

  // What is done and what comes next; its devices, one made by the form of the tab.
  const steps = page.getByRole("region", { name: word("产品开发步骤", "Steps of development") });
  const step = (nth) => steps.getByRole("listitem").nth(nth);
  await step(0).getByText(word("已完成", "done")).waitFor();
  await step(1).getByText(word("当前步骤", "present step")).waitFor();
  await steps.getByRole("link", { name: word("前往这一步", "Go to this step") }).click();
  await page.waitForURL((url) => url.pathname.endsWith("/debugging"));
  await page.getByText(word("这个产品还没有设备", "The product has no device yet")).waitFor();
  await looked("debugging-empty");
  await button("新建设备", "New device").first().click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill("tried");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByText(word("设备 tried 已创建", "Device tried is made")).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  await page.getByRole("row", { name: /tried/ }).getByText(word("未激活", "Never activated")).waitFor();
  await step(1).getByText(word("1 台设备", "1 device")).waitFor();
  await step(2).getByText(word("当前步骤", "present step")).waitFor();
  await looked("debugging");
  await page.getByRole("link", { name: word("调试 tried", "Debug tried") }).click();
  await page.waitForURL((url) => url.pathname.endsWith(`/devices/${id}/tried/debugging`));
  await page.goBack();
  await page.getByRole("button", { name: word("删除设备 tried", "Delete device tried") }).click();
  await dialog.getByRole("textbox").fill("tried");
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await page.getByText(word("这个产品还没有设备", "The product has no device yet")).waitFor();
  const after = await cloud("DescribeDevice", { ProductId: id, DeviceName: "tried" }).then(() => "there", (error) => error.code);
  expect(after === "ResourceNotFound.DeviceNotExist", `the device is ${after}`);
  await page.getByRole("link", { name: word("物模型", "Definition"), exact: true }).click();
  await page.getByRole("cell", { name: "fan", exact: true }).waitFor();

  // What a draft would change for a device that reports: on demand, and again beside the differences.
  const { Data: device } = await cloud("CreateDevice", { ProductId: id, DeviceName: "walker" });
  const report = { ProductId: id, DeviceName: "walker", Data: '{"temperature":99,"battery":80}', Method: "reported" };
  await cloud("ControlDeviceData", report);
  const told99 = dialog.getByText(word("超出物模型的范围 [-40,50]，例如 99", "outside the model's range [-40,50], such as 99"));
  await button("查看对设备的影响", "What it changes for devices").click();
  await dialog.getByText(word("看过的上报都符合这份草稿", "All that was looked at fits the draft")).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close") }).last().click();
  const kept = JSON.parse(await json.inputValue());
  kept.properties[0].define.max = "50";
  kept.properties = kept.properties.filter((property) => property.id !== "battery");
  await json.fill(JSON.stringify(kept, null, 2));
  await button("查看差异并保存", "Review and save").click();
  await told99.waitFor();
  const gone = dialog.locator("li").filter({ hasText: "battery" });
  await gone.getByText(word("上报了物模型中没有的属性", "reports the property")).waitFor();
  expect((await gone.getByRole("link").getAttribute("href")).endsWith(`/devices/${id}/walker/logs`), "no way to the device");
  await looked("consequences");
  await dialog.getByRole("button", { name: word("取消", "Cancel") }).click();
  expect((await model(id)).properties[0].define.max === "120", "looking at the consequences saved the draft");
  await button("放弃修改", "Discard changes").click();
  await dialog.getByRole("button", { name: word("放弃修改", "Discard changes") }).click();
  await page.getByRole("cell", { name: "battery", exact: true }).waitFor();

  // Credentials of a device, computed by the platform and then, with its secret fetched, in the page: what the vendor's SDKs would compute.
  await page.getByRole("link", { name: word("设备开发", "Device development") }).click();
  await field("设备名称", "Device name").fill("ghost");
  await button("计算", "Compute").click();
  await page.getByText("ResourceNotFound.DeviceNotExist").waitFor();
  await field("设备名称", "Device name").fill("walker");
  const shown = async (method) => {
    const titles = await page.locator("dl", { hasText: "ClientId" }).locator("[title]").evaluateAll((all) => all.map((each) => each.title));
    const userName = titles.find((text) => text.includes(";12010126;"));
    const password = `${createHmac(method, Buffer.from(device.DevicePsk, "base64")).update(userName).digest("hex")};hmac${method}`;
    expect(titles.includes(`${id}walker`) && titles.includes(password), `${method}: ${titles.join(" | ")}`);
  };
  await button("计算", "Compute").click();
  await page.getByText("ClientId", { exact: true }).waitFor();
  await shown("sha256");
  await page.getByLabel(word("签名算法", "Signature")).selectOption("hmacsha1");
  await page.getByText("ClientId", { exact: true }).waitFor({ state: "detached" });
  await button("取设备密钥", "Fetch the secret").click();
  await page.getByText("PSK (").or(page.getByText("PSK（")).waitFor();
  await shown("sha1");
  for (const way of ["Python SDK", "C SDK", "Node.js", "HTTP"]) {
    await choice(way, way).check();
    await page.getByRole("region", { name: way }).getByText(id).first().waitFor();
  }
  await looked("development");

  // A custom topic of one's own: made, changed, deleted.
  const topics = async () => (await cloud("ListTopicPolicy", { ProductId: id })).Topics.map((topic) => `${topic.TopicName} ${topic.Privilege}`);
  await page.getByRole("link", { name: word("Topic 列表", "Topics") }).click();
  await button("新建自定义 Topic", "New custom topic").click();
  await dialog.locator("input[type=text], input:not([type])").first().fill("walk here");
  await dialog.getByRole("alert").first().waitFor();
  await dialog.locator("input[type=text], input:not([type])").first().fill("walk/here");
  await button("保存", "Save").click();
  await page.getByRole("button", { name: /walk\/here/ }).first().waitFor();
  expect((await topics()).some((topic) => topic.endsWith("walk/here 3")), (await topics()).join());
  await looked("topics");
  await button("新建自定义 Topic", "New custom topic").click();
  const topic = dialog.locator("input[type=text], input:not([type])").first();
  await topic.fill("walk/here");
  await button("保存", "Save").click();
  await dialog.locator("form > .body").getByRole("alert").getByText(word("产品下已有同名 Topic", "The product has a topic of that name")).waitFor();
  expect((await topic.getAttribute("aria-invalid")) === "true", "the name that is taken is not marked");
  await looked("topic-taken");
  await topic.fill("walk/there");
  await dialog.getByRole("alert").waitFor({ state: "detached" });
  page.once("dialog", (question) => question.accept());
  await dialog.getByRole("button", { name: word("取消", "Cancel") }).click();
  await page.getByRole("button", { name: new RegExp(word("编辑.*walk/here", "Edit.*walk/here")) }).click();
  await choice("订阅", "Subscribe").first().check();
  await button("保存", "Save").click();
  await dialog.waitFor({ state: "detached" });
  expect((await topics()).some((topic) => topic.endsWith("walk/here 2")), (await topics()).join());
  await page.getByRole("button", { name: new RegExp(word("删除.*walk/here", "Delete.*walk/here")) }).click();
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(!(await topics()).some((topic) => topic.includes("walk/here")), (await topics()).join());

  // The script: tried out, its mistake shown with the line, saved, deleted.
  await page.getByRole("link", { name: word("数据解析", "Data parsing") }).click();
  await button("填入示例", "Put in an example").click();
  await button("运行", "Run").click();
  await page.getByRole("region", { name: word("得到的消息", "The message it makes") }).getByText("brightness").waitFor();
  await choice("下行", "Down").check();
  await button("运行", "Run").click();
  await page.getByRole("region", { name: word("得到的字节", "The bytes it makes") }).getByText("[85,170,1,255]").waitFor();
  await looked("script");
  await button("保存并启用", "Save and use").click();
  await told("版本 1 正在使用", "Version 1 is in force");
  const { Script } = await cloud("DescribeProductScript", { ProductId: id }, "2026-11-01");
  expect(Script.includes("RawToProtocol"), Script);
  await button("删除脚本", "Delete the script").click();
  await dialog.getByRole("button", { name: word("删除脚本", "Delete the script") }).click();
  await dialog.waitFor({ state: "detached" });

  // Settings.
  await page.getByRole("link", { name: word("产品设置", "Settings"), exact: true }).last().click();
  await field("描述", "Description").fill("for walking");
  await page.locator("form", { hasText: word("基本信息", "Basics") }).getByRole("button", { name: word("保存", "Save") }).click();
  await told("已保存", "Saved");
  await until(async () => (await cloud("DescribeStudioProduct", { ProductId: id })).Product.ProductDesc === "for walking", "the description stayed");
  const registration = page.locator("form", { hasText: word("产品密钥", "Product secret") });
  await choice("自动创建设备", "Devices are created by it").check();
  await registration.getByLabel(word("最多自动创建的设备数", "Devices it may create at most")).fill("7");
  await registration.getByRole("button", { name: word("保存", "Save") }).click();
  await registration.getByRole("button", { name: word("显示", "Show") }).click();
  const registered = () => cloud("DescribeProductDynamicRegister", { ProductId: id });
  await until(async () => (await registered()).RegisterLimit === 7, "the limit stayed");
  const dynamic = await registered();
  expect(dynamic.RegisterType === 2, JSON.stringify(dynamic));
  await registration.getByText(dynamic.ProductSecret).waitFor();
  const storage = page.locator("form", { hasText: word("数据保存", "Storage") });
  const days = storage.getByLabel(word("历史数据保存天数", "Days that history is kept"));
  await days.fill("999999");
  await storage.getByText(word(/请填写 1 到 [\d,]+ 的整数/, /Enter a whole number from 1 to [\d,]+, or 0/)).waitFor();
  expect(await storage.getByRole("button", { name: word("保存", "Save") }).isDisabled(), "days beyond the limit could be saved");
  await days.fill("2");
  await storage.getByRole("button", { name: word("保存", "Save") }).click();
  await told("本产品单独设置：2 天", "Set for this product: 2 days");
  await looked("settings");

  // Leaving with edits that are not saved asks; then review, return and deletion with the name typed.
  await field("描述", "Description").fill("not saved");
  let asked = "";
  page.once("dialog", (question) => {
    asked = question.message();
    void question.dismiss();
  });
  await page.getByRole("link", { name: word("物模型", "Definition"), exact: true }).click();
  expect(asked !== "" && page.url().endsWith("/settings"), `it did not ask: ${page.url()}`);
  await field("描述", "Description").fill("for walking");

  // Towards production: what a release locks and what to mind; many devices from a file; a review asked for.
  await page.getByRole("link", { name: word("批量投产", "Production"), exact: true }).click();
  await told("还没有设备上报过数据：物模型没有试过就会被锁定", "No device has reported yet: the thing model would be locked untried");
  await page.getByRole("cell", { name: word("已开启，自动创建设备，最多 7 台", "on, makes up to 7 devices") }).waitFor();
  await looked("production");
  await button("批量创建设备", "Make many devices").click();
  await dialog.getByLabel(word("CSV 文件", "CSV file")).setInputFiles({ name: "many.csv", mimeType: "text/csv", buffer: Buffer.from("many-1\nmany-2\n") });
  await dialog.getByRole("button", { name: word("导入 2 台设备", "Import 2 devices") }).click();
  await dialog.getByText(word("成功 2 台，失败 0 台", "2 made, 0 failed")).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  await cloud("DeleteDevices", { DevicesItems: ["many-1", "many-2"].map((DeviceName) => ({ ProductId: id, DeviceName })) });
  await button("申请发布（交由他人审核）", "Ask for a review first").click();
  await dialog.getByRole("button", { name: word("申请发布", "Ask for a review") }).click();
  await page.getByRole("button", { name: word("退回开发中", "Send back to development") }).waitFor();
  expect((await cloud("DescribeStudioProduct", { ProductId: id })).Product.DevStatus === "audit", "it is not in review");
  await step(3).getByText(word("未开始", "not begun")).waitFor();
  await page.getByRole("link", { name: word("物模型", "Definition"), exact: true }).click();
  await told("产品正在审核，物模型暂时不能修改。", "The product is in review: its thing model cannot be changed at present.");
  await looked("locked");
  await cloud("ReleaseStudioProduct", { ProductId: id, DevStatus: "dev" });
  await visit("/products");
  await page.getByRole("button", { name: word(`删除产品“${NAME}”`, `Delete product “${NAME}”`) }).click();
  // Not while it has devices: to those there is a way.
  const remove = dialog.getByRole("button", { name: word("删除", "Delete"), exact: true });
  await dialog.getByText(word("此产品下现有 1 台设备", "It has 1 device and cannot be deleted")).waitFor();
  expect((await remove.count()) === 0, "a product with devices could be deleted");
  await looked("delete-not");
  await dialog.getByRole("link", { name: word("查看设备", "Show devices") }).click();
  await page.waitForURL((url) => url.pathname.endsWith("/devices") && url.searchParams.get("product") === id);
  await page.getByRole("link", { name: "walker", exact: true }).waitFor();
  await cloud("DeleteDevice", { ProductId: id, DeviceName: "walker" });
  await visit("/products");
  await page.getByRole("button", { name: word(`删除产品“${NAME}”`, `Delete product “${NAME}”`) }).click();
  expect(await remove.isDisabled(), "it could be deleted without its name");
  await dialog.locator("input").fill(NAME);
  await looked("delete");
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  expect((await found(NAME)).length === 0, "the product is still there");

  // Projects: renamed and deleted.
  await button("项目", "Projects").click();
  const row = dialog.getByRole("row", { name: new RegExp(`walk-project-${run}`) });
  await row.waitFor();
  await looked("projects");
  await row.getByRole("button", { name: word("删除", "Delete") }).click();
  await dialog.last().getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await row.waitFor({ state: "detached" });
};

/** What is saved elsewhere after a draft began is told before it is reviewed and again before it is saved: the draft dropped for it, or compared with it. */
async function meanwhile({ page, word, looked, expect, cloud }, { id, json, model, dialog, button }) {
  const typed = async (desc) => {
    const draft = JSON.parse(await json.inputValue());
    draft.properties[0].desc = desc;
    await json.fill(JSON.stringify(draft, null, 2));
  };
  const elsewhere = async (max) => {
    const other = await model(id);
    other.properties[0].define.max = max;
    await cloud("ModifyModelDefinition", { ProductId: id, ModelSchema: JSON.stringify(other) });
  };
  const told = dialog.getByRole("heading", { name: word("物模型已在别处修改", "The thing model was changed meanwhile") });
  const saves = () => dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  const first = async () => (({ desc, define }) => `${desc} ${define.max}`)((await model(id)).properties[0]);
  const is = async (wanted) => expect((await first()) === wanted, `${await first()} is saved instead of ${wanted}`);

  await typed("mine");
  await elsewhere("121");
  await button("查看差异并保存", "Review and save").click();
  await told.waitFor();
  await dialog.getByRole("row", { name: /define\.max 120 121/ }).waitFor();
  await looked("meanwhile");
  await button("放弃草稿，使用已保存的版本", "Drop the draft, take the saved model").click();
  await dialog.waitFor({ state: "detached" });
  expect(JSON.parse(await json.inputValue()).properties[0].define.max === "121", "the saved model is not taken");

  await typed("mine");
  await button("查看差异并保存", "Review and save").click();
  await dialog.getByRole("row", { name: /desc .*mine/ }).waitFor();
  await elsewhere("122");
  await saves();
  await told.waitFor();
  await is(" 122");
  await button("继续使用草稿", "Go on with the draft").click();
  await dialog.getByRole("row", { name: /define\.max 122 121/ }).waitFor();
  await saves();
  await page.getByText(word("物模型已保存，立即生效", "The thing model is saved and in force")).first().waitFor();
  await dialog.waitFor({ state: "detached" });
  await is("mine 121");

  // As it was.
  await typed("");
  const draft = JSON.parse(await json.inputValue());
  draft.properties[0].define.max = "120";
  await json.fill(JSON.stringify(draft, null, 2));
  await button("查看差异并保存", "Review and save").click();
  await saves();
  await dialog.waitFor({ state: "detached" });
  await is(" 120");
}
