// A draft with a mistake: its line is one click away. A draft that devices would not fit any more: ways to them from both dialogs.
"use strict";

exports.walk = async ({ page, visit, word, expect, until, cloud }, { id, dialog, button }) => {
  const device = { ProductId: id, DeviceName: "walker" };
  await cloud("CreateDevice", device);
  await cloud("ControlDeviceData", { ...device, Data: '{"pace":19}', Method: "reported" });
  await until(async () => JSON.parse((await cloud("DescribeDeviceData", device)).Data).pace?.Value === 19, "the report did not come");
  await visit(`/products/${id}/definition`);
  const json = page.getByLabel(word("物模型 JSON", "Thing model as JSON"));
  await json.waitFor();
  const good = await json.inputValue();

  await json.fill(good.replace('"max": "20"', '"max": "wide"'));
  await page.getByRole("alert").getByRole("button", { name: word(/^第 \d+ 行$/, /^Line \d+$/) }).click();
  const selected = await json.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  expect(selected.includes('"wide"'), `the line of the mistake is ${selected}`);

  await json.fill(good.replace('"max": "20"', '"max": "10"'));
  const opens = async (link, address) => {
    const [other] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
    await other.waitForURL((url) => `${url.pathname}${url.search}`.includes(address));
    await other.close();
  };
  for (const [zh, en] of [["查看对设备的影响", "What it changes for devices"], ["查看差异并保存", "Review and save"]]) {
    await button(zh, en).click();
    await opens(dialog.getByRole("link", { name: "walker" }), `/devices/${id}/walker/logs`);
    await opens(dialog.getByRole("link", { name: word("查看设备列表", "Show the devices") }), `/devices?product=${id}`);
    await dialog.getByRole("button", { name: word(/^(关闭|取消)$/, /^(Close|Cancel)$/) }).last().click();
  }
  await button("放弃修改", "Discard changes").click();
  await dialog.getByRole("button", { name: word("放弃修改", "Discard changes") }).click();
  await dialog.waitFor({ state: "detached" });
  expect((await json.inputValue()) === good, "the draft is not what is saved");
};
