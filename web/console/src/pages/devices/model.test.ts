import { describe, expect, it } from "vitest";

import { moment } from "../../text/format";
import { valueText } from "./model";

describe("a value in words", () => {
  it("is a date for a moment, whether in milliseconds or in seconds", () => {
    const of = (value: number) => valueText({ type: "timestamp" }, value);
    expect(of(1_795_488_528)).toBe(moment(1_795_488_528_000, false));
    expect(of(1_795_488_528_000)).toBe(moment(1_795_488_528_000, false));
    expect(of(1_795_488_528_123)).toBe(moment(1_795_488_528_123));
    expect([of(0), of(-5), of(1e16)]).toEqual(["0", "-5", "10000000000000000"]);
  });
});
