// The shell around all pages, and the overview.
"use strict";

exports.walk = async ({ page, context, visit, word, looked, expect, cloud, language, base }) => {
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

  // Theme and language change at once and stay after a reload.
  const before = await page.evaluate(() => document.documentElement.getAttribute("theme-mode"));
  await page.getByRole("button", { name: /切换到[浅深]色|Switch to (dark|light)/ }).click();
  await page.reload();
  const after = await page.evaluate(() => document.documentElement.getAttribute("theme-mode"));
  expect(before !== after, `the theme stayed ${before}`);
  await page.getByRole("button", { name: /切换到[浅深]色|Switch to (dark|light)/ }).click();
  await page.getByRole("button", { name: word("English", "中文"), exact: true }).click();
  await page.getByRole("heading", { name: word("Overview", "概览"), level: 1 }).waitFor();
  await page.getByRole("button", { name: word("中文", "English"), exact: true }).click();

  // An address of somewhere else after signing in is not followed.
  await page.getByRole("button", { name: word("账号", "Account") }).click();
  await page.getByRole("button", { name: word("退出所有设备上的登录", "Sign out everywhere") }).click();
  await page.getByRole("heading", { name: word("登录联物", "Sign in to Lianwu") }).waitFor();
  await looked("sign-in");
  const stillIn = await context.request.get(`${base}/console/session`);
  expect(stillIn.status() === 401, `signed out, and still answered ${stillIn.status()}`);
  await visit("/sign-in?next=//example.com/");
  await page.locator("input[name=user]").fill("nobody");
  await page.locator("input[name=password]").fill("wrong password");
  await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
  await page.getByRole("alert").waitFor();
  await looked("refused");
};
