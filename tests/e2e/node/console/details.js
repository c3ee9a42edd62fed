// The smaller controls of the pages of a product and a device, each with what it does: fields of the thing-model editor, of settings, topics, development,
// production and debugging, and the ways between tabs.
"use strict";

const { demo, lamp } = require("./lamp.js");

exports.walk = async (tour) => {
  const run = `${tour.language}-${Date.now() % 1_000_000}`;
  const { page, word, cloud } = tour;
  const of = {
    run,
    dialog: page.getByRole("dialog"),
    main: page.getByRole("main"),
    button: (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true }),
    link: (zh, en) => page.getByRole("main").getByRole("link", { name: word(zh, en), exact: true }),
  };
  const { product, project } = await demo(cloud);
  const made = { ProductName: `small-${run}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProjectId: project, ProductDesc: "" };
  const id = (await cloud("CreateStudioProduct", made)).Product.ProductId;
  await editor(tour, of, id);
  await debugging(tour, of, id);
  await development(tour, of, id);
  await settings(tour, of, id);
  await topics(tour, of, id);
  await cloud("DeleteDevice", { ProductId: id, DeviceName: "second" });
  await device(tour, of, product);
};

/** An enum, an event and an action by the form, and a number changed in each of its fields. */
async function editor({ page, visit, word, expect, cloud }, { dialog, button }, id) {
  const field = (zh, en) => dialog.getByLabel(word(zh, en)).first();
  const into = () => button("放入草稿", "Put into the draft").click();
  const add = async (zh, en, name, identifier) => {
    await button("新增功能", "Add a function").first().click();
    await dialog.getByRole("radio", { name: word(zh, en), exact: true }).check();
    await field("功能名称", "Name").fill(name);
    await field("标识符", "Identifier").fill(identifier);
    await dialog.getByRole("textbox", { name: word("描述", "Description"), exact: true }).fill(`about ${identifier}`);
  };
  await visit(`/products/${id}/definition`);
  await add("属性", "Property", "Level", "level");
  await dialog.getByRole("radio", { name: word("只读", "Read-only"), exact: true }).check();
  await field("数据类型", "Data type").selectOption("enum");
  await field("值 1", "Value 1").fill("5");
  await field("描述 1", "Meaning 1").fill("five");
  await dialog.getByRole("button", { name: word("删除枚举项 1", "Delete entry 1"), exact: true }).click();
  await button("添加枚举项", "Add an entry").click();
  await field("描述 2", "Meaning 2").fill("six");
  await field("值 2", "Value 2").fill("6");
  await into();
  await add("事件", "Event", "Low", "low");
  await dialog.getByRole("radio", { name: word("告警", "Alert"), exact: true }).check();
  await into();
  await add("行为", "Action", "Blink", "blink");
  await into();
  await button("查看差异并保存", "Review and save").click();
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByText(word("物模型已保存，立即生效", "The thing model is saved and in force")).first().waitFor();
  const saved = JSON.parse((await cloud("DescribeModelDefinition", { ProductId: id })).Model.ModelDefine);
  const [level] = saved.properties;
  expect(level.mode === "r" && level.desc === "about level" && JSON.stringify(level.define.mapping) === '{"5":"five","6":"six"}', JSON.stringify(level));
  expect(saved.events[0].type === "alert" && saved.actions[0].id === "blink", JSON.stringify(saved));
}

/** The devices of the product: made with a secret of one's own, and another beside it. */
async function debugging({ page, visit, word, expect, cloud }, { dialog, button, link }, id) {
  await visit(`/products/${id}/debugging`);
  await button("新建设备", "New device").first().click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill("first");
  const secret = Buffer.from("a secret of one's own").toString("base64");
  await dialog.getByLabel(word("设备密钥", "Device secret")).fill(secret);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await button("再建一台", "Make another").click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill("second");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("link", { name: word("打开设备", "Open the device") }).click();
  await page.waitForURL((url) => url.pathname.includes(`/devices/${id}/second`));
  const { Device } = await cloud("DescribeDevice", { ProductId: id, DeviceName: "first" });
  expect(Device.DevicePsk === secret, `the secret is ${Device.DevicePsk}`);
  await visit(`/products/${id}/debugging`);
  const part = page.getByRole("textbox", { name: word("设备名称（支持部分匹配）", "Device name or a part of it") });
  await part.fill("sec");
  await part.press("Enter");
  await page.getByRole("row", { name: /first/ }).waitFor({ state: "detached" });
  await button("刷新", "Refresh").click();
  await page.getByRole("row", { name: /second/ }).getByRole("link", { name: word("以虚拟设备运行 second", "Run second as a virtual device") }).click();
  await page.waitForURL(/second\/debugging.*mode=virtual/);
  await cloud("DeleteDevice", { ProductId: id, DeviceName: "first" });
  await visit(`/products/${id}/production`);
  await link("查看物模型", "Show the model").click();
  await page.waitForURL(/\/definition/);
  await page.goBack();
  await link("查看全部设备", "Show all devices").click();
  await page.waitForURL((url) => url.pathname.endsWith("/devices") && url.search.includes(id));
}

/** A password for a secret typed by hand, for as long as one says; the texts of all ways to connect can be copied. */
async function development({ page, visit, word, expect, language }, { main }, id) {
  await visit(`/products/${id}/development`);
  await main.getByRole("textbox", { name: word("设备名称", "Device name") }).first().fill("anybody");
  await main.getByLabel(word("设备密钥（DeviceSecret）", "Device secret")).fill(Buffer.from("typed by hand").toString("base64"));
  const valid = main.getByLabel(word("有效期", "Valid for"));
  const last = await valid.locator("option").last().getAttribute("value");
  await valid.selectOption(last);
  await page.getByText("ClientId", { exact: true }).waitFor();
  for (const way of ["Python SDK", "C SDK", "Node.js", "HTTP"]) {
    await page.getByRole("radio", { name: way }).check();
    await page.getByRole("button", { name: `${word("复制", "Copy")} ${way}` }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.includes(id), `${way} (${language}) was copied as ${copied.slice(0, 80)}`);
  }
}

async function settings({ page, visit, word, until, cloud }, { run }, id) {
  const basics = page.locator("form", { hasText: word("基本信息", "Basics") });
  const described = async () => (await cloud("DescribeStudioProduct", { ProductId: id })).Product;
  await visit(`/products/${id}/settings`);
  await basics.getByLabel(word("产品名称", "Product name")).fill(`smaller-${run}`);
  const binding = basics.getByLabel(word("绑定策略", "Binding"));
  const other = await binding.locator("option:not(:checked)").first().getAttribute("value");
  await binding.selectOption(other);
  await basics.getByRole("button", { name: word("保存", "Save") }).click();
  await until(async () => (await described()).ProductName === `smaller-${run}`, "the name stayed");
  await until(async () => String((await described()).BindStrategy) === other, "the binding stayed");
  const storage = page.locator("form", { hasText: word("数据保存", "Storage") });
  await storage.getByRole("radio", { name: word("写入内存之后", "once they are in memory") }).check();
  await storage.getByRole("button", { name: word("保存", "Save") }).click();
  await until(async () => (await cloud("DescribeProductStorage", { ProductId: id }, "2026-11-01")).Durability === "memory", "the durability stayed");
}

async function topics({ page, visit, word, expect, cloud }, { dialog, button }, id) {
  const listed = async () => (await cloud("ListTopicPolicy", { ProductId: id })).Topics.map(({ TopicName, Privilege }) => `${TopicName} ${Privilege}`).join();
  await visit(`/products/${id}/topics`);
  await button("新建自定义 Topic", "New custom topic").click();
  await dialog.getByRole("textbox").first().fill("old/name");
  await dialog.getByRole("radio", { name: word("发布", "Publish"), exact: true }).check();
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByRole("button", { name: new RegExp(word("编辑 .*old/name", "Edit .*old/name")) }).click();
  await dialog.getByRole("textbox").first().fill("new/name");
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByRole("button", { name: /new\/name/ }).first().waitFor();
  expect(/new\/name 1/.test(await listed()) && !/old\/name/.test(await listed()), await listed());
}

/** From tab to tab of a device's page by the tabs themselves; refreshing by hand; a log between two moments. */
async function device(tour, { main, button, link }, product) {
  const { page, visit, word, until, cloud } = tour;
  const name = `small-${tour.language}`;
  const small = await lamp(tour, product, name);
  try {
    await small.report({ brightness: 11 });
    await visit(`/devices/${product}/${name}/diagnosis`);
    await link("查看诊断日志", "See the diagnostic log").click();
    await page.waitForURL(/logs.*log=diagnostic/);
    await page.goBack();
    await link("查看设备密钥", "See the device's secret").click();
    await page.waitForURL(/\/info/);
    for (const [zh, en, tab] of [["历史数据", "History", "history"], ["事件与行为", "Events & actions", "events"], ["在线调试", "Debugging", "debugging"], ["回放", "Replay", "replay"], ["日志", "Logs", "logs"]]) {
      await page.getByRole("navigation", { name: word("设备页面", "Device page") }).getByRole("link", { name: word(zh, en), exact: true }).click();
      await page.waitForURL((url) => url.pathname.endsWith(`/${tab}`));
    }
    const row = page.locator("tbody tr").filter({ hasText: '"brightness":11' }).first();
    await row.waitFor();
    await button("刷新", "Refresh").click();
    await page.getByLabel(word("时间范围", "Time range")).selectOption("custom");
    const local = (ago) => new Date(Date.now() - ago * 1000 + 8 * 3_600_000).toISOString().slice(0, 19);
    await page.getByLabel(word("开始时间", "From"), { exact: true }).fill(local(7200));
    await page.getByLabel(word("结束时间", "To"), { exact: true }).fill(local(3600));
    await page.getByLabel(word("结束时间", "To"), { exact: true }).blur();
    await row.waitFor({ state: "detached" });
    await visit(`/devices/${product}/${name}/events`);
    await button("刷新", "Refresh").click();
    await button("刷新调用记录", "Refresh the calls").click();
    await visit(`/devices/${product}/${name}/replay`);
    await main.getByText('"brightness":11').first().waitFor();
    await main.getByLabel(word("回放的时间段", "Time to replay")).first().selectOption("1h");
    await button("重新读取", "Read again").click();
    await main.getByText('"brightness":11').first().waitFor();
    await visit(`/devices/${product}/${name}/debugging`);
    await main.getByText(word("下发消息", "Send a message"), { exact: true }).click();
    const topic = main.getByLabel("Topic").first();
    await topic.fill("");
    await topic.fill(`${product}/${name}/control`);
    await button("发布", "Publish").click();
    await until(() => small.heard.some((message) => message.topic === `${product}/${name}/control`), "the lamp heard nothing");
  } finally {
    await small.end();
  }
}
