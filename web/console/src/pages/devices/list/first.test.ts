import { expect, it } from "vitest";

import type { ProductEntry } from "../../../api/generated";
import type { Choices } from "../products";
import { firstChoice } from "./first";

const product = (ProductId: string, ProjectId: string, DeviceCount: number) => ({ ProductId, ProjectId, DeviceCount }) as ProductEntry;
const choices = (isHidden: boolean): Choices => ({
  projects: [
    { ProjectId: "prj-empty", ProjectName: "empty" },
    { ProjectId: "prj-full", ProjectName: "full", isHidden },
  ],
  products: [product("A", "prj-empty", 0), product("B", "prj-full", 0), product("C", "prj-full", 2)],
});

it("begins with a project that has devices", () => {
  expect(firstChoice(choices(false))).toBe("-1/prj-full");
  expect(firstChoice(choices(true))).toBe("C");
});

it("says nothing where there are none", () => {
  expect(firstChoice(undefined)).toBeUndefined();
  expect(firstChoice({ projects: [{ ProjectId: "prj-empty", ProjectName: "empty" }], products: [product("A", "prj-empty", 0)] })).toBeUndefined();
});
