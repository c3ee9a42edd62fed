// A device of the model that was made by the form: from tab to tab, its actions, what is told only when asked for, a window replayed.
"use strict";

const { lamp } = require("../lamp.js");

exports.walk = async (tour, of) => {
  const { visit, cloud } = tour;
  const name = `small-${tour.language}`;
  const ids = { ProductId: of.id, DeviceName: name };
  const small = await lamp(tour, of.id, name);
  const at = (tab) => visit(`/devices/${of.id}/${name}/${tab}`);
  try {
    for (const part of [ways, actions, onlyWhenAsked, replay]) await part(tour, { ...of, name, ids, small, at });
  } finally {
    await small.end();
  }
  await cloud("DeleteDevice", ids);
};

/** From tab to tab by the tabs themselves, to the product and back. */
async function ways({ page, word, until, cloud }, { main, button, link, id, ids, small, at }) {
  await at("now");
  await link("查看诊断", "See the diagnosis").click();
  await page.waitForURL(/\/diagnosis/);
  const silent = main.getByRole("article").filter({ hasText: "faq-30" });
  await silent.waitFor();
  await small.report({ pace: 11 });
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", ids)).Data).pace?.Value === 11, "the report did not come");
  await button("重新检查", "Check again").click();
  await silent.waitFor({ state: "detached" });
  await link("查看诊断日志", "See the diagnostic log").click();
  await page.waitForURL(/logs.*log=diagnostic/);
  await page.goBack();
  await link("查看设备密钥", "See the device's secret").click();
  await page.waitForURL(/\/info/);
  await page.getByRole("region", { name: word("基本信息", "Basics") }).getByRole("link").first().click();
  await page.waitForURL((url) => url.pathname.endsWith(`/products/${id}`));
  await page.goBack();
  const parts = page.getByRole("navigation", { name: word("设备页面", "Parts of the device page") });
  for (const [zh, en, tab] of [["历史数据", "History", "history"], ["事件与行为", "Events & actions", "events"], ["在线调试", "Debugging", "debugging"], ["回放", "Replay", "replay"], ["日志", "Logs", "logs"]]) {
    await parts.getByRole("link", { name: word(zh, en), exact: true }).click();
    await page.waitForURL((url) => url.pathname.endsWith(`/${tab}`));
  }
  await main.getByRole("navigation", { name: word("所在位置", "Way here") }).getByRole("link").last().click();
  await page.waitForURL((url) => url.pathname.endsWith("/devices") && url.search.includes(id));
}

/** One of two actions is chosen, on both pages; what goes in is picked. */
async function actions({ page, word, expect }, { main, small, at }) {
  const asked = () => JSON.parse(small.heard.findLast(({ topic }) => topic.includes("/action/")).payload.toString());
  for (const [tab, place, mode] of [["events", word("调用行为", "Call an action"), ""], ["debugging", word("调试方式", "What to do"), word("行为调用", "Call an action")]]) {
    await at(tab);
    const form = main.getByRole("region", { name: place });
    if (mode) await form.getByText(mode, { exact: true }).first().click();
    const action = form.getByRole("combobox", { name: word("行为", "Action"), exact: true });
    await action.selectOption("rest");
    await form.getByText(word("这个行为没有调用参数", "This action takes no parameters")).waitFor();
    await action.selectOption("blink");
    await form.getByRole("radio", { name: /fast/ }).check();
    await form.getByRole("button", { name: word("调用", "Call"), exact: true }).click();
    await form.getByText("blinked").waitFor();
    expect(asked().actionId === "blink" && asked().params.fast === 1, `the device was asked ${JSON.stringify(asked())}`);
  }
}

/** Where a page is not live, it shows what is new when it is told to, and not before. */
async function onlyWhenAsked({ page, word, expect, until, cloud }, { main, button, ids, small, at }) {
  const box = (zh, en) => main.locator("label.t-checkbox").filter({ hasText: word(zh, en) });
  const row = (text) => page.locator("tbody tr").filter({ hasText: text });
  await at("logs");
  await row('"pace":11').first().waitFor();
  await box("实时", "Live").click();
  await small.report({ pace: 12 });
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", ids)).Data).pace.Value === 12, "the report did not come");
  expect((await row('"pace":12').count()) === 0, "a log that is not live shows what is new");
  await button("刷新", "Refresh").click();
  await row('"pace":12').first().waitFor();
  await page.getByLabel(word("时间范围", "Time range")).selectOption("custom");
  await between(page, word, ["开始时间", "From"], ["结束时间", "To"]);
  await row('"pace":12').first().waitFor({ state: "detached" });

  await at("events");
  const events = main.getByRole("region", { name: word("事件", "Events"), exact: true });
  await small.event("low", "fault", { volt: 1 });
  await row("1 V").waitFor();
  await events.locator("label.t-checkbox").click();
  await small.event("low", "fault", { volt: 2 });
  const history = async () => (await cloud("ListEventHistory", { ...ids, Type: "", StartTime: 0, EndTime: 0, Context: "", Size: 10 })).EventHistory;
  await until(async () => (await history()).length === 2, "the event did not come");
  expect((await row("2 V").count()) === 0, "a list that is not live shows what is new");
  await button("刷新", "Refresh").click();
  await row("2 V").waitFor();
}

/** Two hours to one hour ago, where nothing was. */
async function between(page, word, from, to) {
  const local = (ago) => new Date(Date.now() - ago * 1000 + 8 * 3_600_000).toISOString().slice(0, 19);
  await page.getByLabel(word(...from), { exact: true }).fill(local(7200));
  await page.getByLabel(word(...to), { exact: true }).fill(local(3600));
  await page.getByLabel(word(...to), { exact: true }).blur();
}

/** The window of the replay, what came since, and a message chosen from the list. */
async function replay({ page, word, expect, until }, { main, button, small, at }) {
  await at("replay");
  const counted = async () => Number((/\d+/.exec(await main.getByRole("search").getByRole("status").innerText()) ?? [0])[0]);
  await until(async () => (await counted()) > 0, "there are no messages");
  const before = await counted();
  await small.report({ pace: 13 });
  await until(async () => {
    await button("重新读取", "Read again").click();
    return (await counted()) > before;
  }, "what came since is not read");
  const messages = main.getByRole("list", { name: word("消息", "Messages") });
  const first = messages.getByRole("button").first();
  const text = await first.locator(".content").innerText();
  await first.click();
  await until(async () => (await messages.locator("[aria-current=step] .content").innerText()) === text, "the message that was chosen is not the one shown");
  const window = main.getByLabel(word("回放的时间段", "Time to replay"), { exact: true });
  await window.selectOption("1h");
  const span = () => ["from", "to"].map((end) => Number(new URL(page.url()).searchParams.get(end)));
  await until(() => span()[1] - span()[0] === 3_600_000, `the window is not an hour: ${page.url()}`);
  await until(async () => (await counted()) > before, "the longer window has fewer messages");
  await window.selectOption("custom");
  await between(page, word, ["回放的时间段 开始时间", "Time to replay From"], ["回放的时间段 结束时间", "Time to replay To"]);
  await main.getByText(word("这段时间没有消息", "No messages in this time")).waitFor();
  expect(Math.abs(span()[0] - Date.now() + 7_200_000) < 60_000, `the address has another window: ${page.url()}`);
}
