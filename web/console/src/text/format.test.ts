import { describe, expect, it } from "vitest";

import { age, clock, duration, number, short, size } from "./format";
import { language } from "./language";

describe("what people read", () => {
  it("has sizes with binary units", () => {
    language.value = "en";
    expect([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(size)).toEqual(["0 B", "1,023 B", "1 KiB", "1.5 KiB", "5 GiB"]);
  });

  it("has whole numbers of a unit", () => {
    language.value = "en";
    expect([1000, 15_000, 300_000, 3_600_000, 86_400_000].map(duration)).toEqual(["1 second", "15 seconds", "5 minutes", "1 hour", "1 day"]);
    language.value = "zh";
    expect(duration(300_000)).toBe("5 分钟");
    language.value = "en";
  });

  it("leaves today out of a time of day", () => {
    const at = new Date(2026, 10, 23, 9, 12, 5);
    expect(clock(at.getTime(), new Date(2026, 10, 23, 20).getTime())).toBe("09:12");
    expect(clock(at.getTime(), new Date(2026, 10, 24, 1).getTime())).toBe("11-23 09:12");
  });

  it("shortens ids in the middle, and only long ones", () => {
    expect(short("QW12ER34TY")).toBe("QW12ER34TY");
    expect(short("abcdefghijklmnopqrstuvwxyz", 11)).toBe("abcde…vwxyz");
  });

  it("tells ages in the viewer's language", () => {
    language.value = "en";
    expect(age(0, 119_000)).toBe("1 minute ago");
    expect(age(1000, 1400)).toBe("now");
    language.value = "zh";
    expect(age(0, 3_000)).toBe("3秒钟前");
    expect(number(1234567.5, 1)).toBe("1,234,567.5");
  });
});
