import { expect, it } from "vitest";

import { cureOf, wayTo } from "./cures";

it("leads to the model, the secret or the topics, by what is wrong", () => {
  expect(cureOf("faq-24")).toBe("model");
  expect(cureOf("faq-22-event")).toBe("model");
  expect(cureOf("faq-56")).toBe("credentials");
  expect(cureOf("faq-58-subscribe")).toBe("topics");
  expect(cureOf("faq-47")).toBeUndefined();
  expect(cureOf("faq-241")).toBeUndefined();
});

it("names the pages of this device and its product", () => {
  expect(wayTo("credentials", "P", "d")).toEqual({ name: "device", params: { product: "P", name: "d", tab: "info" } });
  expect(wayTo("model", "P", "d")).toEqual({ name: "product", params: { id: "P", tab: "definition" } });
});
