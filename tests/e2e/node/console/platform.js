// The platform's pages: API explorer with the code it writes, keys, accounts and policies, audit log, configuration and limits.
"use strict";

const { execFileSync } = require("node:child_process");

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, cloud, language } = tour;
  const run = `${language}-${Date.now() % 1_000_000}`;
  const lianwu = (action, parameters) => cloud(action, parameters, "2026-11-01");
  const button = (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true });
  const dialog = page.getByRole("dialog");
  const box = (zh, en) => page.getByRole("textbox", { name: word(zh, en) }).first();
  const gone = () => dialog.waitFor({ state: "detached" });

  // The explorer: found by a search, filled in by form, sent, and refused where a field is missing.
  await visit("/platform/api");
  await box("搜索接口", "Search operations").fill("CreateProject");
  await page.getByRole("link", { name: "CreateProject" }).click();
  await page.getByRole("heading", { name: "CreateProject" }).waitFor();
  await looked("explorer");
  await button("发送请求", "Send").click();
  const answer = page.getByRole("region", { name: word("返回", "Answer"), exact: true });
  await answer.getByText("Error").waitFor();
  await page.getByRole("textbox", { name: "ProjectName" }).fill(`api-${run}`);
  const json = page.getByRole("textbox", { name: word("请求 JSON", "Request as JSON") });
  expect(JSON.parse(await json.inputValue()).ProjectName === `api-${run}`, await json.inputValue());
  await json.fill(JSON.stringify({ ProjectName: `api-${run}`, ProjectDesc: "written as JSON" }));
  await page.waitForFunction((text) => document.querySelector("main").textContent.includes(text), "ProjectDesc");
  expect((await page.getByRole("textbox", { name: "ProjectDesc" }).inputValue()) === "written as JSON", "the form did not follow");
  await button("发送请求", "Send").click();
  await answer.getByText(`api-${run}`).waitFor();
  await looked("explorer-answer");
  const mine = (await cloud("GetProjectList", { Offset: 0, Limit: 100 })).Projects.find((project) => project.ProjectName === `api-${run}`);
  expect(mine?.ProjectDesc === "written as JSON", JSON.stringify(mine));
  await cloud("DeleteProject", { ProjectId: mine.ProjectId });

  // Nested fields; and an operation that is to come is marked.
  await visit("/platform/api/iotexplorer-SearchStudioProduct");
  await page.getByRole("button", { name: `${word("添加一项", "Add one")} Filters` }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Tag.room");
  expect(JSON.parse(await json.inputValue()).Filters[0].Name === "Tag.room", await json.inputValue());
  await page.getByRole("checkbox", { name: word("只看已提供的", "Served only") }).uncheck();
  await page.getByRole("link", { name: word(/尚未实现/, /to come/) }).first().click();
  await page.getByText(word("这个接口尚未实现", "This operation is still to come")).waitFor();

  // A key by the button; the explorer's code runs with it as it stands.
  await visit("/platform/keys");
  await page.getByRole("table").waitFor();
  await looked("keys");
  await button("新建密钥", "New key").click();
  await dialog.getByRole("button", { name: word("显示", "Show") }).click();
  const [id] = await dialog.locator("dd [title]").evaluateAll((all) => all.map((each) => each.title));
  const key = (await dialog.locator("dd .secret").innerText()).trim();
  await looked("key");
  await dialog.getByRole("button", { name: word("关闭", "Close") }).last().click();
  await gone();
  await visit("/platform/api/lianwu-DescribeCaller");
  const asked = {};
  for (const program of ["Python", "Node.js", "curl"]) {
    await page.getByRole("radio", { name: program }).check();
    asked[program] = await page.getByRole("region", { name: `${word("代码", "Code")} ${program}` }).innerText();
    expect(asked[program].includes("DescribeCaller") && !asked[program].includes(key), asked[program]);
  }
  const env = { ...process.env, SECRET_ID: id, SECRET_KEY: key };
  const told = execFileSync("bash", ["-c", asked.curl], { env, encoding: "utf8" });
  expect(told.includes('"MainAccount":true'), told);
  const node = asked["Node.js"].replaceAll("tencentcloud-sdk-nodejs-common", "tencentcloud-sdk-nodejs/tencentcloud/common");
  const said = execFileSync("node", ["-e", node], { env, encoding: "utf8" });
  expect(said.includes('"MainAccount": true'), said);

  // Switched off, it is refused; then it is deleted.
  await visit("/platform/keys");
  const row = page.getByRole("row").filter({ has: page.locator(`[title="${id}"]`) });
  await row.getByRole("button", { name: word("停用", "Disable"), exact: true }).click();
  await dialog.getByRole("button", { name: word("停用", "Disable"), exact: true }).click();
  await gone();
  await row.getByText(word("已停用", "Disabled")).waitFor();
  expect(execFileSync("bash", ["-c", asked.curl], { env, encoding: "utf8" }).includes("AuthFailure"), "a key that is off was served");
  await row.getByRole("button", { name: word("启用", "Enable"), exact: true }).click();
  await row.getByText(word("启用", "Active")).first().waitFor();
  await row.getByRole("button", { name: word(`删除密钥 ${id}`, `Delete key ${id}`) }).click();
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await row.waitFor({ state: "detached" });

  // A policy, a group and a sub-account; what it may do then is what the check says.
  await visit("/platform/accounts/policies");
  await button("新建策略", "New policy").click();
  await dialog.getByRole("textbox", { name: word("名称", "Name") }).fill(`Read${run}`);
  await looked("policy");
  await button("保存", "Save").click();
  await gone();
  await page.getByRole("row", { name: new RegExp(`Read${run}`) }).waitFor();
  await page.getByRole("link", { name: word("子账号", "Sub-accounts") }).click();
  await button("新建子账号", "New sub-account").click();
  await button("保存", "Save").click();
  await page.getByText(word("请填写名称", "Enter a name")).waitFor();
  await dialog.getByRole("textbox", { name: word("名称", "Name") }).fill(`user-${run}`);
  await looked("user");
  await button("保存", "Save").click();
  await gone();
  const user = page.getByRole("row", { name: new RegExp(`user-${run}`) });
  await user.getByRole("button", { name: word("关联策略", "Policies") }).click();
  await dialog.getByRole("checkbox", { name: new RegExp(`Read${run}`) }).check();
  await button("保存", "Save").click();
  await gone();
  const { SubAccounts } = await lianwu("ListSubAccounts", { Offset: 0, Limit: 100 });
  const sub = SubAccounts.find((each) => each.Name === `user-${run}`);
  expect(sub.Policies.includes(`Read${run}`), JSON.stringify(sub));
  await user.getByRole("button", { name: word("设置密码", "Set password") }).click();
  await dialog.locator("input[type=password]").fill("a-password-for-walking");
  await button("保存", "Save").click();
  await gone();
  await page.getByRole("link", { name: word("用户组", "Groups") }).click();
  await button("新建用户组", "New group").click();
  await dialog.getByRole("textbox", { name: word("名称", "Name") }).fill(`group-${run}`);
  await dialog.getByRole("checkbox", { name: new RegExp(`user-${run}`) }).check();
  await button("保存", "Save").click();
  await gone();
  const group = page.getByRole("row", { name: new RegExp(`group-${run}`) });
  await group.getByText(`user-${run}`).waitFor();
  await looked("groups");
  await page.getByRole("link", { name: word("权限检查", "Check rights") }).click();
  await page.getByRole("combobox", { name: word("账号", "Account") }).selectOption(sub.Uin);
  await button("检查", "Check").click();
  await page.getByText(word("允许", "Allowed"), { exact: true }).waitFor();
  await box("接口名称", "Operation").fill("DeleteDevice");
  await button("检查", "Check").click();
  await page.getByText(word("拒绝", "Denied"), { exact: true }).waitFor();
  await looked("check");
  await page.getByRole("link", { name: word("用户组", "Groups") }).click();
  await group.getByRole("button", { name: word(`删除用户组 group-${run}`, `Delete group group-${run}`) }).click();
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await group.waitFor({ state: "detached" });
  await page.getByRole("link", { name: word("子账号", "Sub-accounts") }).click();
  await user.getByRole("button", { name: word(`删除子账号 user-${run}`, `Delete sub-account user-${run}`) }).click();
  await dialog.locator("input").fill(`user-${run}`);
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await user.waitFor({ state: "detached" });
  await page.getByRole("link", { name: word(/^策略/, /^Policies/) }).click();
  await page.getByRole("button", { name: word(`删除策略 Read${run}`, `Delete policy Read${run}`) }).click();
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await gone();
  const { Policies } = await lianwu("ListPolicies", {});
  expect(!Policies.some((policy) => policy.Name === `Read${run}`), "the policy is still there");

  // All of this is in the audit log.
  await visit("/platform/audit");
  await box("接口名称", "Operation").fill("DeletePolicy");
  await page.getByRole("cell", { name: "DeletePolicy" }).first().waitFor();
  await page.waitForURL(/operation=DeletePolicy/);
  await looked("audit");

  // Limits and configuration say what the operations say.
  await visit("/platform/settings/limits");
  await page.getByRole("meter").first().waitFor();
  await looked("limits");
  await box("搜索", "Search").fill("SubAccounts");
  const { Limits } = await lianwu("DescribeLimits", {});
  const wanted = Limits.filter((limit) => /SubAccounts/i.test(`${limit.Name} ${limit.Setting}`)).length;
  await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, wanted);
  await page.getByRole("link", { name: word("生效的配置", "Configuration in force") }).click();
  const { Settings } = await lianwu("DescribeConfiguration", {});
  const set = Settings.find((setting) => setting.Source !== "default");
  await page.getByRole("combobox", { name: word("来源", "Source") }).selectOption(set.Source);
  await page.getByText(set.Key, { exact: true }).waitFor();
  await looked("configuration");
};
