// The platform admits so many calls a second. Over that it says so and does nothing, and a moment later it answers.
import { ApiError } from "./error";

/** Before a call is made again, milliseconds. */
const PAUSE = 400;

/** Makes a call until it is admitted, or nobody waits for it any more. */
export async function patient<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError) || !error.code.startsWith("RequestLimitExceeded")) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
