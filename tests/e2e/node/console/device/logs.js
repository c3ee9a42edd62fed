// The logs in each of their views, and what the diagnosis makes of a bad report.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at, lamp, live }) => {
  const rows = page.locator("tbody tr");
  const choose = (zh, en) => page.getByRole("main").getByRole("radio", { name: word(zh, en), exact: true }).check();
  const words = page.getByLabel(word("多个关键字用空格隔开", "Words that must all be there"));
  await lamp.report({ brightness: "dark" });
  await visit(at("logs"));
  await rows.first().waitFor();
  await looked("logs");

  // Words, directions, the message of a line.
  await words.fill("report_reply 406");
  await words.press("Enter");
  await page.waitForURL(/words=/);
  await rows.filter({ hasText: "readNumberAsString" }).first().waitFor();
  await rows.first().getByRole("button").click();
  await page.getByText("clientToken").first().waitFor();
  await looked("logs-opened");

  // Of what the device wrote, the value at fault is marked; one click shows question and answer together.
  await choose("内容日志", "Messages");
  await words.fill('"dark"');
  await words.press("Enter");
  await rows.filter({ hasText: '"dark"' }).first().getByRole("button").click();
  await page.locator("mark", { hasText: '"dark"' }).waitFor();
  await page.getByText(word("按当前物模型：以文本上报 brightness，物模型为整数型", "By the present thing model: reports brightness as text, the model says integer")).waitFor();
  await looked("logs-problem");
  await page.getByRole("link", { name: word("与它的回复一起查看", "Show with its reply") }).click();
  await rows.filter({ hasText: "report_reply" }).first().waitFor();
  await words.fill("");
  await words.press("Enter");

  // The timeline's switches: only what is switched on is shown, and the address has it.
  const only = page.getByRole("group", { name: word("只看", "Show only") });
  const flip = (zh, en) => only.getByRole("checkbox", { name: word(zh, en), exact: true });
  const kinds = async () => [...new Set(await page.locator("tbody td.kind").allInnerTexts())];
  const shows = (...wanted) => until(async () => (await kinds()).join() === wanted.join(), `not only ${wanted.join()} in the timeline`);
  await flip("上下线", "Status").check();
  await shows(word("上下线", "Status"));
  await flip("诊断", "Diagnosis").check();
  await page.waitForURL(/only=status%2Cdiagnostic|only=status,diagnostic/);
  await until(async () => (await kinds()).length === 2, "not both kinds in the timeline");
  await looked("logs-switches");
  await flip("上下线", "Status").uncheck();
  await flip("诊断", "Diagnosis").uncheck();
  await flip("↓ 下行", "↓ Down").check();
  await until(async () => (await page.locator("tbody td.direction").allInnerTexts()).every((way) => way === word("↓ 下行", "↓ Down")), "messages up are shown, too");
  await flip("↓ 下行", "↓ Down").uncheck();
  await flip("↑ 上行", "↑ Up").check();
  await until(async () => (await page.locator("tbody td.direction").allInnerTexts()).every((way) => way === word("↑ 上行", "↑ Up")), "messages down are shown, too");
  await flip("↑ 上行", "↑ Up").uncheck();
  await flip("物模型", "Thing model").check();
  await shows(word("物模型", "Thing model"));
  await flip("物模型", "Thing model").uncheck();
  await lamp.event("low_voltage", "alert", { voltage: 3.25 });
  await flip("事件", "Events").check();
  await rows.filter({ hasText: "3.25" }).first().waitFor();
  expect((await rows.filter({ hasText: "$thing/up/property" }).count()) === 0, "properties among the events");
  await flip("事件", "Events").uncheck();
  await flip("设备本地", "Device's own").check();
  await page.getByText(word("这段时间没有日志", "Nothing was logged in this time")).waitFor();
  await page.getByRole("button", { name: word("清除筛选", "Clear filters") }).click();
  await rows.first().waitFor();

  // An opened line stands in the address; its link shows it to others, whenever they open it.
  await rows.filter({ hasText: '"brightness":"dark"' }).first().getByRole("button").click();
  await page.locator("mark", { hasText: '"dark"' }).waitFor();
  await page.waitForURL(/line=\d+-/);
  await page.reload();
  await page.locator("mark", { hasText: '"dark"' }).waitFor();
  await page.getByRole("button", { name: word("复制链接", "Copy a link") }).click();
  await page.getByRole("status").filter({ hasText: word("链接已复制", "Link copied") }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(/span=custom&from=\d+&to=\d+&line=/.test(link), link);
  await page.goto(link);
  await page.locator("mark", { hasText: '"dark"' }).waitFor();
  await visit(at("logs"));
  await rows.first().waitFor();
  await choose("内容日志", "Messages");
  await page.getByLabel(word("通讯类型", "Direction")).selectOption("down");
  await page.waitForURL(/direction=down/);
  await page.getByLabel(word("通讯类型", "Direction")).selectOption("");

  // The vendor's tables.
  await choose("云端诊断日志", "Cloud diagnosis");
  await rows.filter({ hasText: "Device publish message to topic" }).first().waitFor();
  await looked("logs-diagnostic");
  await choose("内容日志", "Messages");
  await rows.filter({ hasText: `$thing/up/property/${product}/${name}` }).first().waitFor();
  await choose("物模型日志", "Thing model");
  await rows.filter({ hasText: "brightness" }).first().waitFor();
  await choose("上下线日志", "Online / offline");
  await rows.filter({ hasText: word("上线", "Online") }).first().waitFor();
  await looked("logs-status");
  await choose("设备本地日志", "Device's own");
  await page.getByText(word("设备没有上传本地日志", "The device has uploaded nothing of its own log")).waitFor();
  // Nothing in half an hour: the three days before were looked at by themselves. A span that was chosen stays until it is widened.
  await until(async () => (await page.getByLabel(word("时间范围", "Time range")).inputValue()) === "3d", "the span was not widened");
  await page.getByRole("link", { name: word("去打开本地日志", "Switch its log on") }).click();
  await page.waitForURL(/\/info/);
  await page.goBack();
  await page.getByLabel(word("时间范围", "Time range")).selectOption("yesterday");
  await page.getByRole("button", { name: word("查看近 3 天", "Show the last 3 days") }).click();
  await page.waitForURL(/span=3d/);
  await choose("全部", "All");

  // A time of one's own, and refreshing by oneself.
  await page.getByLabel(word("时间范围", "Time range")).selectOption("custom");
  await page.getByLabel(word("开始时间", "From")).waitFor();
  await page.getByLabel(word("时间范围", "Time range")).selectOption("1h");
  // Lines come by themselves, and wait while the pointer is on the list.
  await live.isUp(page.getByRole("main"));
  await page.mouse.move(0, 0);
  await live.unasked("a line", async () => {
    await lamp.report({ brightness: 81 });
    await rows.filter({ hasText: '"brightness":81' }).first().waitFor();
    await rows.first().hover();
    await lamp.report({ brightness: 82 });
    await page.getByRole("button", { name: word("条新日志", "new line") }).waitFor();
    expect((await rows.filter({ hasText: '"brightness":82' }).count()) === 0, "lines move under the pointer");
    await page.getByRole("button", { name: word("条新日志", "new line") }).click();
    await rows.filter({ hasText: '"brightness":82' }).first().waitFor();
  });
  // What came too quickly is counted, and read when it is asked for.
  const left = page.getByRole("status").filter({ hasText: word("有 12 条未显示", "12 lines were left out") });
  live.miss("", 12);
  await left.waitFor();
  await looked("logs-missed");
  await left.getByRole("button", { name: word("重新读取", "Read again") }).click();
  await left.waitFor({ state: "detached" });
  await rows.filter({ hasText: '"brightness":82' }).first().waitFor();
  await page.locator("label.t-checkbox").filter({ hasText: word("实时", "Live") }).click();
  await page.waitForURL(/auto=false/);
  await live.isPaused(page.getByRole("main"));
  await lamp.report({ brightness: 83 });
  await words.fill("83");
  await words.press("Enter");
  await rows.filter({ hasText: '"brightness":83' }).first().waitFor();

  // Older lines than a page holds, and all of them as a file.
  for (let level = 0; level < 30; level += 1) await lamp.report({ brightness: level });
  await words.fill("");
  await words.press("Enter");
  await page.getByRole("button", { name: word("更早的日志", "Older lines") }).click();
  await until(async () => (await rows.count()) > 50, "no older lines came");
  await words.fill("83");
  await words.press("Enter");
  await rows.filter({ hasText: '"brightness":83' }).first().waitFor();
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  const save = dialog.getByRole("button", { name: word("导出", "Export"), exact: true });
  const [download] = await Promise.all([page.waitForEvent("download"), save.click()]);
  await looked("logs-export");
  const asked = { ProductId: product, DeviceName: name, Keyword: "83", MinTime: Date.now() - 3_600_000, MaxTime: Date.now() + 3_600_000, Limit: 100 };
  const { Rows } = await cloud("ListDeviceLog", asked, "2026-11-01");
  const lines = fs.readFileSync(await download.path(), "utf8").trim().split("\r\n");
  expect(lines.length === Rows.length + 1, `${lines.length - 1} lines in the file, ${Rows.length} in the log`);
  expect(lines[0].includes("Time,Kind,Direction"), lines[0]);
  expect(Rows.every((row, at) => lines[at + 1].startsWith(new Date(row.Time).toISOString())), "the file's lines are not the log's");
  await dialog.getByRole("button", { name: word("关闭", "Close"), exact: true }).last().click();
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route(/ListDeviceLog/, async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await page.getByRole("button", { name: word("导出", "Export"), exact: true }).click();
  await save.click();
  await dialog.getByRole("button", { name: word("停止", "Stop"), exact: true }).click();
  answer();
  await dialog.getByText(word("没有保存文件", "no file was saved")).waitFor();
  await page.unroute(/ListDeviceLog/);
  await dialog.getByRole("button", { name: word("取消", "Cancel"), exact: true }).click();

  // The diagnosis names the report that was refused.
  await lamp.report({ brightness: "dark" });
  await visit(at("diagnosis"));
  const problem = page.getByRole("article").filter({ hasText: '|"dark"|' });
  await problem.first().waitFor();
  await page.getByText(word("以文本上报 brightness，物模型为整数型：自", "reports brightness as text, the model says integer:")).waitFor();
  await looked("diagnosis");
  await page.getByRole("button", { name: word("重新检查", "Check again") }).click();
  await problem.first().getByRole("link", { name: word("打开物模型", "Open the thing model") }).click();
  await page.waitForURL(/\/products\/[^/]+\/definition/);
  await page.goBack();
  await problem.first().getByRole("link", { name: "faq-24" }).click();
  await page.waitForURL(/problems\?search=faq-24/);
  await page.goBack();
  await problem.first().getByRole("link", { name: word("在日志中查看这段时间", "See this time in the log") }).click();
  await page.waitForURL(/logs.*span=custom/);
  await rows.first().waitFor();
  await visit(`/devices/${product}/lamp-3/diagnosis`);
  await page.getByRole("heading", { level: 2 }).first().waitFor();
  expect((await page.getByRole("article").count()) === 0, `a lamp of the demo has problems: ${await page.getByRole("main").innerText()}`);
  await looked("diagnosis-nothing");
};
