// Head of the page and the card of each property.
"use strict";

exports.walk = async ({ page, visit, word, looked, expect, until, cloud }, { product, name, page: at, lamp, live }) => {
  const value = async (device, id) => {
    const { Data } = await cloud("DescribeDeviceData", { ProductId: product, DeviceName: device });
    return JSON.parse(Data)[id]?.Value;
  };
  const card = (id) => page.getByRole("article").filter({ has: page.getByText(id, { exact: true }) });

  // Nothing reported yet, then a report.
  await visit(at("now"));
  await page.getByText(word("设备还没有上报过属性", "The device has reported no property yet")).waitFor();
  await looked("now-empty");
  await lamp.report({ brightness: 11, position: { longitude: 1, latitude: 2 } });
  await card("brightness").getByText("11 %").waitFor();
  await live.isUp(page.getByRole("main"));
  await lamp.report({ brightness: 12 });
  await card("brightness").getByText("12 %").waitFor();

  // A lamp of the demo is set: a number, a switch, a text.
  await visit(`/devices/${product}/lamp-1`);
  await page.getByRole("heading", { name: "lamp-1", level: 1 }).waitFor();
  await page.getByText("MQTT 3.1.1").waitFor();
  await page.getByRole("img", { name: /brightness|亮度/ }).first().waitFor({ state: "attached" });
  await looked("now");
  const set = async (id, fill, wanted) => {
    await card(id).getByRole("button", { name: word("设置", "Set") }).click();
    await fill(card(id));
    await card(id).getByRole("button", { name: word("下发", "Send"), exact: true }).click();
    await card(id).getByText(word("设备已确认", "Confirmed by the device")).waitFor();
    await until(async () => (await value("lamp-1", id)) === wanted, `${id} is ${await value("lamp-1", id)}, not ${wanted}`);
  };
  const input = (scope) => scope.getByLabel(word("新的值", "New value"));
  await card("brightness").getByRole("button", { name: word("设置", "Set") }).click();
  await input(card("brightness")).fill("1000");
  await card("brightness").getByRole("alert").waitFor();
  expect(await card("brightness").getByRole("button", { name: word("下发", "Send"), exact: true }).isDisabled(), "1000 % is not sent");
  await looked("now-wrong");
  await card("brightness").getByRole("button", { name: word("设置", "Set") }).click();
  await set("brightness", (scope) => input(scope).fill("37"), 37);
  const other = 1 - (await value("lamp-1", "power_switch"));
  await set("power_switch", (scope) => scope.getByRole("radio").nth(other).check(), other);
  await set("name", (scope) => input(scope).fill(`<b>${name}</b>`), `<b>${name}</b>`);
  await set("power", async (scope) => scope.getByRole("combobox").selectOption("high"), "high");

  // What a device refuses.
  lamp.answer.code = 7;
  lamp.answer.status = "too bright";
  await visit(at("now"));
  await card("brightness").getByRole("button", { name: word("设置", "Set") }).click();
  await card("brightness").getByRole("button", { name: word("下发", "Send"), exact: true }).click();
  await card("brightness").getByText(/7.*too bright/).waitFor();
  await looked("now-refused");
  Object.assign(lamp.answer, { code: 0, status: "" });

  // Beside the values, whatever can be said to the device; it stands in the address.
  await page.getByRole("button", { name: word("在旁边调试", "Debug beside it") }).click();
  await page.waitForURL(/beside=true/);
  const side = page.getByRole("region", { name: word("调试方式", "What to do") });
  const mode = (zh, en) => side.getByRole("radio", { name: word(zh, en), exact: true }).check();
  const tick = (id) => side.locator("label.t-checkbox").filter({ hasText: id }).click();
  await mode("行为调用", "Call an action");
  await side.getByRole("combobox", { name: word("行为", "Action") }).selectOption("light_blink");
  await side.getByLabel(/period/).fill("6");
  await side.getByRole("button", { name: word("调用", "Call"), exact: true }).click();
  await side.getByText("blinked").waitFor();
  await side.getByRole("button", { name: word("复制 返回参数", "Copy Returned parameters") }).click();
  await mode("下发消息", "Send a message");
  await side.getByRole("button", { name: "$thing/down/property/…" }).click();
  await side.getByLabel("Topic").fill(`${product}/${name}/control`);
  await side.getByRole("textbox", { name: word("消息内容", "Message") }).fill("AQID");
  for (const choice of ["Base64", word("文本", "Text"), "1", "0"]) await side.getByRole("radio", { name: choice, exact: true }).check();
  await side.getByRole("button", { name: word("发布", "Publish") }).click();
  await until(() => lamp.heard.some(({ payload }) => payload.toString() === "AQID"), "the message did not come");
  await mode("模拟上报", "Simulate a report");
  await tick("brightness");
  await side.getByLabel(/brightness/).last().fill("66");
  await side.getByRole("button", { name: word("复制", "Copy") }).click();
  await side.getByRole("button", { name: word("上报", "Report"), exact: true }).click();
  await card("brightness").getByText("66 %").waitFor();
  await mode("属性控制", "Control properties");
  await tick("brightness");
  await side.getByLabel(/brightness/).last().fill("44");
  await side.getByRole("button", { name: word("下发", "Send"), exact: true }).click();
  await side.getByText(word("设备已确认", "Confirmed by the device")).waitFor();
  await looked("now-beside");
  await page.reload();
  await side.waitFor();
  await page.getByRole("button", { name: word("在旁边调试", "Debug beside it") }).click();
  await side.waitFor({ state: "detached" });

  // The switch in the head.
  await page.getByRole("switch").click();
  await page.getByRole("dialog").getByRole("button", { name: word("禁用", "Disable"), exact: true }).click();
  const state = async () => (await cloud("DescribeDevice", { ProductId: product, DeviceName: name })).Device.EnableState;
  await until(async () => (await state()) === 0, "it is not disabled");
  await page.getByTitle(word("已禁用", "Disabled"), { exact: true }).waitFor();
  await page.getByRole("switch").click();
  await until(async () => (await state()) === 1, "it is not enabled");
  await lamp.again();
};
