// What properties were at each moment of a window.
import { describe, expect, it } from "vitest";

import type { Message } from "./messages";
import { activity, changeAt, type StartValues, stepAt, tracksOf } from "./tracks";

function message(at: number, content: unknown, more: Partial<Message> = {}): Message {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const plain = { kind: "PropertyReport", direction: "up", topic: "", code: 0, reason: "", isText: true };
  return { position: String(at), at, sampled: at, content: text, ...plain, ...more };
}

const report = (at: number, params: unknown, more: Partial<Message> = {}) => message(at, { method: "report", params }, more);

/** Values of a property after each number of messages. */
function history(messages: Message[], id: string, start: StartValues = new Map()): unknown[] {
  const tracks = tracksOf(messages, start);
  return Array.from({ length: messages.length + 1 }, (_, step) => changeAt(tracks, id, step)?.value);
}

describe("values at a moment", () => {
  it("begin with those of the start and follow each accepted report", () => {
    const start: StartValues = new Map([["level", { at: 1, value: 5 }]]);
    const messages = [report(10, { on: 1 }), report(20, { level: 7, on: 0 }), report(30, { level: "x" }, { code: 406, kind: "PropertyOther" })];
    expect(history(messages, "level", start)).toEqual([5, 5, 7, 7]);
    expect(history(messages, "on", start)).toEqual([undefined, 1, 0, 0]);
  });

  it("are not taken back by a sample that came late", () => {
    const messages = [report(100, { level: 3 }), report(110, { level: 1 }, { sampled: 50 }), report(120, { level: 4 })];
    expect(history(messages, "level")).toEqual([undefined, 3, 3, 4]);
    const start: StartValues = new Map([["level", { at: 60, value: 9 }]]);
    expect(history([report(110, { level: 1 }, { sampled: 50 })], "level", start)).toEqual([9, 9]);
  });

  it("follow the items of a packed report by their own times, seconds or milliseconds", () => {
    const second = 1_732_300_000;
    const items = [
      { timestamp: second + 5, properties: { level: 2 } },
      { timestamp: second * 1000, properties: { level: 1 } },
      { properties: { on: 1 } },
      { events: [] },
    ];
    const packed = message(second * 1000 + 9000, { method: "pack_report", params: items }, { kind: "PropertyOther" });
    const tracks = tracksOf([packed], new Map());
    expect(changeAt(tracks, "level", 1)).toEqual({ step: 1, at: (second + 5) * 1000, value: 2 });
    expect(changeAt(tracks, "on", 1)?.at).toBe(packed.at);
  });

  it("say nothing of controls, events, other messages and what cannot be read", () => {
    const messages = [
      message(1, { method: "control", params: { level: 1 } }, { kind: "PropertyControl", direction: "down" }),
      message(2, { method: "event_post", params: { level: 1 } }, { kind: "EventPost" }),
      message(3, { method: "get_status", params: { level: 1 } }, { kind: "PropertyOther" }),
      message(4, "{"),
      message(5, "AAAA", { isText: false }),
      message(6, { method: "report", params: [1] }),
    ];
    expect(tracksOf(messages, new Map()).size).toBe(0);
  });
});

describe("moments", () => {
  const messages = [report(10, {}), report(20, {}), report(20, {}), report(30, {}, { code: 406 })];

  it("have seen what was committed until then", () => {
    expect([9, 10, 19, 20, 29, 30, 99].map((at) => stepAt(messages, at))).toEqual([0, 1, 1, 3, 3, 4, 4]);
    expect(stepAt([], 5)).toBe(0);
  });

  it("are counted in equal parts, the ends of the window within it", () => {
    const parts = activity(messages, 10, 30, 4);
    expect(parts.map(({ good }) => good)).toEqual([1, 0, 2, 0]);
    expect(parts.map(({ bad }) => bad)).toEqual([0, 0, 0, 1]);
    expect(activity([report(5, {})], 5, 5, 2)).toEqual([{ good: 1, bad: 0 }, { good: 0, bad: 0 }]);
  });
});
