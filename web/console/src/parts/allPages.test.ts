import { beforeEach, describe, expect, it, vi } from "vitest";

const notices = vi.hoisted(() => vi.fn());
vi.mock("./notice", () => ({ notice: notices }));

import { allPages } from "./allPages";

/** A list of so many rows, and how often it was asked for. */
function list(count: number) {
  const rows = Array.from({ length: count }, (_, at) => at);
  const offsets: number[] = [];
  const read = (offset: number, limit: number) => {
    offsets.push(offset);
    return Promise.resolve({ rows: rows.slice(offset, offset + limit), total: count });
  };
  return { read, offsets };
}

describe("a list that is read whole", () => {
  beforeEach(() => notices.mockReset());

  it("is read page by page to its end", async () => {
    const { read, offsets } = list(250);
    expect([(await allPages(read)).length, offsets]).toEqual([250, [0, 100, 200]]);
    expect(notices).not.toHaveBeenCalled();
  });

  it("is read up to a bound, and says so", async () => {
    const { read, offsets } = list(5000);
    expect([(await allPages(read)).length, offsets.length]).toEqual([1000, 10]);
    expect(notices).toHaveBeenCalledWith(expect.stringMatching(/1,000.*5,000|5,000.*1,000/), "warning");
  });

  it("ends where rows were taken away meanwhile", async () => {
    const { read } = list(40);
    const shorter = async (offset: number, limit: number) => ({ ...(await read(offset, limit)), total: 90 });
    expect((await allPages(shorter)).length).toBe(40);
    expect(notices).not.toHaveBeenCalled();
  });
});
