import { expect, test } from "vitest";

import type { Define, Field } from "../model";
import { FAULTS, fitted, moved, rangeOf, spoilt, STRANGE } from "./draw";

const int: Define = { type: "int", min: "0", max: "100", start: "0", step: "5", unit: "%" };
const float: Define = { type: "float", min: "-40", max: "125", start: "0", step: "0.1", unit: "°C" };
const defines: Record<string, Define> = {
  text: { type: "string", min: "0", max: "4" },
  int,
  float,
  bool: { type: "bool", mapping: { 0: "off", 1: "on" } },
  enum: { type: "enum", mapping: { 0: "low", 7: "high" } },
  word: { type: "stringenum", mapping: { lo: "low" } },
  at: { type: "timestamp" },
  place: { type: "struct", specs: [{ id: "x", name: "x", dataType: int }] },
  list: { type: "array", arrayInfo: int },
};
const fields: Field[] = Object.entries(defines).map(([id, define]) => ({ id, name: id, define }));

test("a range has steps, and values keep to them", () => {
  expect(rangeOf(int)).toEqual({ min: 0, max: 100, step: 5 });
  expect(rangeOf({ type: "int", min: "1", max: "9" })).toEqual({ min: 1, max: 9, step: 1 });
  for (const none of [defines["text"], { type: "int" }, { type: "float", min: "3", max: "3" }] as Define[]) expect(rangeOf(none)).toBeUndefined();
  const range = { min: 0, max: 12, step: 5 };
  expect([-3, 2, 3, 11, 12, 400].map((value) => fitted(value, range))).toEqual([0, 0, 5, 10, 10, 10]);
  expect(fitted(0.30000000000000004, { min: 0, max: 1, step: 0.1 })).toBe(0.3);
});

test("numbers wander a little and stay inside, times are now, the rest stays", () => {
  for (const chance of [0, 0.25, 0.5, 0.999]) {
    for (const [define, values] of [
      [int, [0, 50, 100]],
      [float, [-40, 21.5, 125]],
    ] as const) {
      for (const value of values) {
        const after = moved(define, value, () => chance, 9) as number;
        expect(after).toBeGreaterThanOrEqual(Number(define.min));
        expect(after).toBeLessThanOrEqual(Number(define.max));
        expect(Math.abs(after - value)).toBeLessThanOrEqual((Number(define.max) - Number(define.min)) * 0.05 + Number(define.step));
      }
    }
  }
  expect(moved(int, 50, () => 1, 9)).toBe(55);
  expect(moved({ type: "timestamp" }, 1, () => 1, 9)).toBe(9);
  expect(moved(defines["place"] as Define, { x: 50 }, () => 1, 9)).toEqual({ x: 55 });
  expect(moved(defines["bool"] as Define, 1, () => 1, 9)).toBe(1);
  expect(moved(defines["text"] as Define, "a", () => 1, 9)).toBe("a");
});

test("a fault spoils one value, the first that it can", () => {
  const values = { text: "a", int: 5, float: 1, bool: 1, enum: 0, word: "lo", at: 1, place: { x: 1 }, list: [] };
  expect(spoilt("type", fields, values)).toEqual({ ...values, text: 1 });
  expect(spoilt("range", fields, values)).toEqual({ ...values, text: "xxxxx" });
  expect(spoilt("unknown", fields, values)).toEqual({ ...values, [STRANGE]: 1 });
  for (const none of ["none", "silent"] as const) expect(spoilt(none, fields, values)).toEqual(values);
  expect(FAULTS).toContain("silent");
});

test.each([
  ["int", "wrong", 101],
  ["float", "wrong", 126],
  ["bool", "wrong", 3],
  ["enum", "wrong", 8],
  ["word", 1, STRANGE],
  ["at", "wrong", undefined],
  ["place", 1, undefined],
  ["list", 1, undefined],
])("a wrong %s", (id, type, range) => {
  expect(spoilt("type", fields, { [id]: 0 })).toEqual({ [id]: type });
  expect(spoilt("range", fields, { [id]: 0 })).toEqual({ [id]: range ?? 0 });
});
