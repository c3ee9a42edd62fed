import { beforeEach, describe, expect, it, vi } from "vitest";

const call = vi.hoisted(() => vi.fn());
vi.mock("../../../api/call", () => ({ call }));

import type { Define, Property } from "../model";
import { readHistory } from "./read";
import { linesOf, rowsOf } from "./rows";
import { seriesOf, seriesOfSteps } from "./series";
import { readSummary, stepFor } from "./summary";

const MINUTE = 60_000;
const asked = { product: "P", name: "lamp", field: "level", min: 0, max: 10 * MINUTE };
const signal = new AbortController().signal;
const number: Define = { type: "int" } as Define;
const step = (Time: number, Count: number, Lowest: number, Highest: number, Average: number, Last: number) => ({ Time, Count, Lowest, Highest, Average, Last });

describe("a property in steps of time", () => {
  beforeEach(() => call.mockReset());

  it("has steps that people count in, and no more of them than a chart has room for", () => {
    const days = (count: number) => count * 24 * 60 * MINUTE;
    expect([10 * MINUTE, 60 * MINUTE, days(1), days(3), days(30), days(4000)].map(stepFor)).toEqual([1000, 5000, 2 * MINUTE, 5 * MINUTE, 60 * MINUTE, days(5)]);
  });

  it("is read to its end, and a step on two pages is one", async () => {
    call
      .mockResolvedValueOnce({ Steps: [step(0, 2, 1, 3, 2, 3), step(1000, 1, 4, 4, 4, 4)], Listover: false, Context: "more" })
      .mockResolvedValueOnce({ Steps: [step(1000, 3, 2, 8, 6, 5)], Listover: true, Context: "" });
    const { steps, count, isCut } = await readSummary(asked, 1000, signal);
    expect([count, isCut]).toEqual([6, false]);
    expect(steps[1]).toEqual({ at: 1000, count: 4, lowest: 2, highest: 8, average: 5.5, last: 5 });
    expect(call.mock.calls[1]?.[1]).toMatchObject({ Context: "more", Step: 1000 });
  });

  it("is read no further than some millions of values, and says so", async () => {
    let at = 0;
    call.mockImplementation(() => Promise.resolve({ Steps: [step((at += 1000), 50_000, 0, 1, 0, 0)], Listover: false, Context: "more" }));
    const found = await readHistory({ ...asked, define: number, most: 3000 }, signal);
    expect([call.mock.calls.length, found.count, found.cutAt]).toEqual([40, 2_000_000, 40_000]);
  });

  it("is read value by value where they are few", async () => {
    call.mockImplementation((operation: string) =>
      Promise.resolve(
        operation === "DescribeDeviceDataSummary"
          ? { Steps: [step(0, 2, 1, 3, 2, 3)], Listover: true, Context: "" }
          : { Results: [{ Time: "10", Value: "1" }, { Time: "20", Value: "3" }], Listover: true, Context: "" },
      ),
    );
    const found = await readHistory({ ...asked, define: number, most: 3000 }, signal);
    expect(found).toEqual({ samples: [{ at: 10, value: 1 }, { at: 20, value: 3 }], count: 2 });
  });

  it("draws the highest, the lowest and the average, with gaps", () => {
    const steps = [0, 1, 2, 9].map((at) => ({ at: at * MINUTE, count: 2, lowest: at, highest: at + 2, average: at + 1, last: at }));
    const { times, lines } = seriesOfSteps({ steps, step: MINUTE, count: 8, isCut: false }, false);
    expect(times).toEqual([30, 90, 150, 150.001, 570]);
    expect(lines).toEqual([
      [2, 3, 4, null, 11],
      [0, 1, 2, null, 9],
      [1, 2, 3, null, 10],
    ]);
    expect(seriesOfSteps({ steps, step: MINUTE, count: 8, isCut: false }, true).times[0]).toBe(0);
    expect(seriesOf([{ at: 0, value: true }, { at: 1000, value: "x" }]).lines).toEqual([[1, null]]);
  });

  it("is a table and a file of what is shown", () => {
    const level = { id: "level", name: "Level", define: number } as Property;
    const head = { time: "Time", id: "Id", property: "Property", raw: "Raw", value: "Value", lowest: "Lowest", highest: "Highest", count: "Points" };
    const text = (_: Define, value: unknown) => `<${String(value)}>`;
    const steps = [{ at: 0, count: 3, lowest: 1, highest: 6, average: 2.5, last: 1 }];
    const reduced = rowsOf([{ property: level, found: { samples: [], summary: { steps, step: 1000, count: 3, isCut: false }, count: 3 } }]);
    expect(linesOf(reduced, head, text).map((line) => line.slice(1))).toEqual([
      ["Unix ms", "Id", "Property", "Raw", "Value", "Lowest", "Highest", "Points"],
      [0, "level", "Level", "2.5", "<2.5>", 1, 6, 3],
    ]);
    const plain = rowsOf([{ property: level, found: { samples: [{ at: 5, value: 1 }, { at: 9, value: 2 }], count: 2 } }]);
    expect(linesOf(plain, head, text).map((line) => line.slice(1))).toEqual([
      ["Unix ms", "Id", "Property", "Raw", "Value"],
      [9, "level", "Level", "2", "<2>"],
      [5, "level", "Level", "1", "<1>"],
    ]);
  });
});
