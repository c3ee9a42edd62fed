// Events as they come, and the call of an action.
"use strict";

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
  await looked("action");
  await call.getByRole("link", { name: word("查看调用记录", "Calls in the log") }).click();
  await row("action_reply").first().waitFor();
};
