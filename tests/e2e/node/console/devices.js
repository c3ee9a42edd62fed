// The list of devices: filters, making one, a file of them, several at once.
"use strict";

const fs = require("node:fs");
const { demo } = require("./lamp.js");
const { headStays, look } = require("./look.js");

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, until, cloud, language } = tour;
  const { product, project } = await demo(cloud);
  const beside = { ProductName: `beside-${language}`, CategoryId: 3, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProjectId: project, ProductDesc: "" };
  await cloud("CreateStudioProduct", beside);
  const dialog = page.getByRole("dialog");
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  const stateOf = async (name) => (await cloud("DescribeDevice", { ProductId: product, DeviceName: name })).Device.EnableState;
  const refusal = async (name) => cloud("DescribeDevice", { ProductId: product, DeviceName: name }).then(() => "", (error) => error.code);

  const states = (of) => page.getByRole("radio", { name: of });
  const chip = (label) => page.getByRole("button", { name: word(`移除筛选 ${label}`, `Remove the filter ${label}`) });
  const listed = async (filter = {}) => (await cloud("ListDevices", { ProductId: product, ...filter }, "2026-11-01")).Devices;

  await look(tour);

  // What could not be read is asked for again.
  await page.route(/ListDevices/, (route) => route.abort());
  await visit("/devices");
  const again = page.getByRole("alert").getByRole("button", { name: word("重试", "Try again") });
  await again.waitFor();
  await looked("list-failed");
  await page.unroute(/ListDevices/);
  await again.click();
  await row("lamp-1").waitFor();

  // Three lamps of the demo, online, and the filters.
  await visit("/devices");
  await page.getByRole("heading", { name: word("设备", "Devices"), level: 1 }).waitFor();
  await row("lamp-1").getByText(word("在线", "Online")).waitFor();
  await looked("list");
  const name = page.getByLabel(word("设备名称（支持部分匹配）", "Device name or a part of it"));
  await name.fill("lamp-2");
  await name.press("Enter");
  await row("lamp-1").waitFor({ state: "detached" });
  expect(page.url().includes("name=lamp-2"), `the address does not hold the filter: ${page.url()}`);
  await page.reload();
  await row("lamp-2").waitFor();
  await name.fill("no-such-lamp");
  await name.press("Enter");
  await page.getByText(word("没有符合筛选条件的内容", "Nothing fits the filters")).waitFor();
  await looked("list-nothing");
  await page.getByRole("button", { name: word("清除筛选", "Clear filters") }).click();
  await row("lamp-1").waitFor();
  await page.getByLabel(word("产品", "Product"), { exact: true }).selectOption(product);
  await page.waitForURL(/product=/);
  await row("lamp-3").waitFor();
  await page.getByRole("button", { name: word("刷新", "Refresh"), exact: true }).click();

  // Every state has its count, and the list is what the cloud says of it.
  const counts = (await cloud("ListDevices", { ProductId: product }, "2026-11-01")).Counts;
  expect(counts.Online >= 3 && counts.Online + counts.Offline + counts.Inactive === counts.Total, `counts do not add up: ${JSON.stringify(counts)}`);
  await states(`${word("在线", "Online")} ${counts.Online}`).check();
  await page.waitForURL(/state=online/);
  await row("lamp-1").waitFor();
  await looked("list-online");
  for (const [label, state] of [[word("离线", "Offline"), "offline"], [word("未激活", "Never activated"), "inactive"], [word("已禁用", "Disabled"), "disabled"]]) {
    await states(label).check();
    await page.waitForURL(new RegExp(`state=${state}`));
    await row("lamp-1").waitFor({ state: "detached" });
  }
  await chip(word("状态 已禁用", "State Disabled")).click();
  await row("lamp-1").waitFor();
  expect(!page.url().includes("state="), `the address still holds the state: ${page.url()}`);
  await states(word("离线", "Offline")).check();
  await states(word("全部", "All")).check();
  const firmware = page.getByLabel(word("固件版本", "Firmware version"), { exact: true });
  await firmware.fill("no-such-version");
  await firmware.press("Enter");
  await chip(word("固件版本 no-such-version", "Firmware no-such-version")).waitFor();
  await row("lamp-1").waitFor({ state: "detached" });
  await chip(word("固件版本 no-such-version", "Firmware no-such-version")).click();
  await row("lamp-1").waitFor();

  // A new device: its name is checked while it is typed, and again by the server.
  const made = `made-${language}`;
  await page.getByRole("button", { name: word("新建设备", "New device") }).click();
  const field = dialog.getByLabel(word("设备名称", "Device name"));
  await dialog.getByRole("combobox", { name: word("产品", "Product") }).selectOption(product);
  await field.fill("my lamp");
  await dialog.getByRole("alert").waitFor();
  await looked("create");
  await field.fill("lamp-1");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("alert").waitFor();
  expect((await field.getAttribute("aria-invalid")) === "true", "a name that is taken is told at the field");
  await field.fill(made);
  const secret = Buffer.from(`secret of ${made}`).toString("base64");
  await dialog.getByLabel(word("设备密钥", "Device secret")).fill(secret);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByText(word(`设备 ${made} 已创建`, `Device ${made} is made`)).waitFor();
  await looked("created");
  const { Device: fresh } = await cloud("DescribeDevice", { ProductId: product, DeviceName: made });
  expect(fresh.DevicePsk === secret, `${made} has the secret ${fresh.DevicePsk}`);
  await dialog.getByRole("button", { name: word("再建一台", "Make another") }).click();
  await field.fill(`${made}-2`);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("link", { name: word("打开设备", "Open the device") }).click();
  await page.getByRole("heading", { name: `${made}-2`, level: 1 }).waitFor();
  await cloud("DeleteDevice", { ProductId: product, DeviceName: `${made}-2` });
  await page.goBack();
  await page.getByRole("button", { name: word("新建设备", "New device") }).click();
  await field.fill("given up");
  page.once("dialog", (question) => question.accept());
  await dialog.getByRole("button", { name: word("取消", "Cancel") }).click();
  expect((await refusal("given up")) !== "", "what was given up was made");
  await row(made).getByText(word("未激活", "Never activated")).waitFor();

  // The list as a file: what the filter shows, with secrets only when they are asked for.
  await name.fill("lamp-");
  await name.press("Enter");
  await chip(word("名称含 lamp-", "Name with lamp-")).waitFor();
  for (const isSecret of [false, true]) {
    await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
    if (isSecret) await dialog.getByText(word("包含设备密钥", "With the devices' secrets")).click();
    if (isSecret) await looked("export");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: word("导出", "Export"), exact: true }).click(),
    ]);
    const rows = fs.readFileSync(await file.path(), "utf8").replace("\uFEFF", "").trim().split("\r\n").map((line) => line.split(","));
    const devices = await listed({ DeviceName: "lamp-" });
    const at = rows[0].indexOf("DeviceName");
    expect(rows.slice(1).map((cells) => cells[at]).join() === devices.map((device) => device.DeviceName).join(), `the file is not the list: ${rows.join("; ")}`);
    expect(rows.slice(1).every((cells) => cells[rows[0].indexOf("Status")] === "online"), "the lamps of the demo are online");
    const { DevicePsk } = (await cloud("DescribeDevice", { ProductId: product, DeviceName: devices[0].DeviceName })).Device;
    expect(rows.join().includes(DevicePsk) === isSecret, `secrets: ${isSecret}, the file: ${rows.join("; ")}`);
    await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  }
  // One that is stopped saves nothing.
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route(/ListDevices/, async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  await dialog.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  await dialog.getByRole("button", { name: word("停止", "Stop"), exact: true }).click();
  answer();
  await dialog.getByText(word("没有保存文件", "no file was saved")).waitFor();
  await page.unroute(/ListDevices/);
  await looked("export-stopped");
  await dialog.getByRole("button", { name: word("取消", "Cancel"), exact: true }).click();
  await chip(word("名称含 lamp-", "Name with lamp-")).click();
  await row(made).waitFor();

  // From its row to its pages.
  await row(made).getByRole("link", { name: made }).click();
  await page.getByRole("heading", { name: made, level: 1 }).waitFor();
  await page.goBack();
  await row(made).getByRole("link", { name: word("调试", "Debug") }).click();
  await page.waitForURL(new RegExp(`${made}/debugging`));
  await page.goBack();
  await row(made).waitFor();

  // A file with good and bad lines.
  const [one, two] = [`file-${language}-1`, `file-${language}-2`];
  const file = ["DeviceName,DevicePsk", `${one},`, "not a name,", `${two},`, "lamp-1,", `${one},`, ""].join("\r\n");
  await page.getByRole("button", { name: word("导入 CSV", "Import CSV") }).click();
  await dialog.getByRole("combobox", { name: word("产品", "Product") }).selectOption(product);
  const [template] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: word("下载模板", "Download a template") }).click()]);
  expect(fs.readFileSync(await template.path(), "utf8").includes("DeviceName,DevicePsk"), "the template has no head");
  const input = dialog.getByLabel(word("CSV 文件", "CSV file"));
  await input.setInputFiles({ name: "empty.csv", mimeType: "text/csv", buffer: Buffer.from("DeviceName\n") });
  await dialog.getByText(word("文件中没有设备名称", "There is no device name in the file")).waitFor();
  await input.setInputFiles({ name: "lamps.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await dialog.getByText(word("3 行可以导入，2 行有问题", "3 lines can be imported, 2 have a problem")).waitFor();
  await looked("import");
  await dialog.getByRole("button", { name: word("导入 3 台设备", "Import 3 devices") }).click();
  await dialog.getByText(word("成功 2 台，失败 1 台", "2 made, 1 failed")).waitFor();
  await looked("imported");
  await dialog.getByText(word("只看失败的行", "Failed lines only")).click();
  await dialog.getByRole("cell", { name: two }).waitFor({ state: "detached" });
  expect((await dialog.locator("tbody tr").count()) === 3, "two bad lines and one that failed are shown");
  const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: word("下载结果", "Download the report") }).click()]);
  const report = fs.readFileSync(await download.path(), "utf8");
  const { Device } = await cloud("DescribeDevice", { ProductId: product, DeviceName: one });
  expect(report.includes(`${one},${Device.DevicePsk},`), `the report has no secret of ${one}: ${report}`);
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();

  await leaves(tour, { product });
  await pages(tour, name);
  await page.getByLabel(word("产品", "Product"), { exact: true }).selectOption(product);

  // Several at once: disabled, enabled, deleted.
  await name.fill(`file-${language}`);
  await name.press("Enter");
  await row("lamp-1").waitFor({ state: "detached" });
  await row(one).getByRole("checkbox").check();
  await page.getByText(word("已选 1 台设备", "1 device chosen")).waitFor();
  await row(one).getByRole("checkbox").uncheck();
  const all = page.getByLabel(word("选择本页全部", "Choose all of this page"));
  const bulk = (text) => page.locator(".bulk").getByRole("button", { name: text, exact: true });
  await all.click();
  await page.getByText(word("已选 2 台设备", "2 devices chosen")).waitFor();
  await looked("chosen");
  await bulk(word("禁用", "Disable")).click();
  await looked("disable");
  await dialog.getByRole("button", { name: word("禁用", "Disable"), exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await until(async () => (await stateOf(one)) === 0 && (await stateOf(two)) === 0, "they are not disabled");
  await row(one).getByText(word("已禁用", "Disabled"), { exact: true }).waitFor();
  await all.click();
  await bulk(word("启用", "Enable")).click();
  await until(async () => (await stateOf(one)) === 1 && (await stateOf(two)) === 1, "they are not enabled");
  await row(one).getByText(word("已禁用", "Disabled"), { exact: true }).waitFor({ state: "detached" });
  await all.click();
  await bulk(word("删除", "Delete")).click();
  const remove = dialog.getByRole("button", { name: word("删除", "Delete"), exact: true });
  expect(await remove.isDisabled(), "deleting several waits for their number");
  await dialog.getByRole("textbox").fill("2");
  await looked("delete");
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  expect((await refusal(one)) === "ResourceNotFound.DeviceNotExist", `${one} is still there: ${await refusal(one)}`);
  await page.getByText(word("没有符合筛选条件的内容", "Nothing fits the filters")).waitFor();

  // One by its row.
  await name.fill(made);
  await name.press("Enter");
  await row(made).getByRole("button", { name: `${word("禁用", "Disable")} ${made}` }).click();
  await dialog.getByRole("button", { name: word("禁用", "Disable"), exact: true }).click();
  await row(made).getByRole("button", { name: `${word("启用", "Enable")} ${made}` }).click();
  await row(made).getByText(word("已禁用", "Disabled"), { exact: true }).waitFor({ state: "detached" });
  await cloud("SetTags", { ProductId: product, DeviceName: made, Tags: [{ Key: "floor", Value: language }] }, "2026-11-01");
  await chip(word(`名称含 ${made}`, `Name with ${made}`)).click();
  await row("lamp-1").waitFor();
  const tag = page.getByLabel(word("标签，如 area=floor2", "Tag, such as area=floor2"));
  await tag.fill("floor");
  await tag.press("Enter");
  await page.getByText(word("标签写作 键=值，如 area=floor2", "A tag is written key=value, such as area=floor2")).waitFor();
  await tag.fill(`floor=${language}`);
  await tag.press("Enter");
  await chip(word(`标签 floor=${language}`, `Tag floor=${language}`)).waitFor();
  await row("lamp-1").waitFor({ state: "detached" });
  await row(made).waitFor();
  await page.waitForFunction(() => !document.querySelector(".t-message"));
  await looked("list-tag");
  await tag.fill("room=none");
  await tag.press("Enter");
  await row(made).waitFor({ state: "detached" });
  await chip(word("标签 room=none", "Tag room=none")).click();
  await row(made).getByRole("button", { name: `${word("删除", "Delete")} ${made}` }).click();
  await dialog.getByRole("textbox").fill(made);
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  expect((await refusal(made)) === "ResourceNotFound.DeviceNotExist", `${made} is still there`);
};

/** An import that is stopped halfway, and what it made page by page. */
async function pages(tour, name) {
  const { page, word, looked, expect, until, cloud, language } = tour;
  const dialog = page.getByRole("dialog");
  const prefix = `stop-${language}-`;
  // Of a released product: others have 50 devices at most.
  const { Projects } = await cloud("GetProjectList", { Limit: 1 });
  const wish = { ProjectId: Projects[0].ProjectId, ProductName: `many ${language}`, CategoryId: 3, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: "" };
  const product = (await cloud("CreateStudioProduct", wish)).Product.ProductId;
  await cloud("ReleaseStudioProduct", { ProductId: product, DevStatus: "released" });
  await page.reload();
  await page.getByLabel(word("产品", "Product"), { exact: true }).selectOption(product);
  const names = Array.from({ length: 400 }, (_, number) => `${prefix}${number}`);
  await page.getByRole("button", { name: word("导入 CSV", "Import CSV") }).click();
  await dialog.getByRole("combobox", { name: word("产品", "Product") }).selectOption(product);
  const buffer = Buffer.from(`DeviceName\n${names.join("\n")}\n`);
  await dialog.getByLabel(word("CSV 文件", "CSV file")).setInputFiles({ name: "many.csv", mimeType: "text/csv", buffer });
  await dialog.getByRole("button", { name: word("导入 400 台设备", "Import 400 devices") }).click();
  await dialog.getByRole("button", { name: word("停止", "Stop"), exact: true }).click();

  // What was made is made, the rest is told to be left out.
  const report = dialog.getByRole("button", { name: word("下载结果", "Download the report") });
  const [stopped] = await Promise.all([page.waitForEvent("download"), report.click()]);
  const lines = fs.readFileSync(await stopped.path(), "utf8").split("\r\n").map((line) => line.split(","));
  const told = (result) => lines.filter((cells) => cells[0].startsWith(prefix) && cells[2] === result).map((cells) => cells[0]);
  const [made, left] = [told(word("已创建", "Made")), told(word("未执行", "Not done"))];
  expect(made.length + left.length === 400 && left.length > 0, `${made.length} made, ${left.length} left out`);
  await looked("import-stopped");
  const numbers = dialog.locator(".t-pagination__number");
  await numbers.filter({ hasText: /^2$/ }).click();
  await dialog.getByRole("cell", { name: names[10], exact: true }).waitFor();
  await dialog.locator(".t-pagination__btn").last().click();
  await dialog.getByRole("cell", { name: names[20], exact: true }).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  const listed = async () => {
    const { Devices } = await cloud("ListDevices", { ProductId: product, DeviceName: prefix, Limit: 1000 }, "2026-11-01");
    return Devices.map((device) => device.DeviceName);
  };
  expect((await listed()).sort().join() === made.sort().join(), "those that were made are not those that are there");

  // Further, back, and from the beginning; the address holds the page.
  for (let more = made.length; more < 45; more += 1) await cloud("CreateDevice", { ProductId: product, DeviceName: `${prefix}more-${more}` });
  await name.fill(prefix);
  await name.press("Enter");
  const all = await listed();
  const turn = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true }).click();
  const shows = (from, to, text) =>
    until(async () => (await page.locator("tbody tr a.mono").allTextContents()).join() === all.slice(from, to).join(), text);
  await shows(0, 20, "the first page is not the newest twenty");
  await turn("下一页", "Next");
  await shows(20, 40, "the second page does not follow the first");
  await looked("page-2");
  await headStays(tour);
  await page.reload();
  await shows(20, 40, "the address does not hold the page");
  await turn("第一页", "First page");
  await shows(0, 20, "the first page does not come back");
  await turn("下一页", "Next");
  await shows(20, 40, "the second page does not come back");
  await turn("上一页", "Previous");
  await shows(0, 20, "one page back is not the first");
  const size = page.getByRole("combobox", { name: word("每页条数", "Rows of a page") });
  await size.selectOption("50");
  await shows(0, 50, "a page of fifty does not hold fifty");
  await size.selectOption("20");
  await shows(0, 20, "a page of twenty does not hold twenty");
  for (let from = 0; from < all.length; from += 100) {
    await cloud("DeleteDevices", { DevicesItems: all.slice(from, from + 100).map((DeviceName) => ({ ProductId: product, DeviceName })) });
  }
}

/** An import goes on when its dialog and its page are left; so does an export. What they came to is told wherever one is. */
async function leaves({ page, visit, word, looked, language, expect, cloud }, { product }) {
  const dialog = page.getByRole("dialog");
  const bar = page.getByRole("list", { name: word("正在进行的任务", "Work under way") });
  const [one, two] = [`left-${language}-1`, `left-${language}-2`];
  let answer;
  const hold = async (what) => {
    const held = new Promise((resolve) => (answer = resolve));
    await page.route(what, async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
  };
  await hold(/CreateDevice$/);
  await page.getByRole("button", { name: word("导入 CSV", "Import CSV") }).click();
  await dialog.getByRole("combobox", { name: word("产品", "Product") }).selectOption(product);
  const buffer = Buffer.from(`DeviceName,DevicePsk\r\n${one},\r\n${two},\r\n`);
  await dialog.getByLabel(word("CSV 文件", "CSV file")).setInputFiles({ name: "left.csv", mimeType: "text/csv", buffer });
  await dialog.getByRole("button", { name: word("导入 2 台设备", "Import 2 devices") }).click();
  await dialog.getByText(word("导入会继续", "the import goes on")).waitFor();
  await looked("importing");
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  await bar.getByText(word("已完成 0 / 2", "0 of 2 done")).waitFor();
  await bar.getByRole("link", { name: word("查看", "Show"), exact: true }).click();
  await dialog.getByRole("cell", { name: two }).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  await page.getByRole("link", { name: word("产品", "Products"), exact: true }).click();
  await page.waitForURL(/\/products/);
  await bar.getByText(word("已完成 0 / 2", "0 of 2 done")).waitFor();
  await looked("work-left");
  answer();
  await bar.getByText(word("成功 2 台，失败 0 台", "2 made, 0 failed")).waitFor();
  await page.unroute(/CreateDevice$/);
  for (const DeviceName of [one, two]) await cloud("DescribeDevice", { ProductId: product, DeviceName });
  await bar.getByRole("link", { name: word("查看", "Show"), exact: true }).click();
  await dialog.getByRole("cell", { name: two }).waitFor();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  await bar.waitFor({ state: "detached" });
  expect(!page.url().includes("import="), page.url());

  // An export that is left and stopped there; what came of it is put away.
  for (const isElsewhere of [true, false]) {
    await visit("/devices");
    await hold(/ListDevices/);
    await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
    await dialog.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
    await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
    if (isElsewhere) await page.getByRole("link", { name: word("产品", "Products"), exact: true }).click();
    if (isElsewhere) await page.waitForURL(/\/products/);
    await bar.getByRole("button", { name: word("停止", "Stop") }).click();
    answer();
    await bar.getByText(word("没有保存文件", "no file was saved")).waitFor();
    await page.unroute(/ListDevices/);
    await bar.getByRole("button", { name: word("不再显示", "Put away") }).click();
    await bar.waitFor({ state: "detached" });
  }

  // One that is left alone saves its file.
  await hold(/ListDevices/);
  await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  await dialog.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  const [file] = await Promise.all([page.waitForEvent("download"), answer()]);
  await bar.getByText(word("已导出", "exported")).waitFor();
  expect(fs.readFileSync(await file.path(), "utf8").includes(one), "the file has no device of the list");
  await page.unroute(/ListDevices/);
  await bar.getByRole("button", { name: word("不再显示", "Put away") }).click();
  await cloud("DeleteDevices", { DevicesItems: [one, two].map((DeviceName) => ({ ProductId: product, DeviceName })) });
  await bar.waitFor({ state: "detached" });
}
