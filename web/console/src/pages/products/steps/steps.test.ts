import { describe, expect, it } from "vitest";

import { functionsOf, stepsOf } from "./steps";

const nothing = { functions: 0, devices: 0, hasReported: false, state: "dev" };
const states = (facts: Parameters<typeof stepsOf>[0]) => stepsOf(facts).map((step) => step.is);

describe("the steps of a product", () => {
  it("begins with the thing model and goes on with what is missing", () => {
    expect(states(nothing)).toEqual(["next", "later", "later", "later"]);
    expect(states({ ...nothing, functions: 3 })).toEqual(["done", "next", "later", "later"]);
    expect(states({ ...nothing, functions: 3, devices: 1 })).toEqual(["done", "done", "next", "later"]);
    expect(states({ ...nothing, functions: 3, devices: 1, hasReported: true })).toEqual(["done", "done", "done", "next"]);
    expect(states({ functions: 3, devices: 1, hasReported: true, state: "released" })).toEqual(["done", "done", "done", "done"]);
  });

  it("takes a step that was left out for the next one", () => {
    expect(states({ functions: 0, devices: 1, hasReported: false, state: "released" })).toEqual(["next", "done", "later", "done"]);
  });

  it("counts functions of all kinds", () => {
    expect(functionsOf('{"version":"1.0","properties":[{"id":"a","name":"a","define":{"type":"bool"}}],"events":[],"actions":[]}')).toBe(1);
    expect(functionsOf("")).toBe(0);
    expect(functionsOf("no JSON")).toBe(0);
  });
});
