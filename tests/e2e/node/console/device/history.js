// Charts, the table below them, and the file of it.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect }, { product }) => {
  await visit(`/devices/${product}/lamp-1/history`);
  await page.locator(".u-over").first().waitFor();
  await page.getByRole("group", { name: word("属性", "Properties") }).getByText("亮度").click();
  await page.waitForURL(/fields=.*brightness/);
  await page.locator(".u-over").nth(1).waitFor();
  await looked("history");

  // The file holds what the table shows.
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: word("导出 CSV", "Export CSV") }).click()]);
  const lines = fs.readFileSync(await download.path(), "utf8").trim().split("\r\n");
  const shown = Number(/\d[\d,]*/.exec(await page.getByRole("region", { name: word("原始数据", "Raw data") }).getByText(word(/个点$/, /points$/)).innerText())[0].replace(",", ""));
  expect(lines.length === shown + 1, `${shown} points are shown, the file has ${lines.length} lines`);
  expect(lines.some((line) => line.includes(",brightness,")), `no brightness in the file: ${lines[1]}`);

  // A drag on the chart zooms in, the button out.
  await page.locator(".u-over").first().evaluate((element) => element.scrollIntoView({ block: "center" }));
  const box = await page.locator(".u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/span=custom/);
  const zoomed = new URL(page.url()).searchParams;
  expect(Number(zoomed.get("to")) - Number(zoomed.get("from")) < 2_000_000, `zoomed to ${zoomed}`);
  await page.getByRole("button", { name: word("缩小", "Zoom out") }).click();
  await page.waitForURL((url) => url.searchParams.get("from") !== zoomed.get("from"));
  await page.getByLabel(word("时间范围", "Time range")).selectOption("30m");
  await page.waitForURL(/span=30m/);
  await page.locator(".u-over").first().waitFor();
  await page.getByRole("button", { name: word("刷新", "Refresh"), exact: true }).click();

  // From one moment to another, by the two fields.
  await page.getByLabel(word("时间范围", "Time range")).selectOption("custom");
  const second = (ago) => new Date(Date.now() - ago * 1000 + 8 * 3_600_000).toISOString().slice(0, 19);
  await page.getByLabel(word("开始时间", "From"), { exact: true }).fill(second(600));
  await page.getByLabel(word("结束时间", "To"), { exact: true }).fill(second(300));
  await page.getByLabel(word("结束时间", "To"), { exact: true }).blur();
  const span = () => new URL(page.url()).searchParams;
  await page.waitForURL(() => Math.abs(Number(span().get("to")) - Number(span().get("from")) - 300_000) < 3000);

  // Times without data say so.
  await page.goto(`${page.url().split("?")[0]}?span=custom&from=1000&to=2000`);
  await page.getByText(word("这段时间没有数据", "There is no data in this time")).waitFor();
  await looked("history-empty");
};
