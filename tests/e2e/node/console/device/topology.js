// A gateway takes two sub-devices, and one goes again.
"use strict";

exports.walk = async ({ page, visit, word, looked, expect, cloud, language }, { project, product, name }) => {
  const make = async (ProductName, ProductType, NetType) => {
    const fresh = { ProductName, CategoryId: 1, ProductType, EncryptionType: "2", NetType, DataProtocol: 1, ProjectId: project, ProductDesc: "" };
    const { Product } = await cloud("CreateStudioProduct", fresh);
    return Product.ProductId;
  };
  const hub = await make(`hub-${language}`, 5, "wifi");
  const leaf = await make(`leaf-${language}`, 0, "sub_zigbee");
  const gateway = { GatewayProductId: hub, GatewayDeviceName: "hub1" };
  await cloud("CreateDevice", { ProductId: hub, DeviceName: "hub1" });
  for (const leafName of ["leaf1", "leaf2", "leaf3"]) await cloud("CreateDevice", { ProductId: leaf, DeviceName: leafName });
  const bound = async () => {
    const { Devices } = await cloud("DescribeGatewayBindDevices", { ...gateway, ProductId: leaf, Offset: 0, Limit: 10 });
    return Devices.map((device) => device.DeviceName).sort().join();
  };
  const dialog = page.getByRole("dialog");

  await visit(`/devices/${hub}/hub1`);
  await page.getByRole("navigation", { name: word("设备页面", "Parts of the device page") }).getByRole("link", { name: word("子设备", "Topology"), exact: true }).click();
  await page.getByText(word("这个网关还没有子设备", "This gateway has no sub-devices yet")).waitFor();
  await looked("topology-empty");
  await page.getByRole("button", { name: word("添加子设备", "Add sub-devices") }).click();
  await dialog.getByLabel(word("子设备产品", "Product of the sub-devices")).selectOption(leaf);
  await dialog.getByText("leaf1").click();
  await dialog.getByText("leaf2").click();
  await looked("topology-add");
  await dialog.getByRole("button", { name: word("添加 2 台", "Add 2") }).click();
  await page.getByRole("cell", { name: "leaf2" }).first().waitFor();
  expect((await bound()) === "leaf1,leaf2", `bound are ${await bound()}`);
  await looked("topology");
  await page.getByRole("button", { name: word("解绑 leaf1", "Unbind leaf1") }).click();
  await looked("topology-unbind");
  await dialog.getByRole("button", { name: word("解绑", "Unbind"), exact: true }).click();
  await page.getByRole("link", { name: "leaf1" }).waitFor({ state: "detached" });
  expect((await bound()) === "leaf2", `bound are ${await bound()}`);

  // From the sub-device to its gateway; no such tab for others.
  await page.getByRole("link", { name: "leaf2" }).click();
  await page.getByRole("link", { name: word("查看日志", "See the log") }).click();
  await page.waitForURL(/leaf2\/logs/);
  await page.getByRole("link", { name: word("设备信息", "Info"), exact: true }).click();
  await page.getByRole("link", { name: "hub1" }).waitFor();
  await visit(`/devices/${product}/${name}/topology`);
  await page.getByText(word("这台设备不是网关", "This device is no gateway")).waitFor();
};
