// Sub-accounts, groups, policies and the check of rights: each made, changed, used and deleted.
"use strict";

const restricted = require("./accounts/restricted.js");

exports.walk = async (tour) => {
  const run = `${tour.language}-${Date.now() % 1_000_000}`;
  const { page, word, cloud } = tour;
  const dialog = page.getByRole("dialog");
  const of = {
    run,
    policy: `Read${run}`,
    user: `user-${run}`,
    group: `group-${run}`,
    dialog,
    lianwu: (action, parameters = {}) => cloud(action, parameters, "2026-11-01"),
    button: (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true }),
    tab: (zh, en) => page.getByRole("navigation", { name: word("账号的各个部分", "Parts of the accounts") }).getByRole("link", { name: word(zh, en) }).click(),
    gone: () => dialog.waitFor({ state: "detached" }),
    row: (name) => page.getByRole("row").filter({ hasText: name }),
  };
  await policies(tour, of);
  const sub = await users(tour, of);
  await groups(tour, of, sub);
  await rights(tour, of, sub);
  await removed(tour, of);
  await restricted.walk(tour, run);
};

async function policies({ page, visit, word, looked, expect }, { policy, dialog, lianwu, button, gone, row }) {
  await visit("/platform/accounts/policies");
  const [preset] = (await lianwu("ListPolicies")).Policies.filter(({ Preset }) => Preset);
  await page.getByRole("button", { name: `${word("查看", "View")} ${preset.Name}` }).click();
  expect((await dialog.getByRole("textbox").last().inputValue()).includes('"version"'), "a preset shows no document");
  await dialog.getByRole("button", { name: word("关闭", "Close") }).last().click();
  await gone();
  await button("新建策略", "New policy").click();
  await dialog.getByRole("textbox", { name: word("名称", "Name") }).fill(policy);
  await dialog.getByRole("textbox", { name: word("备注", "Remark") }).fill("<i>may read</i>");
  const json = dialog.getByRole("textbox", { name: word("策略内容（JSON）", "The policy as JSON") });
  const example = await json.inputValue();
  await json.fill("{");
  await dialog.getByRole("alert").filter({ hasText: word("不是合法的 JSON", "This is not JSON") }).waitFor();
  await json.fill(example);
  await looked("policy");
  await button("保存", "Save").click();
  await gone();
  await row(policy).getByText("<i>may read</i>").waitFor();

  // Changed: the new document is in force, the name stays.
  await page.getByRole("button", { name: `${word("编辑", "Edit")} ${policy}` }).click();
  await json.fill(example.replace("iotexplorer:Get*", "iotexplorer:GetDevice*"));
  await dialog.getByRole("textbox", { name: word("备注", "Remark") }).fill("reads");
  await button("保存", "Save").click();
  await gone();
  await row(policy).getByText("reads", { exact: true }).waitFor();
  const saved = (await lianwu("ListPolicies")).Policies.find(({ Name }) => Name === policy);
  expect(saved.Document.includes("iotexplorer:GetDevice*") && saved.Remark === "reads", JSON.stringify(saved));
}

async function users({ page, visit, word, looked, expect, base }, { policy, user, dialog, lianwu, button, gone, row, tab }) {
  await tab("子账号", "Sub-accounts");
  await button("新建子账号", "New sub-account").click();
  await button("保存", "Save").click();
  await page.getByText(word("请填写名称", "Enter a name")).waitFor();
  // What no name can be is said while it is typed; what only the platform knows, at the same place.
  const name = dialog.getByRole("textbox", { name: word("名称", "Name") });
  const wrong = dialog.locator(".field", { has: page.getByRole("textbox", { name: word("名称", "Name") }) }).getByRole("alert");
  await name.fill("x".repeat(82));
  await wrong.filter({ hasText: word("最多 64 个字符", "At most 64 characters") }).waitFor();
  await looked("user-name");
  await lianwu("CreateSubAccount", { Name: `taken-${user}` });
  await name.fill(`taken-${user}`);
  await button("保存", "Save").click();
  await wrong.filter({ hasText: word("名称已被使用", "It is taken") }).waitFor();
  await name.fill(user);
  await wrong.waitFor({ state: "detached" });
  const pick = dialog.getByRole("checkbox", { name: new RegExp(policy) });
  await pick.check();
  await looked("user");
  await button("保存", "Save").click();
  await gone();
  await page.getByText(word(`子账号 ${user} 已创建`, `Sub-account ${user} is made`)).waitFor();
  const taken = (await lianwu("ListSubAccounts", { Offset: 0, Limit: 100 })).SubAccounts.find(({ Name }) => Name === `taken-${user}`);
  await lianwu("DeleteSubAccount", { Uin: taken.Uin });
  await visit("/platform/accounts/users");
  await row(user).getByText(policy).waitFor();
  const found = async () => (await lianwu("ListSubAccounts", { Offset: 0, Limit: 100 })).SubAccounts.find(({ Name }) => Name === user);
  expect((await found()).Policies.join() === policy, JSON.stringify(await found()));
  for (const is of [false, true]) {
    await row(user).getByRole("button", { name: word("关联策略", "Policies") }).click();
    await pick.setChecked(is);
    await button("保存", "Save").click();
    await gone();
    expect((await found()).Policies.includes(policy) === is, `the policies are ${(await found()).Policies}`);
  }
  await row(user).getByRole("button", { name: word("设置密码", "Set password") }).click();
  await dialog.locator("input[type=password]").fill("short");
  await button("保存", "Save").click();
  await dialog.getByRole("alert").waitFor();
  await dialog.locator("input[type=password]").fill("a-password-for-walking");
  await button("保存", "Save").click();
  await gone();
  const body = JSON.stringify({ User: (await found()).Uin, Password: "a-password-for-walking" });
  const signIn = async () => (await fetch(`${base}/console/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body })).status;
  expect((await signIn()) === 200, "the sub-account does not sign in");

  // Switched off it is refused, switched on it is let in again.
  const enabled = row(user).getByRole("switch");
  await enabled.click();
  await looked("disable-user");
  await dialog.getByRole("button", { name: word("停用", "Disable"), exact: true }).click();
  await gone();
  await page.waitForFunction(() => !document.querySelector("main [role=switch]").checked);
  expect((await found()).Enabled === false && (await signIn()) === 403, "a disabled sub-account signs in");
  await enabled.click();
  await page.waitForFunction(() => document.querySelector("main [role=switch]").checked);
  expect((await found()).Enabled === true && (await signIn()) === 200, "an enabled sub-account does not sign in");
  await row(user).getByRole("link", { name: word("密钥", "Keys") }).click();
  await page.waitForURL(new RegExp(`/platform/keys\\?.*uin=${(await found()).Uin}`));
  await page.getByText(word("还没有密钥", "There are no keys")).waitFor();
  await page.getByRole("combobox", { name: word("账号", "Account") }).selectOption({ index: 0 });
  await page.getByRole("table").waitFor();
  await visit("/platform/accounts/users");
  await row(user).waitFor();
  await looked("users");
  return found();
}

async function groups({ page, word, looked, expect }, { group, policy, user, dialog, lianwu, button, gone, row, tab }, sub) {
  await tab("用户组", "Groups");
  await button("新建用户组", "New group").click();
  await dialog.getByRole("textbox", { name: word("名称", "Name") }).fill(group);
  await dialog.getByRole("textbox", { name: word("备注", "Remark") }).fill("night shift");
  await dialog.getByRole("checkbox", { name: new RegExp(policy) }).check();
  await dialog.getByRole("checkbox", { name: new RegExp(user) }).check();
  await button("保存", "Save").click();
  await gone();
  await row(group).getByText(user).waitFor();
  await looked("groups");
  const found = async () => (await lianwu("ListGroups")).Groups.find(({ Name }) => Name === group);
  const made = await found();
  expect(made.Remark === "night shift" && made.Policies.join() === policy && made.Uins.join() === sub.Uin, JSON.stringify(made));
  await page.getByRole("button", { name: word(`编辑用户组 ${group}`, `Edit group ${group}`) }).click();
  await dialog.getByRole("checkbox", { name: new RegExp(policy) }).uncheck();
  await dialog.getByRole("checkbox", { name: new RegExp(user) }).uncheck();
  await button("保存", "Save").click();
  await gone();
  const changed = await found();
  expect(changed.Policies.length === 0 && changed.Uins.length === 0, JSON.stringify(changed));
}

async function rights({ page, word, looked, expect, cloud }, { button, tab }, sub) {
  await tab("权限检查", "Check rights");
  const field = (zh, en) => page.getByRole("textbox", { name: word(zh, en) });
  const operation = field("接口名称", "Operation");
  await page.getByRole("combobox", { name: word("账号", "Account") }).selectOption(sub.Uin);
  await operation.fill("DescribeDevice");
  await button("检查", "Check").click();
  await page.getByText(word("允许", "Allowed"), { exact: true }).waitFor();
  const { Projects } = await cloud("GetProjectList", { Offset: 0, Limit: 1 });
  const { Products } = await cloud("GetStudioProductList", { ProjectId: Projects[0].ProjectId, DevStatus: "all", Offset: 0, Limit: 1 });
  const product = Products[0].ProductId;
  await operation.fill("DeleteDevice");
  await field("产品 ID（可选）", "Product ID (may be empty)").fill(product);
  await field("设备名称（可选）", "Device name (may be empty)").fill("lamp-1");
  await button("检查", "Check").click();
  await page.getByText(word("拒绝", "Denied"), { exact: true }).waitFor();
  await page.getByText(new RegExp(`${product}.*lamp-1`)).first().waitFor();
  const { Allowed } = await cloud("DescribeAccess", { Uin: sub.Uin, Operation: "DeleteDevice", ProductId: product, DeviceName: "lamp-1" }, "2026-11-01");
  expect(Allowed === false, "the operation says otherwise");
  await looked("check");
}

async function removed({ page, word, looked, expect }, { group, user, policy, dialog, lianwu, row, tab, gone }) {
  const remove = dialog.getByRole("button", { name: word("删除", "Delete"), exact: true });
  await tab("用户组", "Groups");
  await row(group).getByRole("button", { name: word(`删除用户组 ${group}`, `Delete group ${group}`) }).click();
  await remove.click();
  await row(group).waitFor({ state: "detached" });
  await tab("子账号", "Sub-accounts");
  await row(user).getByRole("button", { name: word(`删除子账号 ${user}`, `Delete sub-account ${user}`) }).click();
  expect(await remove.isDisabled(), "a sub-account can be deleted without its name");
  await dialog.locator("input").fill(user);
  await looked("delete");
  await remove.click();
  await row(user).waitFor({ state: "detached" });
  await tab(/^策略/, /^Policies/);
  await page.getByRole("button", { name: word(`删除策略 ${policy}`, `Delete policy ${policy}`) }).click();
  await remove.click();
  await gone();
  const [groups, users, policies] = [await lianwu("ListGroups"), await lianwu("ListSubAccounts", { Offset: 0, Limit: 100 }), await lianwu("ListPolicies")];
  const left = [...groups.Groups, ...users.SubAccounts, ...policies.Policies].filter(({ Name }) => [group, user, policy].includes(Name));
  expect(left.length === 0, `still there: ${JSON.stringify(left)}`);
}
