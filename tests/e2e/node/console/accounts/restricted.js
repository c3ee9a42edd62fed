// What sub-accounts see that may see one project, the products of one, or nothing.
"use strict";

const PASSWORD = "sees-what-it-may-see";

exports.walk = async (tour, run) => {
  const { cloud } = tour;
  const lianwu = (action, parameters = {}) => cloud(action, parameters, "2026-11-01");
  const made = { users: [], policies: [], projects: [], products: [], devices: [] };
  const building = async (letter) => {
    const { Project } = await cloud("CreateProject", { ProjectName: `${letter} ${run}`, ProjectDesc: "" });
    made.projects.push(Project.ProjectId);
    const wish = { ProductName: `meter ${letter}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProductDesc: "", ProjectId: Project.ProjectId };
    const { Product } = await cloud("CreateStudioProduct", wish);
    made.products.push(Product.ProductId);
    const device = { ProductId: Product.ProductId, DeviceName: `meter-${letter}` };
    await cloud("CreateDevice", device);
    made.devices.push(device);
    return { project: Project, product: Product, device: device.DeviceName };
  };
  const [own, others] = [await building("own"), await building("others")];
  const { Uin } = await lianwu("DescribeCaller");
  const of = `qcs::iotexplorer:gz:uin/${Uin}:project/${own.project.ProjectId}`;
  const user = async (name, resource) => {
    const { SubAccount } = await lianwu("CreateSubAccount", { Name: `${name}-${run}` });
    made.users.push(SubAccount.Uin);
    await lianwu("SetPassword", { Uin: SubAccount.Uin, NewPassword: PASSWORD });
    if (!resource) return SubAccount;
    const policy = `Sees-${name}-${run}`;
    const action = ["iotexplorer:Describe*", "iotexplorer:Get*", "iotexplorer:Search*", "lianwu:Describe*", "lianwu:List*"];
    await lianwu("SavePolicy", { Name: policy, Document: JSON.stringify({ version: "2.0", statement: [{ effect: "allow", action, resource }] }) });
    made.policies.push(policy);
    await lianwu("AttachPolicies", { Uin: SubAccount.Uin, Policies: [policy] });
    return SubAccount;
  };
  await oneProject(tour, await user("one", [of, `${of}/*`]), own, others);
  await productsOnly(tour, await user("part", [`${of}/*`]), own);
  await nothing(tour, await user("none"), own);

  for (const uin of made.users) await lianwu("DeleteSubAccount", { Uin: uin });
  for (const name of made.policies) await lianwu("DeletePolicy", { Name: name });
  for (const device of made.devices) await cloud("DeleteDevice", device);
  for (const id of made.products) await cloud("DeleteStudioProduct", { ProductId: id });
  for (const id of made.projects) await cloud("DeleteProject", { ProjectId: id });
};

/** Runs `look` with a page of somebody else's, in a browser of its own. */
async function as({ context, base, language, theme, word, expect }, user, look) {
  const other = await context.browser().newContext({ locale: language === "zh" ? "zh-CN" : "en-GB", colorScheme: theme });
  const page = await other.newPage();
  page.setDefaultTimeout(60_000);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`${base}/console/`);
  await page.locator("input[name=user]").fill(user.Uin);
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
  await page.getByRole("button", { name: new RegExp(`${user.Name}.*${word("子账号", "Sub-account")}`) }).waitFor();
  const switcher = page.getByRole("combobox", { name: word("项目", "Project"), exact: true });
  await look(page, switcher, (address) => page.goto(`${base}/console${address}`));
  expect(wrong.length === 0, `${user.Name}: ${wrong.join(" | ")}`);
  await other.close();
}

const choices = (box) => box.locator("option").allInnerTexts();

async function oneProject(tour, user, own, others) {
  const { word, expect } = tour;
  await as(tour, user, async (page, switcher, visit) => {
    // The guide is about its own device; what is the platform's alone is not there, and no refusal is shown.
    await page.getByRole("region", { name: word("3. 接收控制指令", "3. Receive controls") }).getByText(own.device).first().waitFor();
    await page.getByText(word("仅平台管理员可见", "the platform administrator sees them here")).waitFor();
    expect((await page.getByRole("alert").count()) === 0, `the overview says: ${await page.getByRole("main").innerText()}`);
    await switcher.locator("option").nth(1).waitFor({ state: "attached" });
    const offered = [word("全部项目", "All projects"), own.project.ProjectName];
    expect((await choices(switcher)).join() === offered.join(), `projects to choose from: ${await choices(switcher)}`);
    await switcher.selectOption(own.project.ProjectId);
    await page.waitForURL(new RegExp(`project=${own.project.ProjectId}`));
    for (const [address, name] of [["/products", own.product.ProductName], ["/devices", own.device]]) {
      await visit(address);
      await page.getByRole("row").filter({ hasText: name }).waitFor();
      expect((await page.getByRole("row").count()) === 2, `${address} shows ${await page.getByRole("table").innerText()}`);
    }
    // A project of others in the address is none to choose; a product of theirs is refused in words.
    await visit(`/products?project=${others.project.ProjectId}`);
    await page.waitForURL((address) => !address.search.includes(others.project.ProjectId));
    await visit(`/products/${others.product.ProductId}/definition`);
    await page.getByRole("alert").getByText(word("你的账号没有 iotexplorer:DescribeStudioProduct 的权限", "Your account has no right to iotexplorer:DescribeStudioProduct")).waitFor();
  });
}

/** Who may see the products of a project but not the project finds its devices by product. */
async function productsOnly(tour, user, own) {
  const { expect } = tour;
  await as(tour, user, async (page, switcher, visit) => {
    await visit("/devices");
    await page.getByRole("row").filter({ hasText: own.device }).waitFor();
    expect((await choices(switcher)).length === 1, `projects to choose from: ${await choices(switcher)}`);
  });
}

async function nothing(tour, user, own) {
  const { word, expect } = tour;
  await as(tour, user, async (page, switcher, visit) => {
    await page.getByText(word("你的账号还看不到任何产品和设备", "Your account sees no products and devices yet")).waitFor();
    expect((await page.getByRole("alert").count()) === 0, `the overview says: ${await page.getByRole("main").innerText()}`);
    expect((await choices(switcher)).length === 1, `projects to choose from: ${await choices(switcher)}`);
    for (const address of ["/products", "/devices", `/products/${own.product.ProductId}/definition`, `/devices/${own.product.ProductId}/${own.device}/now`, "/platform/keys", "/platform/tools", "/platform/audit", "/platform/settings"]) {
      await visit(address);
      await page.getByRole("alert").first().waitFor();
      const told = await page.getByRole("alert").allInnerTexts();
      expect(told.every((text) => text.includes(word("你的账号没有", "Your account has no right to")) || text.includes(word("平台管理员", "platform administrator"))), `${address}: ${told}`);
    }
    // The search is there, and finds what is no secret.
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill(word("操作审计", "audit log"));
    await page.getByRole("dialog").getByRole("option").first().waitFor();
    await page.keyboard.press("Escape");
    await visit("/platform/accounts");
    await page.getByText(word("只有主账号可以管理子账号", "Only the main account")).waitFor();
  });
}
