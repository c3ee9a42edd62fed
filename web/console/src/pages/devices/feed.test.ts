import { effectScope, nextTick, ref } from "vue";
import { afterEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../../api/error";
import { type Feed, MOST, useFeed } from "./feed";

interface Row {
  at: number;
  text?: string;
}

/** A list over a log that the test writes. */
function scene() {
  const log: Row[] = [];
  const isHeld = ref(false);
  const gates: (() => void)[] = [];
  let isSlow = false;
  let refusals = 0;
  const scope = effectScope();
  const feed = scope.run(() =>
    useFeed<Row, string>({
      async read(_, context) {
        if (refusals-- > 0) throw new ApiError("RequestLimitExceeded", "too many", "1");
        const rows = context ? log.slice(50) : log.slice(0, 50);
        if (isSlow) await new Promise<void>((resolve) => gates.push(resolve));
        return { rows, context: "more", isOver: Boolean(context) || log.length <= 50 };
      },
      filter: () => "all",
      on: () => null,
      timeOf: ({ at }) => at,
      isSame: (a, b) => a.at === b.at,
      isChanged: (a, b) => a.text !== b.text,
      isHeld: () => isHeld.value,
    }),
  ) as Feed<Row>;
  const times = () => feed.lines.value.map(({ at }) => at);
  return {
    feed,
    isHeld,
    times,
    /** Written, and told at once unless `isTold` is false. */
    write(at: number, isTold = true) {
      log.unshift({ at });
      if (isTold) feed.push([{ at }]);
    },
    /** What is written says something else from now on. */
    change(at: number, text: string) {
      log.splice(log.findIndex((row) => row.at === at), 1, { at, text });
    },
    /** So many pages that are asked for next are not admitted. */
    refuse(count: number) {
      refusals = count;
    },
    slow() {
      isSlow = true;
    },
    async answer() {
      isSlow = false;
      gates.splice(0).forEach((open) => open());
      for (let turn = 0; turn < 5; turn += 1) await nextTick();
    },
  };
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await nextTick();
};

describe("a list of rows", () => {
  afterEach(() => void vi.useRealTimers());

  it("waits where the platform admits no more calls for the moment", async () => {
    vi.useFakeTimers();
    const { feed, times, write, refuse } = scene();
    await settled();
    write(1, false);
    refuse(3);
    const read = feed.refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([times(), feed.error.value]).toEqual([[], undefined]);
    await vi.advanceTimersByTimeAsync(1_000);
    await read;
    expect([times(), feed.error.value]).toEqual([[1], undefined]);
  });

  it("shows what comes by itself, each row once", async () => {
    const { feed, times, write } = scene();
    await settled();
    write(1);
    write(2, false);
    await feed.refresh();
    feed.push([{ at: 2 }]);
    write(3);
    expect(times()).toEqual([3, 2, 1]);
  });

  it("shows nothing of a page that was still read when it was stopped", async () => {
    const { feed, times, write, slow, answer } = scene();
    await settled();
    write(1);
    slow();
    write(2, false);
    const reading = feed.refresh();
    feed.stop();
    await answer();
    await reading;
    expect([times(), feed.isLoading.value, feed.error.value]).toEqual([[1], false, undefined]);
    await feed.refresh();
    expect(times()).toEqual([2, 1]);
  });

  it("reads the newest page after older ones that were asked for meanwhile", async () => {
    const { feed, times, write, slow, answer } = scene();
    for (let at = 1; at <= 60; at += 1) write(at, false);
    await feed.restart();
    slow();
    void feed.refresh();
    await settled();
    const older = feed.more();
    write(61, false);
    expect(feed.isMore.value).toBe(true);
    await answer();
    await older;
    await settled();
    expect([times().length, times()[0], times().at(-1), feed.isMore.value]).toEqual([61, 61, 1, false]);
  });

  it("keeps the order of what comes while a page is read", async () => {
    const { feed, times, write, slow, answer } = scene();
    await settled();
    write(1);
    slow();
    write(2, false);
    const reading = feed.refresh();
    feed.push([{ at: 2 }]);
    write(3);
    expect(times()).toEqual([1]);
    await answer();
    await reading;
    expect(times()).toEqual([3, 2, 1]);
  });

  it("lets new rows wait while it is held", async () => {
    const { feed, times, isHeld, write } = scene();
    await settled();
    write(1);
    isHeld.value = true;
    write(2);
    write(3);
    expect([times(), feed.waiting.value]).toEqual([[1], 2]);
    feed.show();
    expect([times(), feed.waiting.value]).toEqual([[3, 2, 1], 0]);
  });

  it("fills the gap that a lost connection left", async () => {
    const { feed, times, write } = scene();
    await settled();
    write(1);
    for (let at = 2; at <= 9; at += 1) write(at, false);
    await feed.refresh();
    write(10);
    expect(times()).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it("shows nothing older after it was cleared, even while a page was read", async () => {
    const { feed, times, write, slow, answer } = scene();
    await settled();
    write(1);
    feed.clear();
    write(2);
    expect(times()).toEqual([2]);
    slow();
    write(3, false);
    const reading = feed.restart();
    feed.clear();
    await answer();
    await reading;
    expect(times()).toEqual([]);
    write(4);
    expect(times()).toEqual([4]);
    await feed.refresh();
    expect(times()).toEqual([4]);
  });

  it("brings the older rows that were asked for, whatever else is read meanwhile", async () => {
    const { feed, write, times, slow, answer } = scene();
    for (let at = 1; at <= 60; at += 1) write(at, false);
    await feed.restart();
    expect(times()).toHaveLength(50);
    slow();
    const older = feed.more();
    const newest = feed.refresh();
    await answer();
    await Promise.all([older, newest]);
    expect([times().length, times().at(-1), feed.isOver.value]).toEqual([60, 1, true]);
  });

  it("shows a changed row in its place, and not under the pointer", async () => {
    const { feed, times, isHeld, write, change } = scene();
    await settled();
    for (const at of [1, 2]) write(at, false);
    await feed.refresh();
    const keys = () => feed.lines.value.map(({ key }) => key);
    const before = keys();
    const texts = () => feed.lines.value.map(({ text }) => text);
    change(1, "answered");
    await feed.refresh();
    expect([times(), texts(), keys()]).toEqual([[2, 1], [undefined, "answered"], before]);
    isHeld.value = true;
    change(2, "answered");
    write(3, false);
    await feed.refresh();
    expect([times(), texts()]).toEqual([[2, 1], [undefined, "answered"]]);
    isHeld.value = false;
    feed.show();
    expect([times(), texts()]).toEqual([[3, 2, 1], [undefined, "answered", "answered"]]);
  });

  it("counts what was left out, until it is read again", async () => {
    const { feed, write } = scene();
    await settled();
    feed.push([{ at: 5 }], 3);
    feed.push([], 0, true);
    expect([feed.missed.value, feed.hasGap.value]).toEqual([3, true]);
    write(6, false);
    await feed.restart();
    expect([feed.missed.value, feed.hasGap.value]).toEqual([0, false]);
  });

  it("keeps a bounded number of rows in an hour of four batches a second", async () => {
    const { feed, isHeld } = scene();
    await settled();
    let at = 0;
    const hour = 3600 * 4;
    for (let batch = 0; batch < hour; batch += 1) {
      isHeld.value = batch % 100 > 50;
      feed.push([{ at: ++at }, { at: ++at }].toReversed());
    }
    expect(feed.lines.value.length).toBeLessThanOrEqual(MOST);
    expect(feed.waiting.value).toBeLessThanOrEqual(MOST);
    isHeld.value = true;
    for (let batch = 0; batch < MOST; batch += 1) feed.push([{ at: ++at }, { at: ++at }].toReversed());
    expect(feed.waiting.value).toBe(MOST);
    feed.show();
    expect(feed.lines.value.length).toBe(MOST);
    expect(feed.lines.value[0]?.at).toBe(at);
  });
});
