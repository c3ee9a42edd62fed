import { describe, expect, it } from "vitest";

import { best, rank } from "./rank";

describe("searching", () => {
  it("prefers the exact id to a beginning, a beginning to a word, a word to a part", () => {
    expect(rank("lamp", "lamp")).toBe(0);
    expect(rank("LAMP", "lamp-1")).toBe(1);
    expect(rank("lamp", "hall-lamp")).toBe(2);
    expect(rank("data", "DescribeDeviceData")).toBe(2);
    expect(rank("device data", "DescribeDeviceData")).toBe(4);
    expect(rank("amp", "lamp")).toBe(3);
    expect(rank("plum", "lamp")).toBeUndefined();
    expect(rank("  ", "lamp")).toBeUndefined();
  });

  it("finds Chinese words and takes the better of several texts", () => {
    expect(rank("诊断", "云端诊断日志", "Diagnosis")).toBe(3);
    expect(rank("diag", "云端诊断日志", "Diagnosis")).toBe(1);
  });

  it("takes what is typed as text, not as a pattern", () => {
    expect(rank("a.*", "abc")).toBeUndefined();
    expect(rank("(", "a (b)")).toBe(3);
  });

  it("keeps the order of equals and the bound", () => {
    const found = [3, 1, 2, 1].map((rank, at) => ({ rank, at }));
    expect(best(found, 3).map((hit) => hit.at)).toEqual([1, 3, 2]);
  });
});
