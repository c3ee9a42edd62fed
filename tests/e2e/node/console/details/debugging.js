// The devices of one product: made with a secret of one's own, found, run in the page, read from a file.
"use strict";

const fs = require("node:fs");
const { tries } = require("../look.js");

exports.walk = async (tour, { id, dialog, button, link }) => {
  const { page, visit, word, expect, until, cloud } = tour;
  await visit(`/products/${id}/debugging`);
  await button("新建设备", "New device").first().click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill("first");
  const secret = Buffer.from("a secret of one's own").toString("base64");
  await dialog.getByLabel(word("设备密钥", "Device secret")).fill(secret);
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("button", { name: word(/^复制/, /^Copy/) }).first().click();
  const { Device } = await cloud("DescribeDevice", { ProductId: id, DeviceName: "first" });
  expect(Device.DevicePsk === secret, `the secret is ${Device.DevicePsk}`);
  expect((await page.evaluate(() => navigator.clipboard.readText())) === secret, "another secret was copied");
  await button("再建一台", "Make another").click();
  await dialog.getByLabel(word("设备名称", "Device name")).fill("second");
  await dialog.getByRole("button", { name: word("创建", "Create"), exact: true }).click();
  await dialog.getByRole("link", { name: word("打开设备", "Open the device") }).click();
  await page.waitForURL((url) => url.pathname.includes(`/devices/${id}/second`));

  await visit(`/products/${id}/debugging`);
  await page.getByRole("row", { name: /first/ }).waitFor();
  await tries(tour);
  const part = page.getByRole("textbox", { name: word("设备名称（支持部分匹配）", "Device name or a part of it") });
  await part.fill("sec");
  await part.press("Enter");
  await page.getByRole("row", { name: /first/ }).waitFor({ state: "detached" });
  await cloud("CreateDevice", { ProductId: id, DeviceName: "second-2" });
  await button("刷新", "Refresh").click();
  await page.getByRole("row", { name: /second-2/ }).waitFor();
  await button("移除筛选 设备名称 sec", "Remove the filter Device name sec").click();
  await page.getByRole("row", { name: /first/ }).waitFor();
  await part.fill("sec");
  await part.press("Enter");
  await page.getByRole("row", { name: /first/ }).waitFor({ state: "detached" });
  await page.getByRole("row", { name: /second-2/ }).getByRole("link", { name: "second-2", exact: true }).click();
  await page.waitForURL((url) => url.pathname.includes(`/devices/${id}/second-2`));
  await page.goBack();
  await page.getByRole("row", { name: /second-2/ }).getByRole("link", { name: word("以虚拟设备运行 second-2", "Run second-2 as a virtual device") }).click();
  await page.waitForURL(/second-2\/debugging.*mode=virtual/);
  const since = page.locator("[data-property=since]");
  await since.getByRole("button", { name: word("当前时间", "Now"), exact: true }).click();
  const given = Number(await since.getByRole("textbox").inputValue());
  expect(Math.abs(given - Date.now()) < 60_000, `now is ${given}`);
  for (const DeviceName of ["first", "second", "second-2"]) await cloud("DeleteDevice", { ProductId: id, DeviceName });

  await visit(`/products/${id}/production`);
  await link("查看物模型", "Show the model").click();
  await page.waitForURL(/\/definition/);
  await page.goBack();
  await link("查看全部设备", "Show all devices").click();
  await page.waitForURL((url) => url.pathname.endsWith("/devices") && url.search.includes(id));
  await file();

  /** Of three lines one is refused; the result says which. */
  async function file() {
    const saved = async (zh, en) => {
      const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: word(zh, en) }).click()]);
      return fs.readFileSync(await download.path(), "utf8");
    };
    await visit(`/products/${id}/production`);
    await button("批量创建设备", "Make many devices").click();
    expect((await saved("下载模板", "Download a template")).includes("DeviceName,DevicePsk"), "the template has no head");
    const buffer = Buffer.from("DeviceName\nthird\nwalker\nfourth\n");
    await dialog.getByLabel(word("CSV 文件", "CSV file")).setInputFiles({ name: "three.csv", mimeType: "text/csv", buffer });
    await dialog.getByRole("button", { name: word("导入 3 台设备", "Import 3 devices") }).click();
    await dialog.getByText(word("成功 2 台，失败 1 台", "2 made, 1 failed")).waitFor();
    await dialog.getByText(word("只看失败的行", "Failed lines only")).click();
    await until(async () => (await dialog.locator("tbody tr").count()) === 1, "lines that did not fail are shown");
    const lines = (await saved("下载结果", "Download the report")).split("\r\n");
    const failed = lines.filter((line) => line.includes(word("失败", "Failed")));
    expect(failed.length === 1 && failed[0].startsWith("walker,"), lines.join(" | "));
    await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
    for (const DeviceName of ["third", "fourth"]) await cloud("DeleteDevice", { ProductId: id, DeviceName });
  }
};
