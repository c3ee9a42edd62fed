// Events as they come, and the call of an action.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { page: at, lamp, live, product, name }) => {
  const row = (text) => page.getByRole("row").filter({ hasText: text });
  await visit(at("events"));
  await page.getByText(word("这段时间没有事件", "There were no events in this time")).waitFor();
  // Where today has none, the last three days are looked at by themselves.
  const span = page.getByLabel(word("时间范围", "Time range"));
  await until(async () => (await span.inputValue()) === "3d", "the span was not widened");
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
  const listed = page.getByRole("region", { name: word("事件", "Events"), exact: true });
  await listed.getByRole("button", { name: word("清除筛选", "Clear filters") }).click();
  await listed.getByRole("button", { name: word("查看近 3 天", "Show the last 3 days") }).click();
  await page.waitForURL(/span=3d/);
  await row("<img src=x").first().waitFor();

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
  // What others call is there by itself, and without the live view, too; paused, it is there when it is refreshed.
  const shows = (period) => calls.getByRole("row").filter({ hasText: `${period} s` }).getByText("0 blinked").waitFor();
  const called = async (period) => {
    const { ClientToken } = await cloud("CallDeviceActionAsync", { ProductId: product, DeviceName: name, ActionId: "light_blink", InputParams: JSON.stringify({ period }) });
    const answered = ({ Calls }) => Calls.some((one) => one.ClientToken === ClientToken && one.ReplyTime > 0);
    const asked = { ProductId: product, DeviceName: name, MinTime: 0, MaxTime: Date.now() + 86_400_000, Limit: 10 };
    await until(async () => answered(await cloud("ListActionHistory", asked, "2026-11-01")), `the call with ${period} was not answered`);
  };
  await live.isUp(calls);
  await called(4);
  await shows(4);
  await live.cut();
  await live.isLost(calls);
  await called(5);
  await shows(5);
  await live.mend();
  await live.isUp(calls);
  await calls.locator("label.t-checkbox").click();
  await live.isPaused(calls);
  expect(page.url().includes("callauto=false"), page.url());
  await called(1);
  expect((await calls.getByRole("row").filter({ hasText: "1 s" }).count()) === 0, "a call came to a paused list");
  await calls.getByRole("button", { name: word("刷新调用记录", "Refresh the calls") }).click();
  await shows(1);
  await calls.locator("label.t-checkbox").click();
  await live.isUp(calls);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    calls.getByRole("button", { name: word("导出调用记录 CSV", "Export calls as CSV") }).click(),
  ]);
  const lines = fs.readFileSync(await download.path(), "utf8").trim().split("\r\n");
  // The oldest was made beside the values.
  expect(lines.length === 6 && lines[4].includes('"{""period"":3}"') && lines[4].includes(",done,"), lines.join(" | "));

  // Under the pointer nothing moves: what came waits for its button. There is more than is shown at once.
  const events = page.getByRole("region", { name: word("事件", "Events"), exact: true });
  const waits = async (list, comes) => {
    await list.locator("tbody tr").first().hover();
    await comes();
    const fresh = list.getByRole("button", { name: word(/^显示 1 /, /^Show 1 /) });
    await fresh.press("Enter");
    await fresh.waitFor({ state: "detached" });
  };
  await waits(events, () => lamp.event("low_voltage", "alert", { voltage: 2.5 }));
  await row("2.5 V").waitFor();
  await waits(calls, () => called(2));
  // The answer may have been read after the call was shown: it waits for the pointer to go, too.
  await page.mouse.move(0, 0);
  await shows(2);
  for (let more = 0; more < 100; more += 1) {
    await lamp.event("low_voltage", "alert", { voltage: 1 });
    if (more % 2) await cloud("CallDeviceActionAsync", { ProductId: product, DeviceName: name, ActionId: "light_blink", InputParams: '{"period":1}' });
  }
  await page.reload();
  for (const [list, zh, en] of [[events, "更早的事件", "Older events"], [calls, "更早的调用", "Older calls"]]) {
    await list.getByRole("button", { name: word(zh, en), exact: true }).click();
    await until(async () => (await list.locator("tbody tr").count()) > 50, `no ${en.toLowerCase()} came`);
  }
  await calls.getByLabel(word("调用时段", "When called")).selectOption("yesterday");
  await calls.getByText(word("这段时间没有调用过行为", "No action was called in this time")).waitFor();
  expect(page.url().includes("callspan=yesterday") && page.url().includes("span=30m"), page.url());
  await calls.getByRole("button", { name: word("查看近 3 天", "Show the last 3 days") }).click();
  await made.waitFor();
  await calls.getByLabel(word("调用时段", "When called")).selectOption("yesterday");
  await calls.getByLabel(word("行为名称", "Action"), { exact: true }).selectOption("light_blink");
  await calls.getByRole("button", { name: word("清除筛选", "Clear filters") }).click();
  await calls.getByLabel(word("调用时段", "When called")).selectOption("30m");
  await calls.getByLabel(word("行为名称", "Action"), { exact: true }).selectOption("light_blink");
  await made.waitFor();
  await call.getByRole("link", { name: word("在日志中查看", "See them in the log") }).click();
  await row("action_reply").first().waitFor();

  // Charts mark no more than they say.
  await visit(`${at("history")}?fields=brightness`);
  await page.getByText(word("图上只标出了最近的 100 个事件", "The charts mark only the newest 100 events")).waitFor();
};
