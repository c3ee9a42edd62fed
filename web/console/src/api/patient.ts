// The platform admits so many calls a second. Over that it says so and does nothing, and a moment later it answers.
import { ApiError } from "./error";

/** Before a call is made again, milliseconds. */
const PAUSE = 400;

/** So long a page waits before it tells that the rate is used up, milliseconds. */
export const A_WHILE = 10_000;

/** Makes a call until it is admitted, nobody waits for it any more, or it was refused for `longest` milliseconds. */
export async function patient<T>(ask: () => Promise<T>, signal: AbortSignal, longest = Infinity): Promise<T> {
  for (let waited = 0; ; waited += PAUSE) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || waited >= longest || !isOverRate(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

const isOverRate = (error: unknown): boolean => error instanceof ApiError && error.code.startsWith("RequestLimitExceeded");
