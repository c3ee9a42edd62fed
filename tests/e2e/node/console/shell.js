// What is around every page: the search and the choice of a project.
"use strict";

const { demo } = require("./lamp.js");

exports.walk = async (tour) => {
  const { page, visit, word, looked, expect, until, cloud, language } = tour;
  const { product, project } = await demo(cloud);
  const other = `second-${language}`;
  const made = (await cloud("CreateProject", { ProjectName: other, ProjectDesc: "" })).Project.ProjectId;
  await missing(tour, product);
  await search(tour, product);
  try {
    await projects(tour, { project, made, other });
  } finally {
    await cloud("DeleteProject", { ProjectId: made });
  }
  // A project that is gone is no longer chosen.
  await visit("/");
  await until(async () => !page.url().includes("project="), `the project is gone and still in ${page.url()}`);
  expect((await page.getByRole("combobox", { name: word("项目", "Project"), exact: true }).inputValue()) === "", "a project that is gone is chosen");
  await visit("/");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: word("打开导航", "Open navigation") }).click();
  await page.getByRole("combobox", { name: word("项目", "Project"), exact: true }).waitFor();
  await looked("navigation");
};

/** Pages and tabs that cannot be read, as when the server is stopped or was updated, say so; tried again, they are there. */
async function missing({ page, visit, word, expect }, product) {
  const told = page.getByText(word("这一页没有加载成功", "This page could not be loaded"));
  const gone = (what) => page.route(what, (route) => route.abort("connectionrefused"));
  await visit(`/devices/${product}/lamp-1/now`);
  const tab = page.getByRole("link", { name: word("设备影子", "Shadow"), exact: true });
  await tab.waitFor();
  await gone("**/assets/**");
  await tab.click();
  await page.getByRole("alert").filter({ has: told }).waitFor();
  await page.unroute("**/assets/**");
  await page.getByRole("button", { name: word("重试", "Try again"), exact: true }).click();
  await page.getByRole("heading", { name: word("设备影子", "Device shadow"), level: 2 }).waitFor();

  // No server at all: it is said, and the page in view stays.
  const link = page.getByRole("link", { name: word("产品", "Products"), exact: true });
  await gone("**/assets/**");
  await gone("**/console/session");
  await link.click();
  await told.waitFor();
  expect(page.url().endsWith("/shadow"), `it went to ${page.url()}`);
  // Updated meanwhile: the page is read anew.
  await page.unroute("**/console/session");
  await link.click();
  await page.waitForURL(/\/products$/);
  await page.unroute("**/assets/**");
  await page.reload();
  await page.getByRole("heading", { name: word("产品", "Products"), level: 1 }).waitFor();

  // The first page of a visit, with nothing in view yet: a part of the console that is not there, and a server that does not say who is signed in.
  const again = page.getByRole("alert").getByRole("button", { name: word("重试", "Try again") });
  const devices = page.getByRole("heading", { name: word("设备", "Devices"), level: 1 });
  await gone("**/assets/DeviceList-*");
  await visit("/devices?state=online");
  await told.waitFor();
  await page.unroute("**/assets/DeviceList-*");
  await again.click();
  await devices.waitFor();
  await page.route("**/console/session", (route) => route.abort("connectionrefused"));
  await visit("/devices?state=online");
  await page.getByRole("alert").getByText(word("连接不到服务器", "The server cannot be reached")).waitFor();
  await page.unroute("**/console/session");
  await again.click();
  await devices.waitFor();
  expect(page.url().endsWith("/devices?state=online"), `it went to ${page.url()}`);
}

async function search({ page, visit, word, looked, expect, language, cloud }, product) {
  const dialog = page.getByRole("dialog", { name: word("搜索控制台", "Search the console") });
  const field = dialog.getByRole("combobox");
  const option = (name) => dialog.getByRole("option").filter({ hasText: name });
  const chosen = dialog.locator("[aria-selected=true]");
  const at = (part) => page.waitForURL((url) => url.pathname.includes(part));

  // By the keys: nothing chosen before, then a device by a part of its name, the second by the arrow.
  await visit("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await field.waitFor();
  expect(await field.evaluate((input) => input === document.activeElement), "the field has no focus");
  await dialog.getByText(word("输入名称或 ID 的一部分", "Type a part of a name")).waitFor();
  await field.fill("amp-");
  await option("lamp-2").waitFor();
  expect((await field.getAttribute("aria-expanded")) === "true", "the list is not said to be there");
  await looked("search");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const name = await chosen.locator(".title").innerText();
  expect((await field.getAttribute("aria-activedescendant")) === (await chosen.getAttribute("id")), "the chosen one is not told");
  await page.keyboard.press("Enter");
  await at(`/devices/${product}/${name}`);
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("heading", { name, level: 1 }).waitFor();

  // A device by its whole address, a product by its id, each the first of what is found; what was chosen last is offered.
  await page.keyboard.press("/");
  await option(name).waitFor();
  await field.fill(`${product}/lamp-3`);
  await option("lamp-3").waitFor();
  expect((await chosen.innerText()).includes("lamp-3"), await chosen.innerText());
  await field.fill(product);
  await chosen.filter({ hasText: word("产品", "Product") }).waitFor();
  await page.keyboard.press("Enter");
  await at(`/products/${product}`);

  // Of the product in view its tabs; a page; an operation of the API with what it does not do yet.
  await page.getByRole("button", { name: word("搜索", "Search"), exact: true }).click();
  await field.fill("topic");
  await option(word("Topic 列表", "Topics")).filter({ hasText: product }).click();
  await at("/topics");
  await page.keyboard.press("Control+k");
  await field.fill("DescribeDeviceData");
  await chosen.filter({ hasText: word("接口", "Operation") }).waitFor();
  await page.keyboard.press("Enter");
  await at("/platform/api/iotexplorer-DescribeDeviceData");

  // A code that a program was answered with leads to the operations that answer it.
  await page.keyboard.press("Control+k");
  await field.fill("StudioProductNotExist");
  await option("ResourceNotFound.StudioProductNotExist").click();
  await page.waitForURL(/\/platform\/api\?search=ResourceNotFound.StudioProductNotExist/);
  const operations = page.getByRole("navigation", { name: word("接口列表", "Operations") });
  await operations.getByRole("link", { name: "ModifyModelDefinition", exact: true }).click();
  await page.getByRole("listitem").filter({ hasText: "ResourceNotFound.StudioProductNotExist" }).waitFor();

  // What went wrong, in a user's words, leads to its cause and cure.
  await page.keyboard.press("Control+k");
  await field.fill(word("签名不匹配", "signature"));
  await option("faq-56").first().click();
  await page.waitForURL(/\/platform\/problems\?search=faq-56/);
  const known = page.getByRole("article").filter({ hasText: "faq-56" }).first();
  await known.getByText(word("处理办法", "What to do")).waitFor();
  await looked("problem");
  await page.getByRole("textbox", { name: word("搜索问题", "Search problems") }).fill(word("离线", "offline"));
  await page.waitForURL((url) => url.searchParams.get("search") === word("离线", "offline"));
  await page.getByRole("article").filter({ hasText: word("离线", "offline") }).first().waitFor();
  await page.getByRole("radio", { name: word("后端", "Backends"), exact: true }).check();
  await page.waitForURL(/kind=backend/);
  const { KnownProblems } = await cloud("ListKnownProblems", {}, "2026-11-01");
  await page.getByRole("textbox", { name: word("搜索问题", "Search problems") }).fill("");
  const backends = KnownProblems.filter(({ Of }) => Of === "backend").length;
  await page.getByRole("status").filter({ hasText: word(`${backends} 个问题`, `${backends} problems`) }).waitFor();
  await looked("problems");
  await page.getByRole("textbox", { name: word("搜索问题", "Search problems") }).fill("no such thing");
  await page.getByText(word("没有符合条件的问题", "No problem fits")).waitFor();

  // Nothing found, in words; what is typed stays text.
  await page.keyboard.press("Control+k");
  await field.fill("<b>no such thing</b>");
  await dialog.getByText(word("没有找到“<b>no such thing</b>”", "Nothing found for “<b>no such thing</b>”")).first().waitFor();
  await looked("search-nothing");
  const label = await page.evaluate(() => document.activeElement.getAttribute("role"));
  expect(label === "combobox", `the focus left the search for ${label}`);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  // In a field a slash is a slash.
  await visit("/devices");
  const filter = page.getByLabel(word("设备名称（支持部分匹配）", "Device name or a part of it"));
  await filter.press("/");
  expect((await filter.inputValue()) === "/" && (await dialog.count()) === 0, `a slash typed in ${language} opened the search`);
}

async function projects({ page, visit, word, looked, expect }, { project, made, other }) {
  const chooser = page.getByRole("combobox", { name: word("项目", "Project"), exact: true });
  const lamp = page.getByRole("link", { name: "lamp", exact: true });
  await visit("/products");
  await lamp.waitFor();
  await chooser.selectOption(made);
  await lamp.waitFor({ state: "detached" });
  expect(page.url().includes(`project=${made}`), `the project is not in the address ${page.url()}`);
  await page.getByText(word("产品是一类设备的共同定义", "A product is what a kind of device")).waitFor();
  await looked("project-empty");

  // It holds from page to page and after a reload.
  await page.getByRole("link", { name: word("概览", "Overview"), exact: true }).click();
  await page.waitForURL(new RegExp(`/console/\\?project=${made}`));
  const online = page.getByRole("article").filter({ hasText: word("在线设备", "Devices online") });
  await online.getByText("0", { exact: true }).waitFor();
  await looked("project-overview");
  await page.getByRole("link", { name: word("新建产品", "Make a product") }).click();
  await page.waitForURL(new RegExp(`/products\\?.*project=${made}`));
  await page.goBack();
  await page.getByRole("link", { name: word("设备", "Devices"), exact: true }).click();
  await page.waitForURL(new RegExp(`/devices\\?.*project=${made}`));
  expect((await page.getByRole("link", { name: "lamp-1" }).count()) === 0, "a device of another project is shown");
  await page.getByRole("link", { name: word("去创建产品", "Make a product") }).click();
  await page.waitForURL(new RegExp(`/products\\?.*project=${made}`));
  await page.goBack();
  await page.reload();
  await page.waitForFunction((id) => document.querySelector("header select")?.value === id, made);

  // The front door remembers it; an address without one shows all, whatever was chosen before.
  await visit("/");
  await page.waitForURL(new RegExp(`project=${made}`));
  await visit("/products");
  await lamp.waitFor();
  expect((await chooser.inputValue()) === "", "an address without a project shows one");
  await visit(`/products?project=${project}`);
  await lamp.waitFor();
  expect((await chooser.inputValue()) === project, "the project of the address is not shown");
  await chooser.selectOption("");
  await page.waitForURL((url) => !url.search.includes("project"));
  await lamp.waitFor();

  // What is found is of the project chosen.
  await chooser.selectOption({ label: other });
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox").fill("lamp-1");
  await dialog.getByText(word("没有找到", "Nothing found")).first().waitFor();
  await page.keyboard.press("Escape");
}
