// Charts, the table below them, and the file of it.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect, until }, { product, page: at, lamp }) => {
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

  // More rows than the table shows at once.
  for (let level = 0; level < 25; level += 1) await lamp.report({ brightness: level });
  const raw = page.getByRole("region", { name: word("原始数据", "Raw data") });
  const points = async () => Number(/\d+/.exec(await raw.getByText(word(/个点$/, /points$/)).innerText())[0]);
  const rows = raw.locator("tbody tr");
  await visit(at("history", "?fields=brightness&span=30m"));
  await rows.first().waitFor();
  await until(async () => (await points()) > 20 && (await rows.count()) === 20, "twenty rows are not shown at once");
  await raw.locator(".t-pagination__number").filter({ hasText: /^2$/ }).click();
  const rest = (await points()) - 20;
  await until(async () => (await rows.count()) === rest, `the second page has not the other ${rest} rows`);
  await raw.locator(".t-pagination__btn").first().click();
  await until(async () => (await rows.count()) === 20, "the first page does not come back");

  // More values than a chart has room for: lowest, highest and average of each step, in chart, table and file.
  const day = 86_400_000;
  const since = Date.now() - 2 * day;
  await lamp.pack(Array.from({ length: 3300 }, (_, at) => [since + at * 1000, { brightness: at % 100 }]));
  const inSteps = page.getByText(word("每 5 分钟汇总一次", "in steps of 5 minutes"));
  await until(async () => {
    await visit(at("history", "?fields=brightness&span=3d"));
    await raw.waitFor();
    return (await inSteps.count()) === 1;
  }, "3,300 values are not shown in steps");
  await page.locator("figure").getByText(/3,3\d\d/).first().waitFor();
  const full = raw.getByRole("row").filter({ hasText: "300" }).filter({ hasText: "99 %" }).first();
  await full.scrollIntoViewIfNeeded();
  await looked("history-steps");
  const [reduced] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: word("导出 CSV", "Export CSV") }).click()]);
  const [head, ...steps] = fs.readFileSync(await reduced.path(), "utf8").trim().split("\r\n");
  expect(head.endsWith(word("最低,最高,点数", "Lowest,Highest,Points")), head);
  expect(steps.filter((line) => line.endsWith(",0,99,300")).length >= 9, `full steps in ${steps.slice(0, 20).join(" | ")}`);

  // Nearer it is each value again; from there back and on in time, by buttons and by hand.
  await visit(at("history", `?fields=brightness&span=custom&from=${since}&to=${since + 599_000}`));
  await raw.getByText(word("600 个点", "600 points")).waitFor();
  const from = () => Number(new URL(page.url()).searchParams.get("from"));
  const begun = from();
  await page.getByRole("button", { name: word("向后平移", "Move on in time") }).click();
  await page.waitForURL(() => from() === begun + 299_500);
  await raw.getByText(word("599 个点", "599 points")).waitFor();
  await page.getByRole("button", { name: word("向前平移", "Move back in time") }).click();
  await page.waitForURL(() => from() === begun);
  await raw.getByText(word("600 个点", "600 points")).waitFor();
  await page.locator(".u-over").first().evaluate((element) => element.scrollIntoView({ block: "center" }));
  const plot = await page.locator(".u-over").first().boundingBox();
  await page.keyboard.down("Shift");
  await page.mouse.move(plot.x + plot.width * 0.75, plot.y + 20);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.25, plot.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await page.waitForURL(() => Math.abs(from() - begun - 299_500) < 5000);

  // Times without data say so.
  await page.goto(`${page.url().split("?")[0]}?span=custom&from=1000&to=2000`);
  await page.getByText(word("这段时间没有数据", "There is no data in this time")).waitFor();
  await looked("history-empty");
};
