// The shell around all pages, and the overview.
"use strict";

const net = require("node:net");

exports.walk = async (tour) => {
  const { page, context, visit, word, looked, expect, cloud, language, base } = tour;
  await page.getByRole("heading", { name: word("概览", "Overview"), level: 1 }).waitFor();
  await page.getByText(word("在线设备", "Devices online")).waitFor();
  await page.getByText(word("五分钟接入第一台设备", "Your first device in five minutes")).waitFor();
  await page.getByText("mosquitto_pub").first().waitFor();
  await looked("overview");

  // What it says of devices online is what the cloud API says.
  const { Projects } = await cloud("GetProjectList", { Offset: 0, Limit: 10 });
  let online = 0;
  for (const { ProjectId } of Projects) online += (await cloud("GetDeviceSumStatistics", { ProjectId })).OnlineCount;
  const card = page.getByRole("article").filter({ hasText: word("在线设备", "Devices online") });
  expect((await card.innerText()).includes(String(online)), `${online} devices are online, the page says ${await card.innerText()}`);

  // A command is copied as it stands.
  const guide = page.getByRole("region", { name: word("2. 上报一个属性", "2. Report a property") });
  const shown = await guide.innerText();
  await page.getByRole("button", { name: word("复制 2. 上报一个属性", "Copy 2. Report a property") }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.trim() === shown.trim(), `copied: ${copied}`);

  // Commands for another device.
  const other = page.getByLabel(word("使用的设备", "Device to use"));
  const [first, second] = await other.locator("option").evaluateAll((all) => all.map((each) => each.value));
  await other.selectOption(second);
  await guide.getByText(second.split("/")[1]).first().waitFor();
  await other.selectOption(first);

  // Everybody's start is a click away.
  const starts = page.getByRole("list", { name: word("常用入口", "Where to begin") });
  for (const [zh, en, where] of [
    ["看在线的设备", "See who is online", "/devices?state=online"],
    ["看离线的设备", "See who is offline", "/devices?state=offline"],
    ["管理 API 密钥", "Manage API keys", "/platform/keys"],
    ["管理账号与权限", "Manage accounts", "/platform/accounts"],
    ["查看全部限额", "See all limits", "/platform/settings"],
  ]) {
    await starts.getByRole("link", { name: word(zh, en), exact: true }).click();
    await page.waitForURL((url) => `${url.pathname}${url.search}`.startsWith(`/console${where}`));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goBack();
    await starts.waitFor();
  }

  await troubles(tour);
  await guided(tour);
  await navigation(tour);

  await looks(page, word, ["概览", "Overview"]);
  await passwords(tour);
  const enter = await signedOut(tour);
  // An address of somewhere else after signing in is not followed; one of the console is.
  for (const [next, wanted] of [["//example.com/", "/"], ["https://example.com/", "/"], ["javascript:alert(1)", "/"], ["/\\example.com", "/"], ["\\\\example.com", "/"], ["/devices?name=lamp", "/devices?name=lamp"]]) {
    await visit(`/sign-in?next=${encodeURIComponent(next)}`);
    await enter(tour.password);
    await page.waitForURL(`${base}/console${wanted}`);
    await page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor();
    await context.request.delete(`${base}/console/session`, { headers: await pageToken(tour) });
  }
};

/** Each cause of failure and each limit that is reached leads to where it can be dealt with, and figures say since when they count. */
async function troubles({ page, visit, word, looked, expect, cloud }) {
  const { Started } = await cloud("DescribeActivity", {}, "2026-11-01");
  const clock = await page.evaluate((at) => new Date(at).toTimeString().slice(0, 5), Started);
  await visit("/");
  const since = page.getByText(word(`自 ${clock} 服务启动时起`, `since ${clock}, when the server started`));
  await since.first().waitFor();
  expect((await since.count()) === 3, `${await since.count()} of the three figures of the last hour say since when`);

  // As if each kind had failed, and each limit that is counted were reached.
  const changed = async (operation, change) => {
    await page.route(`**/${operation}`, async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      change(json.Response);
      await route.fulfill({ response: answer, json });
    });
  };
  await changed("DescribeActivity", ({ Failures }) => Failures.forEach((each, at) => (each.Count = at + 1)));
  await changed("DescribeLimits", ({ Limits }) => Limits.filter((each) => each.Counted && !each.Unlimited).forEach((each) => (each.Used = each.Value)));
  await visit("/");
  const main = page.getByRole("main");
  await main.getByText(word("已达上限", "at its limit")).first().waitFor();
  await main.getByText(word("2 / 2 个密钥", "2 of 2 keys")).waitFor();
  await looked("troubles");
  const problems = main.getByRole("link", { name: word("可能的原因", "What it can be") });
  const causes = await problems.count();
  expect(causes >= 8, `${causes} causes of failures lead to the known problems`);
  for (let at = 0; at < causes; at += 1) {
    await problems.nth(at).click();
    await page.waitForURL(/\/platform\/problems\?/);
    await page.getByRole("article").first().waitFor();
    await page.goBack();
    await problems.first().waitFor();
  }
  for (const [zh, en, where] of [
    ["去找设备", "Find the device", /\/devices\?state=/],
    ["去看产品", "See the products", /\/products$/],
    ["去看限额", "See the limits", /\/platform\/settings\?search=/],
    ["去产品页", "To the products", /\/products$/],
    ["去设备页", "To the devices", /\/devices$/],
    ["去密钥页", "To the keys", /\/platform\/keys$/],
    ["查看这项限额", "See this limit", /\/platform\/settings\?search=/],
  ]) {
    await main.getByRole("link", { name: word(zh, en), exact: true }).first().click();
    await page.waitForURL(where);
    await page.getByRole("heading", { level: 1 }).waitFor();
    if (where.source.includes("search")) await page.locator("tbody tr").first().waitFor();
    await page.goBack();
    await problems.first().waitFor();
  }
  await page.unroute("**/DescribeActivity");
  await page.unroute("**/DescribeLimits");
}

/** A device that never connected is offered first, and the guide's credentials sign in as it. */
async function guided({ page, word, looked, expect, cloud, visit, language, mqtt }) {
  const { Products } = await cloud("GetStudioProductList", { Offset: 0, Limit: 1 });
  const device = { ProductId: Products[0].ProductId, DeviceName: `guided-${language}-${Date.now() % 1_000_000}` };
  await cloud("CreateDevice", device);
  await visit("/");
  const choice = page.getByLabel(word("使用的设备", "Device to use"));
  await choice.waitFor();
  expect((await choice.inputValue()) === `${device.ProductId}/${device.DeviceName}`, `offered first: ${await choice.inputValue()}`);
  await page.getByRole("button", { name: word("生成登录参数", "Compute it") }).click();
  const text = await page.getByRole("region", { name: word("1. 设置登录参数", "1. Set what the device signs in with") }).innerText();
  const [client, user, password] = text.trim().split("\n").map((line) => /^\w+='(.+)'$/.exec(line)[1]);
  await looked("guide");
  expect((await connack(mqtt, client, user, password)).equals(Buffer.from([0x20, 2, 0, 0])), `refused: ${text}`);
  await cloud("DeleteDevice", device);
  await bare({ page, word, looked, expect, cloud, visit, language }, Products[0].ProjectId);
  await visit("/");
}

/** A device whose product has no property, made last of all, is not offered first; chosen, it leads to the thing model. */
async function bare({ page, word, looked, expect, cloud, visit, language }, ProjectId) {
  const { Product } = await cloud("CreateStudioProduct", { ProductName: `bare-${language}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: "", ProjectId });
  const device = { ProductId: Product.ProductId, DeviceName: "bare-1" };
  await cloud("CreateDevice", device);
  await visit("/");
  const choice = page.getByLabel(word("使用的设备", "Device to use"));
  await choice.waitFor();
  expect(!(await choice.inputValue()).startsWith(device.ProductId), `offered first: ${await choice.inputValue()}`);
  await choice.selectOption(`${device.ProductId}/${device.DeviceName}`);
  await page.getByRole("note").getByText(word("这台设备的产品还没有可上报的属性。", "The product of this device has no property to report yet.")).waitFor();
  expect((await page.getByText('"params":{}').count()) === 0, "an empty report is shown");
  await looked("bare");
  await page.getByRole("link", { name: word("定义物模型", "Define its thing model") }).click();
  await page.waitForURL(new RegExp(`/products/${device.ProductId}/definition$`));
  await page.getByRole("heading", { level: 1 }).waitFor();
  await cloud("DeleteDevice", device);
  await cloud("DeleteStudioProduct", { ProductId: device.ProductId });
}

/** The first bytes that the MQTT port answers to a sign-in. */
function connack(address, ...texts) {
  const [host, port] = address.split(":");
  const sized = (text) => Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);
  const body = Buffer.concat([sized("MQTT"), Buffer.from([4, 0xc2, 0, 60]), ...texts.map(sized)]);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host, () => socket.write(Buffer.concat([Buffer.from([0x10, ...length]), body])));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer);
    });
    socket.once("close", () => reject(new Error("the connection was closed")));
    socket.once("error", reject);
  });
}

/** What a page's own calls carry beside the cookie. */
async function pageToken({ context, base }) {
  const answer = await context.request.get(`${base}/console/session`);
  return { "X-Csrf-Token": (await answer.json()).CsrfToken };
}

/** Theme and language change at once and stay after a reload. */
async function looks(page, word, heading) {
  const theme = () => page.evaluate(() => document.documentElement.getAttribute("theme-mode"));
  const other = page.getByRole("button", { name: /切换到[浅深]色|Switch to (dark|light)/ });
  const before = await theme();
  await other.click();
  await page.reload();
  await other.waitFor();
  if (before === (await theme())) throw new Error(`the theme stayed ${before}`);
  await other.click();
  await page.getByRole("button", { name: word("English", "中文"), exact: true }).click();
  await page.getByRole("heading", { name: word(...heading.toReversed()), level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: word("中文", "English"), exact: true }).click();
  await page.getByRole("heading", { name: word(...heading), level: 1 }).waitFor();
}

/** Each place, by mouse and by keyboard, on a wide window and on a phone's. */
async function navigation({ page, word, expect }) {
  const places = page.getByRole("navigation", { name: word("导航", "Navigation") });
  for (const [zh, en] of [["产品", "Products"], ["设备", "Devices"], ["平台", "Platform"], ["API 密钥", "API keys"], ["账号与权限", "Accounts and policies"], ["常见问题", "Known problems"], ["操作审计", "Audit log"], ["设置与限额", "Settings and limits"], ["工具", "Tools"], ["API 调试", "API explorer"]]) {
    await places.getByRole("link", { name: word(zh, en), exact: true }).click();
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    await page.waitForFunction((name) => document.title.includes(name), word(zh, en) === word("平台", "Platform") ? word("API 调试", "API explorer") : word(zh, en));
  }
  await page.getByRole("link", { name: word("联物", "Lianwu"), exact: true }).click();
  await page.getByRole("heading", { name: word("概览", "Overview"), level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: word("概览", "Overview"), level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement.id === "content"), "the first key does not lead past the navigation");

  // Closed, it stays closed; on a phone it opens over the page and closes behind a choice.
  await page.getByRole("button", { name: word("收起导航", "Close navigation") }).click();
  await places.waitFor({ state: "hidden" });
  await page.reload();
  await page.getByRole("button", { name: word("打开导航", "Open navigation") }).click();
  await places.waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await places.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: word("打开导航", "Open navigation") }).click();
  await places.getByRole("link", { name: word("概览", "Overview"), exact: true }).click();
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Another password, and back: the old one opens nothing any more, other sessions are over. */
async function passwords({ page, word, looked, expect, visit, base, user, password }) {
  const other = `${password}-2`;
  const opens = async (text) => {
    const answer = await fetch(`${base}/console/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ User: user, Password: text }) });
    return answer.status === 200;
  };
  const fill = (name, text) => page.locator(`input[name=${name}]`).fill(text);
  const submit = page.getByRole("button", { name: word("修改密码", "Change password"), exact: true });
  await page.getByRole("button", { name: word("账号", "Account") }).click();
  await page.getByRole("button", { name: word("修改密码", "Change password") }).click();
  await fill("old", "not the password");
  await fill("fresh", other);
  await fill("repeat", `${other}?`);
  await submit.click();
  await page.getByText(word("两次输入的新密码不一致", "The two new passwords differ")).waitFor();
  await looked("password");
  await fill("repeat", other);
  await submit.click();
  await page.getByText(word("与当前密码不符", "It is not the present password")).waitFor();
  await fill("old", password);
  await submit.click();
  await page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor();
  expect((await opens(other)) && !(await opens(password)), "the new password does not hold");
  await visit("/password");
  await looks(page, word, ["修改密码", "Change password"]);
  await fill("old", other);
  await fill("fresh", password);
  await fill("repeat", password);
  await submit.click();
  await page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor();
  expect(await opens(password), "the password is not what it was");
}

/** Out here, out everywhere, refused; returns what signs in. */
async function signedOut({ page, context, word, looked, expect, base, user, password }) {
  const enter = async (text, name = user) => {
    await page.locator("input[name=user]").fill(name);
    await page.locator("input[name=password]").fill(text);
    await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
  };
  for (const [zh, en] of [["退出登录", "Sign out"], ["退出所有设备上的登录", "Sign out everywhere"]]) {
    await page.getByRole("button", { name: word("账号", "Account") }).click();
    await page.getByRole("button", { name: word(zh, en), exact: true }).click();
    await page.getByRole("heading", { name: word("登录联物", "Sign in to Lianwu") }).waitFor();
    const stillIn = await context.request.get(`${base}/console/session`);
    expect(stillIn.status() === 401, `signed out, and still answered ${stillIn.status()}`);
    if (en === "Sign out") await enter(password);
  }
  await looks(page, word, ["登录联物", "Sign in to Lianwu"]);
  await looked("sign-in");
  await enter("wrong password", "nobody");
  await page.getByRole("alert").waitFor();
  await looked("refused");
  return enter;
}
