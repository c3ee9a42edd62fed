// A window played again: messages, and the values as they were; the same judged by another thing model.
"use strict";

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at, lamp }) => {
  const told = async () => {
    const { Messages } = await cloud("ListMessages", { ProductId: product, DeviceName: name, MinTime: began, MaxTime: Date.now() + 60_000 }, "2026-11-01");
    return Messages.filter((message) => message.Direction === "up").length;
  };
  const began = Date.now() - 1000;
  await lamp.report({ brightness: 10 });
  await lamp.report({ brightness: 20 });
  await lamp.report({ brightness: "dim" });
  await lamp.report({ brightness: 30 });
  await until(async () => (await told()) >= 4, "the reports are not in the log");
  await visit(at("replay"));
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const values = page.getByRole("region", { name: word("此刻的属性值", "Values at this moment") });
  const brightness = values.locator("div").filter({ hasText: "brightness" });
  const seek = page.getByLabel(word("播放位置", "Position"));
  const query = () => new URL(page.url()).searchParams;

  // The end of the window, then back message by message.
  await seek.waitFor();
  expect(Number(query().get("to")) - Number(query().get("from")) === 1_800_000, `the window is not in the address: ${page.url()}`);
  await seek.fill(query().get("to"));
  await brightness.getByText("30 %").waitFor();
  await looked("replay");
  await button("上一条消息", "Previous message").click();
  await brightness.getByText("20 %").waitFor();
  await page.getByRole("region", { name: word("消息", "Messages"), exact: true }).getByText(word("被拒绝 406", "refused 406")).first().waitFor();
  await looked("replay-refused");
  await button("上一条消息", "Previous message").click();
  await brightness.getByText(word("刚刚上报", "just reported")).waitFor();
  await button("上一条消息", "Previous message").click();
  await brightness.getByText("10 %").waitFor();
  await button("下一条消息", "Next message").click();
  await brightness.getByText("20 %").waitFor();

  // The address holds the moment.
  await until(() => query().get("at") !== null, "the moment is not in the address");
  await page.reload();
  await brightness.getByText("20 %").waitFor();

  // It plays both ways and stands still when told; from the middle neither end is near.
  const place = async () => Number(await seek.inputValue());
  const speed = page.getByLabel(word("播放速度", "Speed"));
  await seek.fill(String(Number(query().get("from")) + 900_000));
  const middle = await place();
  await speed.selectOption("10");
  await button("倒放", "Play backwards").click();
  await until(async () => (await place()) < middle, "it does not play backwards");
  await button("暂停", "Pause").click();
  const paused = await place();
  await speed.selectOption("1");
  await button("播放", "Play").click();
  await until(async () => (await place()) > paused, "it does not play");
  await button("暂停", "Pause").click();
  await button("回到开头", "To the beginning").click();
  await page.getByText(word("开头：还没有消息。", "The beginning: no message yet.")).waitFor();

  // A drag on the strip makes the window smaller.
  const strip = page.getByRole("img", { name: word("各时刻的消息数量", "Messages over time") });
  await strip.evaluate((element) => element.scrollIntoView({ block: "center" }));
  const box = await strip.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  // Beyond the end: the newest messages lie in its last pixel.
  await page.mouse.move(box.x + box.width + 5, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL((url) => Number(url.searchParams.get("to")) - Number(url.searchParams.get("from")) < 1_000_000);

  // Today's model answers as it did; a draft that is narrower does not, and the moment is one click away.
  const judge = page.getByRole("region", { name: word("重新判断", "Judge again") });
  await judge.getByRole("button", { name: word("开始判断", "Judge them") }).click();
  await judge.getByText(word("结果与当时都相同", "would be answered as they were")).waitFor();
  await judge.getByRole("radio", { name: word("物模型草稿", "A draft") }).check();
  const draft = judge.getByLabel(word("草稿 JSON", "Draft as JSON"));
  await until(async () => (await draft.inputValue()).includes("brightness"), "the draft does not begin with the model in force");
  const model = JSON.parse(await draft.inputValue());
  model.properties.find((property) => property.id === "brightness").define.max = "25";
  await draft.fill(JSON.stringify(model));
  await judge.getByRole("button", { name: word("开始判断", "Judge them") }).click();
  const row = judge.getByRole("row").filter({ hasText: '"brightness":30' });
  await row.getByText(word("超出物模型的范围 [0,25]", "outside the model's range [0,25]")).waitFor();
  await looked("replay-judged");
  await row.getByRole("button").click();
  await brightness.getByText("30 %").waitFor();
  const saved = JSON.parse((await cloud("DescribeModelDefinition", { ProductId: product })).Model.ModelDefine);
  expect(saved.properties.find((property) => property.id === "brightness").define.max !== "25", "judging by a draft saved it");

  // Times without messages say so.
  await page.goto(`${page.url().split("?")[0]}?from=1000&to=2000`);
  await page.getByText(word("这段时间没有消息", "No messages in this time")).waitFor();
};
