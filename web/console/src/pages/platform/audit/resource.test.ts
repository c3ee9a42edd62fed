import { expect, it } from "vitest";

import { shortResource } from "./resource";

it("leaves what tells one resource of an account from another", () => {
  const own = "qcs::iotexplorer:ap-guangzhou:uin/132302206835:";
  expect(shortResource(`${own}project/prj-5lf2kojx/product/BG7XMT91HW/device/lamp-1`)).toBe("product/BG7XMT91HW/device/lamp-1");
  expect(shortResource(`${own}project/prj-5lf2kojx`)).toBe("project/prj-5lf2kojx");
  expect(shortResource("*")).toBe("*");
  expect(shortResource("")).toBe("");
});
