// Columns and density of lists: `look` on that of devices, by the keys alone, kept over a reload, for this list only; `tries` on any. `headStays` for every
// table that is longer than the window.
"use strict";

exports.look = async ({ page, visit, word, looked, expect }) => {
  const opener = page.getByRole("button", { name: word("列与密度", "Columns and density") });
  const menu = page.getByRole("dialog", { name: word("列与密度", "Columns and density") });
  const header = page.getByRole("columnheader", { name: word("固件版本", "Firmware"), exact: true });
  const row = page.getByRole("row").nth(1);
  await visit("/devices");
  await header.waitFor();
  const [columns, height] = [await page.getByRole("columnheader").count(), (await row.boundingBox()).height];
  await opener.focus();
  await page.keyboard.press("Enter");
  const boxes = menu.getByRole("group", { name: word("显示的列", "Columns shown") }).getByRole("checkbox");
  await boxes.first().waitFor();
  const optional = await boxes.count();
  for (let nth = 0; nth < optional; nth += 1) await boxes.nth(nth).press("Space");
  await header.waitFor({ state: "detached" });
  await menu.getByRole("checkbox", { name: word("紧凑", "Compact") }).press("Space");
  await page.waitForFunction((before) => document.querySelector("tbody tr").getBoundingClientRect().height < before, height);
  await looked("look");
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
  expect(await opener.evaluate((button) => button === document.activeElement), "the focus is not back at the button");
  await page.reload();
  await row.waitFor();
  expect((await page.getByRole("columnheader").count()) === columns - optional, "columns are back after a reload");
  expect((await row.boundingBox()).height < height, "the rows are high again after a reload");
  await visit("/products");
  await page.getByRole("columnheader").first().waitFor();
  expect((await page.locator(".compact").count()) === 0, "another list changed, too");
  await page.goBack();
  await opener.click();
  await menu.getByRole("button", { name: word("恢复默认", "Back to the default") }).click();
  await header.waitFor();
  await page.keyboard.press("Escape");
};

/** Each column that can be hidden is, and the rows come closer; then all is as it was. */
exports.tries = async ({ page, word, until, expect }) => {
  const menu = page.getByRole("dialog", { name: word("列与密度", "Columns and density") });
  const head = page.locator("thead").first().getByRole("columnheader");
  const before = (await head.allInnerTexts()).join();
  await page.getByRole("button", { name: word("列与密度", "Columns and density") }).click();
  const boxes = menu.getByRole("group", { name: word("显示的列", "Columns shown") }).getByRole("checkbox");
  await boxes.first().waitFor();
  for (const box of await boxes.all()) {
    const shown = await head.count();
    await box.uncheck();
    await until(async () => (await head.count()) === shown - 1, `a column more than ${shown - 1} is shown`);
  }
  await menu.getByRole("checkbox", { name: word("紧凑", "Compact") }).check();
  await page.locator(".compact").first().waitFor();
  await menu.getByRole("button", { name: word("恢复默认", "Back to the default") }).click();
  await page.locator(".compact").first().waitFor({ state: "detached" });
  expect((await head.allInnerTexts()).join() === before, `the columns were ${before}`);
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
};

/** The head of the table stays in view when the rows below it are scrolled. */
exports.headStays = async ({ page, expect }) => {
  const wide = page.viewportSize();
  await page.setViewportSize({ width: wide.width, height: 640 });
  const [scrolled, moved] = await page.getByRole("table").evaluate((table) => {
    const [head, box] = [table.querySelector("th"), table.parentElement];
    const top = head.getBoundingClientRect().top;
    box.scrollTop = box.scrollHeight;
    return [box.scrollTop, head.getBoundingClientRect().top - top];
  });
  expect(scrolled > 100 && moved === 0, `rows scrolled by ${scrolled}, their head moved by ${moved}`);
  await page.setViewportSize(wide);
};
