import { effectScope, nextTick, ref } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "./error";
import { useQuery, useReload } from "./query";

/** Answers that come when the test says so. */
function scene() {
  const asked: { signal: AbortSignal; answer(text: string): void }[] = [];
  const read = (signal: AbortSignal) => new Promise<string>((answer) => asked.push({ signal, answer }));
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await nextTick();
  };
  return { asked, read, settle, scope: effectScope() };
}

describe("what a page reads", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is the answer to the last question, whichever comes last", async () => {
    const { asked, read, settle, scope } = scene();
    const on = ref(1);
    const query = scope.run(() => useQuery(read, [on]))!;
    on.value = 2;
    await settle();
    asked[1]?.answer("second");
    await settle();
    asked[0]?.answer("first");
    await settle();
    expect([query.data.value, asked[0]?.signal.aborted, query.isLoading.value]).toEqual(["second", true, false]);
    scope.stop();
  });

  it("waits where the platform admits no more calls for the moment", async () => {
    const { settle, scope } = scene();
    const read = vi.fn().mockRejectedValueOnce(new ApiError("RequestLimitExceeded", "too many", "1")).mockResolvedValue("answer");
    const query = scope.run(() => useQuery(read))!;
    await settle();
    expect([query.isLoading.value, query.error.value]).toEqual([true, undefined]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([query.data.value, query.error.value, query.isLoading.value]).toEqual(["answer", undefined, false]);
    scope.stop();
  });

  it("is asked for again only when the answer is there and it is due", async () => {
    const { asked, read, settle, scope } = scene();
    const isDue = ref(true);
    scope.run(() => useReload(5, useQuery(read), () => isDue.value));
    vi.advanceTimersByTime(30_000);
    expect(asked.length).toBe(1);
    asked[0]?.answer("slow");
    await settle();
    vi.advanceTimersByTime(5_000);
    expect(asked.length).toBe(2);
    asked[1]?.answer("again");
    await settle();
    isDue.value = false;
    vi.advanceTimersByTime(30_000);
    expect(asked.length).toBe(2);
    scope.stop();
    isDue.value = true;
    vi.advanceTimersByTime(30_000);
    expect(asked.length).toBe(2);
  });
});
