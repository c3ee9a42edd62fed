import { describe, expect, it } from "vitest";

import { Overlap } from "./overlap";

interface Row {
  at: number;
  text: string;
}

const row = (at: number, text = ""): Row => ({ at, text });
const rows = (...times: number[]) => times.map((at) => row(at));

function after(page: Row[]): Overlap<Row> {
  const overlap = new Overlap<Row>({ timeOf: ({ at }) => at, isSame: (a, b) => a.at === b.at && a.text === b.text });
  overlap.read(page);
  return overlap;
}

describe("rows that come by themselves", () => {
  it("are all new before a page was read", () => {
    expect(after([]).newIn(rows(2, 1))).toEqual(rows(2, 1));
  });

  it("are left out where the page has them, however they are packed", () => {
    expect(after(rows(4, 3, 2, 1)).newIn(rows(6, 5, 4, 3))).toEqual(rows(6, 5));
    const overlap = after(rows(4, 3, 2, 1));
    expect(overlap.newIn(rows(3))).toEqual([]);
    expect(overlap.newIn(rows(4))).toEqual([]);
    expect(overlap.newIn(rows(5))).toEqual(rows(5));
  });

  it("count each for one where they are alike", () => {
    const page = [row(7, "a"), row(7, "a"), row(7, "b"), row(6, "a")];
    expect(after(page).newIn([row(7, "a"), row(7, "a"), row(7, "a"), row(7, "b")])).toEqual([row(7, "a")]);
    expect(after(page).newIn([row(7, "c")])).toEqual([row(7, "c")]);
  });

  it("are new when they are younger than the page, and forget it", () => {
    const overlap = after(rows(4, 3));
    expect(overlap.newIn(rows(5))).toEqual(rows(5));
    expect(overlap.newIn(rows(4))).toEqual(rows(4));
  });
});
