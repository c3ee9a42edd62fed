// Each way to talk to the device, with the messages beside it.
"use strict";

const fs = require("node:fs");

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at, lamp, live }) => {
  const log = page.getByRole("region", { name: word("通信日志", "Messages") });
  const side = page.getByRole("region", { name: word("调试方式", "What to do") });
  const latest = async (id) => {
    const { Data } = await cloud("DescribeDeviceData", { ProductId: product, DeviceName: name });
    return JSON.parse(Data)[id]?.Value;
  };

  // Properties, ticked one by one.
  await visit(at("debugging"));
  const tick = (id) => side.locator("label.t-checkbox").filter({ hasText: id }).click();
  const send = side.getByRole("button", { name: word("下发", "Send"), exact: true });
  await tick("brightness");
  await tick("color");
  expect(!(await send.isDisabled()), "two properties are ticked");
  await side.getByLabel(/brightness/).last().fill("55");
  await side.getByRole("radio").last().check();
  await looked("debugging");
  await send.click();
  await side.getByText(word("设备已确认", "Confirmed by the device")).waitFor();
  const control = lamp.heard.map(({ payload }) => payload.toString()).findLast((text) => text.includes('"control"'));
  expect(JSON.parse(control).params.brightness === 55 && JSON.parse(control).params.color === 2, `the device was told ${control}`);
  await log.getByText("control_reply").first().waitFor();

  // An action.
  await side.getByText(word("行为调用", "Call an action")).click();
  await page.waitForURL(/mode=action/);
  await side.getByRole("button", { name: word("调用", "Call"), exact: true }).click();
  await side.getByText("blinked").waitFor();
  await looked("debugging-action");

  // Any message: text, and bytes.
  const message = side.getByRole("textbox", { name: word("消息内容", "Message") });
  await side.getByText(word("下发消息", "Send a message")).click();
  await side.getByLabel("Topic").fill(`${product}/${name}/control`);
  await message.fill('{"hello":"<i>there</i>"}');
  await side.getByRole("button", { name: word("发布", "Publish") }).click();
  await side.getByText(word("消息已发送到设备", "The message went to the device")).waitFor();
  await until(() => lamp.heard.some(({ topic, payload }) => topic.endsWith("/control") && payload.toString() === '{"hello":"<i>there</i>"}'), "the text did not come");
  await side.getByRole("radio", { name: "Base64" }).check();
  await side.getByRole("radio", { name: "1" }).check();
  await message.fill("AQID/w==");
  await side.getByRole("button", { name: word("发布", "Publish") }).click();
  await until(() => lamp.heard.some(({ payload }) => payload.toString("hex") === "010203ff"), "the bytes did not come");
  await looked("debugging-raw");
  await message.fill("no base64!");
  await side.getByRole("button", { name: word("发布", "Publish") }).click();
  await side.getByRole("alert").waitFor();
  await side.getByRole("button", { name: "$thing/down/property/…" }).click();
  expect((await side.getByLabel("Topic").inputValue()) === `$thing/down/property/${product}/${name}`, "the topic is filled in");

  // A report in the device's name.
  await side.getByText(word("模拟上报", "Simulate a report")).click();
  await tick("brightness");
  await side.getByLabel(/brightness/).last().fill("64");
  await side.getByRole("button", { name: word("上报", "Report"), exact: true }).click();
  await side.getByText(word("平台已接受上报", "The platform accepted the report")).waitFor();
  await until(async () => (await latest("brightness")) === 64, `brightness is ${await latest("brightness")}`);
  await looked("debugging-report");

  // The messages: one opened, filtered, paused, exported, cleared.
  const lines = log.getByRole("listitem");
  await log.getByLabel(word("关键字", "Words")).fill("control_reply");
  await log.getByLabel(word("关键字", "Words")).press("Enter");
  await until(async () => (await lines.count()) >= 1 && (await lines.filter({ hasText: "report_info" }).count()) === 0, "the words filter nothing");
  await lines.first().locator("summary").click();
  await lines.first().locator("pre").waitFor();
  await looked("debugging-opened");
  await log.getByLabel(word("关键字", "Words")).fill("");
  await log.getByLabel(word("关键字", "Words")).press("Enter");
  await log.getByLabel(word("通讯类型", "Direction")).selectOption("down");
  await until(async () => (await log.locator("li.up").count()) === 0 && (await log.locator("li.down").count()) > 0, "messages of the other direction are shown");
  await log.locator("li.down summary").first().click();
  await log.locator("li.down .topic").first().getByText(name).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), log.getByRole("button", { name: word("导出", "Export") }).click()]);
  const text = fs.readFileSync(await download.path(), "utf8");
  expect(text.includes("AQID/w==") && !text.includes(",up,"), `the file: ${text.slice(0, 300)}`);
  await log.getByLabel(word("通讯类型", "Direction")).selectOption("");
  await log.getByRole("button", { name: word("清空", "Clear") }).click();
  await log.getByText(word("还没有消息", "No messages yet")).waitFor();
  await log.getByRole("button", { name: word("暂停", "Pause") }).click();
  await live.isPaused(log);
  await lamp.report({ brightness: 21 });
  const waiting = log.getByRole("button", { name: word("条新消息", "new message") });
  await waiting.waitFor();
  expect((await lines.count()) === 0, "a paused log shows what came since");
  await waiting.click();
  await lines.first().waitFor();
  await live.isPaused(log);
  await log.getByRole("button", { name: word("继续", "Resume") }).click();
  await lines.first().waitFor();
  const shows = (text) => lines.filter({ hasText: text }).first().waitFor();
  await shows('"brightness":21');

  // Messages come by themselves; where the socket is lost that is said, and what was missed is there afterwards.
  await page.mouse.move(0, 0);
  await live.isUp(log);
  await live.unasked("a message", async () => {
    await lamp.report({ brightness: 22 });
    await shows('"brightness":22');
    await shows("report_reply");
  });
  live.miss("content", 12);
  await log.getByRole("button", { name: word("重新读取", "Read again") }).press("Enter");
  await log.getByText(word("有 12 条未显示", "12 lines were left out")).waitFor({ state: "detached" });
  await shows('"brightness":22');
  await live.cut();
  await live.isLost(log);
  await looked("debugging-lost");
  await lamp.report({ brightness: 23 });
  await live.mend();
  await live.isUp(log);
  await shows('"brightness":23');
  expect((await lines.filter({ hasText: '"brightness":22' }).count()) === 1, "a message is shown twice");
  await looked("debugging-live");
};
