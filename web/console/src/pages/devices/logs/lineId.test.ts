import { expect, it } from "vitest";

import { findLine, lineId, linkTo } from "./lineId";

const row = { Time: 1_700_000_000_123, Kind: "content", Direction: "up", Topic: "$thing/up/property/A/b", Content: '{"a":1}' };

it("tells lines of the same moment apart, and finds the one meant", () => {
  const others = [
    { ...row, Content: '{"a":2}' },
    { ...row, Kind: "thing_model" },
    { ...row, Direction: "down" },
  ];
  expect(new Set([row, ...others].map(lineId)).size).toBe(4);
  expect(findLine([...others, row], lineId(row))).toBe(row);
  expect(findLine(others, lineId(row))).toBeUndefined();
  expect(findLine([row], "")).toBeUndefined();
});

it("leads to a time that ends just after the line", () => {
  const { from, to, line, span } = linkTo(row, "all");
  expect([span, line]).toEqual(["custom", lineId(row)]);
  expect(Number(from)).toBeLessThan(row.Time);
  expect(Number(to) - row.Time).toBe(500);
});
