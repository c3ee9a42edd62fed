import { expect, test } from "vitest";

import { parseShadow, patch } from "./document";

test("a change holds what differs, and null for what is gone", () => {
  const before = { color: 1, gone: true, inner: { a: 1, b: 2 }, list: [1] };
  const after = { color: 2, inner: { a: 1 }, list: [1], fresh: "x" };
  expect(patch(before, after)).toEqual({ color: 2, gone: null, inner: { b: null }, fresh: "x" });
  expect(patch(after, after)).toEqual({});
});

test("values stand side by side with their times", () => {
  const text = JSON.stringify({
    state: { reported: { on: 1, at: { x: 1 } }, desired: { on: 0 }, delta: { on: 0 } },
    metadata: { reported: { on: { timestamp: 5 }, at: { x: { timestamp: 6 } } }, desired: { on: { timestamp: 7 } } },
    timestamp: 7,
    version: 3,
  });
  expect(parseShadow(text)).toMatchObject({
    version: 3,
    at: 7,
    rows: [
      { path: "at.x", reported: { text: "1", at: 6 }, desired: undefined, isOpen: false },
      { path: "on", reported: { text: "1", at: 5 }, desired: { text: "0", at: 7 }, isOpen: true },
    ],
  });
  expect(parseShadow('{"state":{},"metadata":{},"version":0}').rows).toEqual([]);
});
