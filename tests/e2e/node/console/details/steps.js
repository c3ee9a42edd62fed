// From every tab of a product to the step that is due, and back to all products.
"use strict";

exports.walk = async ({ page, visit, word }, { id }) => {
  const steps = page.getByRole("region", { name: word("产品开发步骤", "Steps of development") });
  for (const tab of ["development", "debugging", "production", "settings", "topics", "script"]) {
    await visit(`/products/${id}/${tab}`);
    await steps.getByRole("link", { name: word("前往这一步", "Go to this step") }).click();
    await page.waitForURL((url) => url.pathname.endsWith(`/products/${id}/definition`));
  }
  await page.getByRole("navigation", { name: word("产品的各个部分", "Parts of the product") }).getByRole("link", { name: word("设备调试", "Debugging") }).click();
  await page.waitForURL((url) => url.pathname.endsWith("/debugging"));
  await page.getByRole("button", { name: word("查看设备", "Show devices"), exact: true }).click();
  await page.waitForURL((url) => url.pathname.endsWith("/devices") && url.search.includes(id));
  await page.goBack();
  await page.getByRole("navigation", { name: word("所在位置", "Way here") }).getByRole("link", { name: word("产品", "Products"), exact: true }).click();
  await page.waitForURL((url) => url.pathname.endsWith("/products"));
};
