// The console by the keyboard alone: from signing in to a control of a device and back. Nothing here touches the mouse.
"use strict";

const { demo, lamp } = require("./lamp.js");
const { keys } = require("./keys.js");

exports.walk = async (tour) => {
  const { product } = await demo(tour.cloud);
  const name = `keys-${tour.language}`;
  const mine = await lamp(tour, product, name);
  // Colours are there at once, as for everybody who wants no motion.
  await tour.page.emulateMedia({ reducedMotion: "reduce" });
  try {
    await mine.report({ brightness: 41 });
    await there(tour, product, name, mine);
    await around(tour, product, name);
  } finally {
    await mine.end();
  }
};

/** From signing in to a control of the lamp and back. */
async function there(tour, product, name, mine) {
  const { page, visit, word, expect, until, cloud, user, password } = tour;
  const { tab, to, press, focused } = keys(tour);
  const heading = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();

  // Out by the account's menu, which closes by Escape and gives the focus back; in again by the form, which has the focus.
  await visit("/");
  await heading(word("概览", "Overview"));
  await to("button", word("账号", "Account"));
  await press("Enter");
  await press("Escape");
  expect((await focused()).name.includes(word("账号", "Account")), `after the menu the focus is at ${JSON.stringify(await focused())}`);
  await press("Enter");
  await to("button", word("退出登录", "Sign out"));
  await press("Enter");
  await heading(word("登录联物", "Sign in to Lianwu"));
  await page.waitForFunction(() => document.activeElement?.name === "user");
  await page.keyboard.type(user);
  await to("input", word("密码", "Password"));
  await page.keyboard.type(password);
  await press("Enter");
  await heading(word("概览", "Overview"));

  // The skip link is the first stop and leads past the navigation.
  await visit("/");
  await heading(word("概览", "Overview"));
  const skip = await tab();
  expect(skip.name === word("跳到正文", "Skip to content") && skip.isInView, `the first stop is ${JSON.stringify(skip)}`);
  await press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "content");
  expect((await tab()).landmark === "main", "the skip link did not skip the navigation");

  // A dialog takes the focus, keeps it and gives it back; leaving typed text asks.
  await visit("/devices");
  await page.getByRole("row").nth(1).waitFor();
  await to("button", word("新建设备", "New device"));
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  for (let stop = 0; stop < 12; stop += 1) {
    const at = await tab({ mayLeave: true });
    expect(at.landmark === "dialog" || at.tag === "body", `the focus left the dialog for ${JSON.stringify(at)}`);
  }
  await press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect((await focused()).name.includes(word("新建设备", "New device")), `after the dialog the focus is at ${JSON.stringify(await focused())}`);

  // An action of a row asks first, and nothing happened when it is left.
  await to("a", name);
  await to("button", word("禁用", "Disable"));
  await press("Space");
  await page.getByRole("dialog").waitFor();
  await press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const { Device } = await cloud("DescribeDevice", { ProductId: product, DeviceName: name });
  expect(Device.EnableState === 1, `${name} was disabled`);

  // To the device by the navigation and the table, to its tabs and back to its values.
  await visit("/");
  await heading(word("概览", "Overview"));
  await to("a", /^(设备|Devices)$/);
  await press("Enter");
  await page.getByRole("row").nth(1).waitFor();
  await to("a", name);
  await press("Enter");
  await heading(name);
  await page.waitForFunction(() => document.activeElement?.id === "content");
  await to("a", word("诊断", "Diagnosis"));
  await press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith("/diagnosis"));
  await to("a", word("实时状态", "Now"), "Shift+Tab");
  await press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith("/now"));

  // A control: what became of it is said, and the focus is where it began.
  await page.getByRole("article").filter({ hasText: "brightness" }).waitFor();
  await to("button", /^(设置|Set) (亮度|brightness)/i);
  await press("Enter");
  await to("input", word("新的值", "New value"));
  await press("Control+a");
  await page.keyboard.type("42");
  await to("button", word("下发", "Send"));
  await press("Enter");
  await until(async () => mine.heard.some(({ payload }) => payload.toString().includes('"brightness":42')), "the lamp was not told");
  await page.getByRole("status").filter({ hasText: word("设备已确认", "Confirmed by the device") }).waitFor();
  await page.waitForFunction(() => document.activeElement?.closest("article")?.textContent.includes("brightness"));

  // Back to the list by the way above the name; the new page says what it is.
  await to("a", /^(设备|Devices)$/, "Shift+Tab", "nav");
  await press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith("/devices"));
  await page.getByRole("status").filter({ hasText: word("设备 · 联物", "Devices · Lianwu") }).waitFor({ state: "attached" });
}

/** Every page can be left again by Tab, its stops in the order of the page; its landmarks and headings are in their place. */
async function around(tour, product, name) {
  const { page, visit, word, language } = tour;
  const by = keys(tour);
  for (const [path, title] of pages(word, product, name)) {
    await visit(path);
    await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    await by.landmarks(path);
    if (language === "zh") await by.round(path);
  }
}

function pages(word, product, name) {
  return [
    ["/", word("概览", "Overview")],
    ["/products", word("产品", "Products")],
    [`/products/${product}/definition`, "lamp"],
    [`/products/${product}/debugging`, "lamp"],
    [`/products/${product}/production`, "lamp"],
    [`/products/${product}/settings`, "lamp"],
    ["/devices", word("设备", "Devices")],
    [`/devices/${product}/${name}/now`, name],
    [`/devices/${product}/${name}/debugging`, name],
    [`/devices/${product}/${name}/logs`, name],
    ["/platform/keys", word("API 密钥", "API keys")],
    ["/platform/accounts", word("账号与权限", "Accounts and policies")],
    ["/platform/audit", word("操作审计", "Audit log")],
    ["/platform/settings/limits", word("设置与限额", "Settings and limits")],
  ];
}
