// Who the device is: secret, tags, level of its log, what it said of itself.
"use strict";

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at, lamp }) => {
  const ids = { ProductId: product, DeviceName: name };
  await lamp.say({ module_hardinfo: "ESP8266", fw_ver: "1.0.1", device_label: { append_info: "<u>mine</u>" } });
  await visit(at("info"));
  await page.getByRole("cell", { name: "device_label.append_info" }).waitFor();
  await page.getByRole("button", { name: word("显示 设备密钥", "Show Device secret") }).click();
  await page.getByText(lamp.secret).waitFor();
  await looked("info");
  await page.getByRole("region", { name: word("设备凭证", "Credentials") }).getByRole("button", { name: word(/^复制/, /^Copy/) }).click();
  expect((await page.evaluate(() => navigator.clipboard.readText())) === lamp.secret, "another secret was copied");
  await page.getByRole("button", { name: word("隐藏 设备密钥", "Hide Device secret") }).click();
  await page.getByText(lamp.secret).waitFor({ state: "detached" });

  // Tags; leaving with unsaved ones asks.
  const tags = page.getByRole("region", { name: word("标签", "Tags") });
  const saved = async () => (await cloud("ListTags", ids, "2026-11-01")).Tags.map(({ Key, Value }) => `${Key}=${Value}`).join();
  await tags.getByRole("button", { name: word("添加标签", "Add a tag") }).click();
  await tags.getByLabel(word("键", "Key"), { exact: true }).fill("area");
  await tags.getByLabel(word("值", "Value"), { exact: true }).fill("floor2");
  let asked = "";
  page.once("dialog", (question) => ((asked = question.message()), question.dismiss()));
  await page.getByRole("link", { name: word("设备影子", "Shadow") }).click();
  expect(asked !== "" && page.url().includes("/info"), "leaving unsaved tags does not ask");
  await tags.getByRole("button", { name: word("保存标签", "Save tags") }).click();
  await until(async () => (await saved()) === "area=floor2", `the tags are ${await saved()}`);
  await looked("info-tags");
  await tags.getByRole("button", { name: word("删除标签“area”", "Remove the tag “area”") }).click();
  await tags.getByRole("button", { name: word("保存标签", "Save tags") }).click();
  await until(async () => (await saved()) === "", `the tags are ${await saved()}`);

  // The level of its own log.
  const level = async () => (await cloud("DescribeLogLevel", ids, "2026-11-01"));
  await page.getByLabel(word("上传等级", "Upload level")).selectOption("4");
  await until(async () => (await level()).Level === 4 && (await level()).OwnLevel, `the level is ${JSON.stringify(await level())}`);
  await page.getByLabel(word("上传等级", "Upload level")).selectOption("-1");
  await until(async () => !(await level()).OwnLevel, `the level is still its own: ${JSON.stringify(await level())}`);
  await looked("info-level");
};
