// Ways to connect, settings and topics of a product.
"use strict";

exports.walk = async (tour, of) => {
  await development(tour, of);
  await settings(tour, of);
  await topics(tour, of);
};

/** A password for a secret typed by hand, for as long as one says; the texts of all ways to connect can be copied. */
async function development({ page, visit, word, expect, language }, { main, id }) {
  await visit(`/products/${id}/development`);
  await main.getByRole("textbox", { name: word("设备名称", "Device name") }).first().fill("anybody");
  await main.getByLabel(word("设备密钥（DeviceSecret）", "Device secret")).fill(Buffer.from("typed by hand").toString("base64"));
  const valid = main.getByLabel(word("有效期", "Valid for"));
  const last = await valid.locator("option").last().getAttribute("value");
  await valid.selectOption(last);
  await page.getByText("ClientId", { exact: true }).waitFor();
  for (const way of [word("命令行", "Command line"), "Python SDK", "C SDK", "Node.js", "HTTP"]) {
    await page.getByRole("radio", { name: way }).check();
    await page.getByRole("button", { name: `${word("复制", "Copy")} ${way}` }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.includes(id), `${way} (${language}) was copied as ${copied.slice(0, 80)}`);
  }
}

async function settings({ page, visit, word, expect, until, cloud }, { run, id }) {
  const basics = page.locator("form", { hasText: word("基本信息", "Basics") });
  const described = async () => (await cloud("DescribeStudioProduct", { ProductId: id })).Product;
  await visit(`/products/${id}/settings`);
  await basics.getByLabel(word("产品名称", "Product name")).fill(`smaller-${run}`);
  const binding = basics.getByLabel(word("绑定策略", "Binding"));
  const other = await binding.locator("option:not(:checked)").first().getAttribute("value");
  await binding.selectOption(other);
  await basics.getByRole("button", { name: word("保存", "Save") }).click();
  await until(async () => (await described()).ProductName === `smaller-${run}`, "the name stayed");
  await until(async () => String((await described()).BindStrategy) === other, "the binding stayed");

  // Registration switched on gives a secret: copied without being shown, shown and hidden again.
  const registration = page.locator("form", { hasText: word("产品密钥", "Product secret") });
  await registration.getByRole("radio", { name: word("自动创建设备", "Devices are created by it") }).check();
  await registration.getByRole("button", { name: word("保存", "Save") }).click();
  await registration.getByRole("button", { name: word("复制", "Copy"), exact: true }).click();
  const { ProductSecret } = await cloud("DescribeProductDynamicRegister", { ProductId: id });
  expect((await page.evaluate(() => navigator.clipboard.readText())) === ProductSecret, "another secret was copied");
  expect((await registration.getByText(ProductSecret).count()) === 0, "copying shows the secret");
  await registration.getByRole("button", { name: word("显示", "Show") }).click();
  await registration.getByText(ProductSecret).waitFor();
  await registration.getByRole("button", { name: word("隐藏", "Hide") }).click();
  await registration.getByText(ProductSecret).waitFor({ state: "detached" });

  const storage = page.locator("form", { hasText: word("数据保存", "Storage") });
  await storage.getByRole("radio", { name: word("写入内存之后", "once they are in memory") }).check();
  await storage.getByRole("button", { name: word("保存", "Save") }).click();
  await until(async () => (await cloud("DescribeProductStorage", { ProductId: id }, "2026-11-01")).Durability === "memory", "the durability stayed");
}

async function topics({ page, visit, word, expect, cloud }, { dialog, button, id }) {
  const listed = async () => (await cloud("ListTopicPolicy", { ProductId: id })).Topics.map(({ TopicName, Privilege }) => `${TopicName} ${Privilege}`).join();
  await visit(`/products/${id}/topics`);
  await button("新建自定义 Topic", "New custom topic").click();
  await dialog.getByRole("textbox").first().fill("old/name");
  await dialog.getByRole("radio", { name: word("发布", "Publish"), exact: true }).check();
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByRole("button", { name: new RegExp(word("编辑.*old/name", "Edit.*old/name")) }).click();
  await dialog.getByRole("textbox").first().fill("new/name");
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByRole("button", { name: /new\/name/ }).first().waitFor();
  expect(/new\/name 1/.test(await listed()) && !/old\/name/.test(await listed()), await listed());
}
