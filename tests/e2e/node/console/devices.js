// The list of devices: filters, making one, a file of them, several at once.
"use strict";

const fs = require("node:fs");
const { demo } = require("./lamp.js");
const { look } = require("./look.js");

exports.owns = ["devices", "dialog"];
exports.unused = [
  ['button "停止"', 'button "Stop"', "a file of a few lines is imported before anybody could stop it"],
];

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, until, cloud, language } = tour;
  const { product } = await demo(cloud);
  const dialog = page.getByRole("dialog");
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  const stateOf = async (name) => (await cloud("DescribeDevice", { ProductId: product, DeviceName: name })).Device.EnableState;
  const refusal = async (name) => cloud("DescribeDevice", { ProductId: product, DeviceName: name }).then(() => "", (error) => error.code);

  await look(tour);

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
  await row(made).getByRole("button", { name: word("禁用", "Disable"), exact: true }).click();
  await dialog.getByRole("button", { name: word("禁用", "Disable"), exact: true }).click();
  await row(made).getByRole("button", { name: word("启用", "Enable"), exact: true }).click();
  await row(made).getByText(word("已禁用", "Disabled"), { exact: true }).waitFor({ state: "detached" });
  await cloud("SetTags", { ProductId: product, DeviceName: made, Tags: [{ Key: "floor", Value: language }] }, "2026-11-01");
  await name.fill("");
  await name.press("Enter");
  const tag = page.getByLabel(word("标签，如 area=floor2", "Tag, as area=floor2"));
  await tag.fill(`floor=${language}`);
  await tag.press("Enter");
  await row("lamp-1").waitFor({ state: "detached" });
  await row(made).getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await dialog.getByRole("textbox").fill(made);
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  expect((await refusal(made)) === "ResourceNotFound.DeviceNotExist", `${made} is still there`);
};
