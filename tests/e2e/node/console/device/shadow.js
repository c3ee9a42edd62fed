// The shadow: written, changed, changed by two at once, deleted.
"use strict";

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at }) => {
  const ids = { ProductId: product, DeviceName: name };
  const shadow = async () => JSON.parse((await cloud("DescribeDeviceShadow", ids, "2021-04-08")).Data);
  const dialog = page.getByRole("dialog");
  const json = dialog.getByLabel(word("期望值 JSON", "Desired values as JSON"));
  const save = dialog.getByRole("button", { name: word("保存", "Save"), exact: true });
  await visit(at("shadow"));
  await page.getByText(word("这台设备还没有影子", "This device has no shadow yet")).waitFor();
  await looked("shadow-empty");
  await page.getByRole("button", { name: word("写入期望值", "Write desired values") }).click();
  await json.fill("{");
  await dialog.getByRole("alert").waitFor();
  expect(await save.isDisabled(), "what is no JSON is not saved");
  await json.fill('{"color": 1, "place": {"room": "<script>"}}');
  await looked("shadow-write");
  await save.click();
  await page.getByRole("cell", { name: "place.room" }).waitFor();
  expect((await shadow()).state.desired.place.room === "<script>", `the shadow is ${JSON.stringify(await shadow())}`);
  await looked("shadow");
  await page.getByText(word("完整 JSON", "The whole JSON"), { exact: true }).click();
  await page.getByRole("button", { name: word("复制 完整 JSON", "Copy The whole JSON") }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied).state.desired.place.room === "<script>", `copied is ${copied}`);

  // A key taken out, while somebody else changes another.
  await page.getByRole("button", { name: word("修改期望值", "Change desired values") }).click();
  await json.fill('{"color": 2}');
  await cloud("UpdateDeviceShadow", { ...ids, State: '{"desired":{"mode":"eco"}}', ShadowVersion: 0 }, "2021-04-08");
  await dialog.getByText(word(/已变为版本/, /moved on to version/)).waitFor();
  await looked("shadow-moved");
  await dialog.getByRole("button", { name: word("基于新版本保存", "Save on top of it") }).click();
  await dialog.waitFor({ state: "detached" });
  const { desired } = (await shadow()).state;
  expect(desired.color === 2 && desired.mode === "eco" && desired.place === undefined, `desired is ${JSON.stringify(desired)}`);

  await page.getByRole("button", { name: word("删除影子", "Delete the shadow") }).click();
  await looked("shadow-delete");
  await dialog.getByRole("button", { name: word("删除影子", "Delete the shadow") }).click();
  await page.getByText(word("这台设备还没有影子", "This device has no shadow yet")).waitFor();
  await until(async () => (await shadow()).version === 0, "the shadow is still there");
};
