import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "./error";
import { patient } from "./patient";

const overRate = () => new ApiError("RequestLimitExceeded.Account", "too many", "1");

describe("a call over the platform's rate", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is made again until it is admitted", async () => {
    const ask = vi.fn().mockRejectedValueOnce(overRate()).mockRejectedValueOnce(overRate()).mockResolvedValue("answer");
    const answer = patient<string>(ask, new AbortController().signal);
    await vi.runAllTimersAsync();
    expect([await answer, ask.mock.calls.length]).toEqual(["answer", 3]);
  });

  it("is not made again when nobody waits for it", async () => {
    const gone = new AbortController();
    const ask = vi.fn().mockImplementation(() => {
      gone.abort();
      return Promise.reject(overRate());
    });
    await expect(patient(ask, gone.signal)).rejects.toThrow("too many");
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("is told to be over it after a while", async () => {
    const ask = vi.fn().mockRejectedValue(overRate());
    const answer = expect(patient(ask, new AbortController().signal, 1000)).rejects.toThrow("too many");
    await vi.runAllTimersAsync();
    await answer;
    expect(ask).toHaveBeenCalledTimes(4);
  });

  it("tells any other refusal at once", async () => {
    const ask = vi.fn().mockRejectedValue(new ApiError("InvalidParameterValue", "wrong", "1"));
    await expect(patient(ask, new AbortController().signal)).rejects.toThrow("wrong");
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
