import { beforeEach, describe, expect, it } from "vitest";

import type { LimitItem } from "../../../api/generated";
import { language } from "../../../text/language";
import { amount, closeness, share, use } from "./limits";

const limit = (Used: number, Value: number, more: Partial<LimitItem> = {}): LimitItem => ({
  Name: "Some", Setting: "", Description: "", Scope: "product", Unit: "devices", Unlimited: false, Counted: true, Used, Value, ...more,
});

describe("limits", () => {
  beforeEach(() => (language.value = "en"));

  it("are of one thing or of several", () => {
    const one = ["keys", "policies", "entries", "calls/s", "sign-ins/5 s", "sign-ins/min", "main accounts", "ms", "s", "milliseconds"].map((unit) => amount(1, unit));
    expect(one).toEqual(["1 key", "1 policy", "1 entry", "1 call/s", "1 sign-in/5 s", "1 sign-in/min", "1 main account", "1 ms", "1 s", "1 millisecond"]);
    expect([amount(0, "keys"), amount(2, "keys"), amount(1000, "calls/s")]).toEqual(["0 keys", "2 keys", "1,000 calls/s"]);
  });

  it("say what is used in the words of the language", () => {
    expect(use(limit(50, 50))).toBe("50 of 50 devices");
    expect(use(limit(0, 1))).toBe("0 of 1 device");
    expect(use(limit(1024, 4096, { Unit: "bytes" }))).toBe("1 KiB of 4 KiB");
    language.value = "zh";
    expect(use(limit(50, 50))).toBe("50 / 50 台设备");
    expect(amount(1, "keys")).toBe("1 个密钥");
  });

  it("are far, near or reached", () => {
    expect([7, 8, 9, 10, 11].map((used) => closeness(limit(used, 10)))).toEqual(["far", "near", "near", "at", "at"]);
    expect([limit(9, 0), limit(9, 9, { Unlimited: true }), limit(9, 9, { Counted: false })].map(share)).toEqual([-1, -1, -1]);
  });
});
