import { describe, expect, it } from "vitest";

import { nameFault } from "./names";

describe("names of sub-accounts", () => {
  it("are letters of any script, digits and a few signs", () => {
    expect(["", "值班员", "night.shift-2", "a@b_c+d=e,f", "x".repeat(64), "值".repeat(64)].map(nameFault)).toEqual(Array(6).fill(undefined));
    expect(["two words", "a/b", "<i>"].map(nameFault)).toEqual(["characters", "characters", "characters"]);
  });

  it("have 64 characters at most, and not only digits", () => {
    expect(nameFault("x".repeat(65))).toBe("long");
    expect(nameFault("值".repeat(65))).toBe("long");
    expect(nameFault("100000000001")).toBe("digits");
  });
});
