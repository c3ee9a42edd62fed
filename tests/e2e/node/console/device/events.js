// Events as they come, and the call of an action.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect }, { page: at, lamp }) => {
  const row = (text) => page.getByRole("row").filter({ hasText: text });
  await visit(at("events"));
  await page.getByText(word("这段时间没有事件", "There were no events in this time")).waitFor();
  await lamp.event("low_voltage", "alert", { voltage: 3.5 });
  await row("3.5 V").getByText(word("告警", "Alert"), { exact: true }).waitFor();
  await lamp.event("hardware_fault", "fault", { name: "<img src=x onerror=alert(1)>", error_code: 12 });
  await row("<img src=x").getByText(word("故障", "Fault"), { exact: true }).waitFor();
  await looked("events");

  // Filters.
  await page.getByLabel(word("事件类型", "Type of event")).selectOption("fault");
  await row("3.5 V").waitFor({ state: "detached" });
  expect(page.url().includes("type=fault"), page.url());
  await page.getByLabel(word("事件类型", "Type of event")).selectOption("");
  await page.getByLabel(word("事件名称", "Event"), { exact: true }).selectOption("low_voltage");
  await row("<img src=x").waitFor({ state: "detached" });
  await row("3.5 V").waitFor();
  await page.getByLabel(word("时间范围", "Time range")).selectOption("yesterday");
  await page.getByText(word("这段时间没有事件", "There were no events in this time")).waitFor();

  // An action and its answer; while it is not refreshed, nothing comes.
  await page.getByLabel(word("时间范围", "Time range")).selectOption("30m");
  const call = page.getByRole("region", { name: word("调用行为", "Call an action") });
  await call.getByLabel(/period/).fill("99");
  await call.getByRole("alert").waitFor();
  await call.getByLabel(/period/).fill("3");
  await call.getByRole("button", { name: word("调用", "Call"), exact: true }).click();
  await call.getByText("blinked").waitFor();
  await call.getByText("失败", { exact: true }).waitFor();
  const heard = JSON.parse(lamp.heard.findLast(({ topic }) => topic.includes("/action/")).payload.toString());
  expect(heard.actionId === "light_blink" && heard.params.period === 3, `the device was asked ${JSON.stringify(heard)}`);
  // The call is in the list of calls, with what went in and out; the filters hold for it alone, and the file has it too.
  const calls = page.getByRole("region", { name: word("行为调用记录", "Calls of actions") });
  const made = calls.getByRole("row").filter({ hasText: "light_blink" }).first();
  await made.getByText("3 s", { exact: true }).waitFor();
  await made.getByText("失败", { exact: true }).first().waitFor();
  await made.getByText("0 blinked").waitFor();
  await looked("action");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    calls.getByRole("button", { name: word("导出调用记录 CSV", "Export calls as CSV") }).click(),
  ]);
  const lines = fs.readFileSync(await download.path(), "utf8").trim().split("\r\n");
  expect(lines.length === 2 && lines[1].includes('"{""period"":3}"') && lines[1].includes(",done,"), lines.join(" | "));
  await calls.getByLabel(word("调用时段", "When called")).selectOption("yesterday");
  await calls.getByText(word("这段时间没有调用过行为", "No action was called in this time")).waitFor();
  expect(page.url().includes("callspan=yesterday") && page.url().includes("span=30m"), page.url());
  await calls.getByLabel(word("调用时段", "When called")).selectOption("30m");
  await calls.getByLabel(word("行为名称", "Action"), { exact: true }).selectOption("light_blink");
  await made.waitFor();
  await call.getByRole("link", { name: word("查看调用记录", "Calls in the log") }).click();
  await row("action_reply").first().waitFor();
};
