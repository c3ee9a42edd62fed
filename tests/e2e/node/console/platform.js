// The platform's pages: API explorer with the code it writes, keys, audit log, configuration and limits.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { tries } = require("./look.js");

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
  await box("搜索接口或错误码", "Search operations or error codes").fill("CreateProject");
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
  await page.getByRole("button", { name: `${word("添加一项", "Add one")} Values` }).click();
  await page.getByRole("textbox", { name: /^Values/ }).last().fill("hall");
  const [filter] = JSON.parse(await json.inputValue()).Filters;
  expect(filter.Name === "Tag.room" && filter.Values.join() === "hall", JSON.stringify(filter));
  await page.getByRole("button", { name: word(/删除 Filters/, /Delete Filters/) }).first().click();
  expect((JSON.parse(await json.inputValue()).Filters ?? []).length === 0, await json.inputValue());
  const groups = page.getByRole("combobox", { name: word("分组", "Group") });
  const operations = page.getByRole("main").getByRole("navigation").getByRole("link");
  const inAll = await operations.count();
  await groups.selectOption({ index: 2 });
  await tour.until(async () => (await operations.count()) < inAll, "a group is as large as all of them");
  await groups.selectOption({ index: 0 });
  await page.getByRole("checkbox", { name: word("只看已提供的", "Served only") }).uncheck();
  await page.getByRole("link", { name: word(/尚未实现/, /not implemented/) }).first().click();
  await page.getByText(word("这个接口尚未实现", "This operation is not implemented")).waitFor();

  // One that is declined says why; an object that need not be sent is given, and left out again.
  await visit("/platform/api/iotexplorer-CreateTWeSeeCallback");
  const given = async () => "CallbackCKafka" in JSON.parse(await json.inputValue());
  await button("填写此项", "Give this").click();
  expect(await given(), "the object is not in the request");
  await button("不填此项", "Leave this out").click();
  expect(!(await given()), "the object is still in the request");

  // A key by the button; the explorer's code runs with it as it stands.
  await visit("/platform/keys");
  await page.getByRole("table").waitFor();
  await looked("keys");
  await tries(tour);
  await button("新建密钥", "New key").click();
  await dialog.getByRole("button", { name: word("显示", "Show") }).click();
  const [id] = await dialog.locator("dd [title]").evaluateAll((all) => all.map((each) => each.title));
  const key = (await dialog.locator("dd .secret").innerText()).trim();
  await looked("key");
  await dialog.getByRole("button", { name: word("隐藏", "Hide") }).click();
  await dialog.locator("dd").last().getByRole("button", { name: word("复制", "Copy"), exact: true }).click();
  expect((await page.evaluate(() => navigator.clipboard.readText())) === key, "the secret key was not copied");
  const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: word("下载为 JSON 文件", "Download as a JSON file") }).click()]);
  const kept = JSON.parse(fs.readFileSync(await file.path(), "utf8"));
  expect(kept.SecretId === id && kept.SecretKey === key, "the file holds another key");
  await dialog.getByRole("button", { name: word("关闭", "Close") }).last().click();
  await gone();
  const env = { ...process.env, SECRET_ID: id, SECRET_KEY: key };
  const asked = await programs(tour, key, env);

  // Switched off, it is refused; then it is deleted.
  await visit("/platform/keys");
  await button("刷新", "Refresh").click();
  const row = page.getByRole("row").filter({ has: page.locator(`[title="${id}"]`) });
  await row.getByRole("button", { name: `${word("停用", "Disable")} ${id}` }).click();
  await dialog.getByRole("button", { name: word("停用", "Disable"), exact: true }).click();
  await gone();
  await row.getByText(word("已停用", "Disabled")).waitFor();
  expect(execFileSync("bash", ["-c", asked], { env, encoding: "utf8" }).includes("AuthFailure"), "a key that is off was served");
  await row.getByRole("button", { name: `${word("启用", "Enable")} ${id}` }).click();
  await row.getByText(word("启用", "Active")).first().waitFor();
  await row.getByRole("button", { name: word(`删除密钥 ${id}`, `Delete key ${id}`) }).click();
  await dialog.getByRole("button", { name: word("删除", "Delete"), exact: true }).click();
  await row.waitFor({ state: "detached" });

  await audit(tour);
  await settings(tour);
};

/** Python, Node and curl as the page writes them, run as they are copied: each is answered what the form is. Returns curl's. */
async function programs({ page, visit, word, expect, cloud }, key, env) {
  // Whatever a name may hold.
  const request = { ProductName: `it's "so" \\ 灯 $HOME`, Limit: 5, Offset: 0 };
  await visit("/platform/api/iotexplorer-SearchStudioProduct");
  await page.getByRole("textbox", { name: word("请求 JSON", "Request as JSON") }).fill(JSON.stringify(request));
  const plain = ({ RequestId, ...answer }) => (RequestId ? JSON.stringify(answer) : "not answered");
  const wanted = plain(await cloud("SearchStudioProduct", request));
  const python = path.join(process.env.NODE_PATH, "../../python/bin/python");
  const run = {
    Python: (text) => JSON.parse(execFileSync(python, ["-c", text], { env, encoding: "utf8" })).Response,
    "Node.js": (text) => JSON.parse(execFileSync("node", ["-e", text.replaceAll("tencentcloud-sdk-nodejs-common", "tencentcloud-sdk-nodejs/tencentcloud/common")], { env, encoding: "utf8" })),
    curl: (text) => JSON.parse(execFileSync("bash", ["-c", text], { env, encoding: "utf8" })).Response,
  };
  let copied = "";
  for (const [program, answers] of Object.entries(run)) {
    await page.getByRole("radio", { name: program }).check();
    await page.getByRole("region", { name: `${word("代码", "Code")} ${program}` }).waitFor();
    await page.getByRole("button", { name: `${word("复制", "Copy")} ${word("代码", "Code")} ${program}` }).click();
    copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.includes("SearchStudioProduct") && !copied.includes(key), copied);
    const answer = plain(answers(copied));
    expect(answer === wanted, `${program} was answered ${answer}, not ${wanted}`);
  }
  return copied;
}

/** Who did what; by operation, by caller, changes alone, and back to earlier ones. */
async function audit(tour) {
  const { page, visit, word, looked, expect, cloud, until } = tour;
  const caller = await cloud("DescribeCaller", {}, "2026-11-01");
  // More than are shown at once, of each operation fewer than a second allows.
  for (let calls = 0; calls < 18; calls += 1) {
    const { Project } = await cloud("CreateProject", { ProjectName: "for the audit log", ProjectDesc: "" });
    await cloud("ModifyProject", { ProjectId: Project.ProjectId, ProjectName: "for the audit log", ProjectDesc: "changed" });
    await cloud("DeleteProject", { ProjectId: Project.ProjectId });
  }
  await visit("/platform/audit");
  const rows = page.locator("tbody tr");
  await rows.first().waitFor();
  await looked("audit");
  await tries(tour);
  const first = await rows.count();
  await page.getByRole("button", { name: word("加载更早的记录", "Load earlier ones") }).click();
  await until(async () => (await rows.count()) > first, "no earlier rows came");
  // Calls that only read are not kept, but when one had no right to.
  const asking = page.waitForRequest((request) => request.url().endsWith("/ListAuditLog") && request.postDataJSON().WritesOnly === false);
  await page.getByRole("checkbox", { name: word("只看写操作", "Changes only") }).uncheck();
  await asking;
  await page.waitForURL(/writes=false/);
  const operation = page.getByRole("textbox", { name: word("接口名称", "Operation") });
  const uin = page.getByRole("textbox", { name: word("操作者 Uin", "Uin of who did it") });
  await operation.fill("DeleteSecretKey");
  await operation.press("Enter");
  await page.waitForURL(/operation=DeleteSecretKey/);
  await page.getByRole("cell", { name: "DeleteSecretKey" }).first().waitFor();
  await uin.fill("100000000000");
  await uin.press("Enter");
  await page.getByText(word("没有符合筛选条件的内容", "Nothing fits the filters")).waitFor();
  await uin.fill(caller.Uin);
  await uin.press("Enter");
  await page.getByRole("cell", { name: "DeleteSecretKey" }).first().waitFor();
  await page.getByRole("button", { name: word(`移除筛选 操作者 Uin ${caller.Uin}`, `Remove the filter Uin of who did it ${caller.Uin}`) }).click();
  await page.waitForURL((url) => !url.searchParams.has("uin"));
  await page.getByRole("button", { name: word("移除筛选 接口名称", "Remove the filter Operation") }).click();
  await page.waitForURL((url) => !url.searchParams.has("operation"));
  await operation.fill("DeleteSecretKey");
  await operation.press("Enter");
  await page.waitForURL(/operation=DeleteSecretKey/);
  await page.getByRole("combobox", { name: word("时间范围", "Time range") }).selectOption("hour");
  await page.waitForURL(/span=hour/);
  await page.getByRole("button", { name: word("刷新", "Refresh"), exact: true }).click();
  const shown = page.getByRole("row").filter({ hasText: "DeleteSecretKey" }).first();
  const asked = { MinTime: Date.now() - 3_600_000, MaxTime: Date.now(), Operation: "DeleteSecretKey", Limit: 1 };
  const [entry] = (await cloud("ListAuditLog", asked, "2026-11-01")).Entries;
  await shown.locator(`[title="${entry.RequestId}"]`).waitFor();
  expect(entry.SecretId === "console", JSON.stringify(entry));
  await operation.fill("NoSuchOperation");
  await operation.press("Enter");
  await page.getByRole("button", { name: word("清除筛选", "Clear filters") }).click();
  await rows.first().waitFor();
}

/** Limits and configuration say what the operations say. */
async function settings({ page, visit, word, looked, expect, cloud }) {
  const search = page.getByRole("textbox", { name: word("搜索", "Search") });
  const part = (zh, en) => page.getByRole("main").getByRole("link", { name: word(zh, en) }).click();
  const count = (wanted) => page.waitForFunction((rows) => document.querySelectorAll("tbody tr").length === rows, wanted);
  await visit("/platform/settings/limits");
  await page.getByRole("meter").first().waitFor();
  await looked("limits");
  const most = page.getByRole("checkbox", { name: word("按用量排序", "Most used first") });
  await most.check();
  const shares = () => page.locator("meter").evaluateAll((all) => all.map((each) => each.value));
  expect((await shares()).every((share, at, all) => at === 0 || share <= all[at - 1]), `the most used is not first: ${await shares()}`);
  await most.uncheck();
  await search.fill("SubAccounts");
  const { Limits } = await cloud("DescribeLimits", {}, "2026-11-01");
  await count(Limits.filter((limit) => /SubAccounts/i.test(`${limit.Name} ${limit.Setting}`)).length);
  await part("生效的配置", "Configuration in force");
  const { Settings } = await cloud("DescribeConfiguration", {}, "2026-11-01");
  const set = Settings.find((setting) => setting.Source !== "default");
  await page.getByRole("combobox", { name: word("来源", "Source") }).selectOption(set.Source);
  await page.getByText(set.Key, { exact: true }).waitFor();
  await looked("configuration");
  const marks = /`|\]\(/.exec(await page.locator("tbody").innerText());
  expect(!marks, `descriptions show the marks of their documents: ${marks?.input.slice(marks.index - 40, marks.index + 40)}`);
  await search.fill(set.Key);
  await count(Settings.filter((setting) => setting.Source === set.Source && setting.Key.includes(set.Key)).length);
  await part("限额与用量", "Limits and use");
  await page.getByRole("meter").first().waitFor();
}
