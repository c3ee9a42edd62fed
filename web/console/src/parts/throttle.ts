// Work that many things ask for, done now and then: at once, and once more for what was asked meanwhile.
import { onScopeDispose } from "vue";

/** `work` runs at most every `millis`, and never twice at a time. */
export function useThrottled(millis: number, work: () => Promise<unknown>): () => void {
  let isAsked = false;
  let isBusy = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function run(): Promise<void> {
    isAsked = false;
    isBusy = true;
    const pause = new Promise<void>((resolve) => (timer = setTimeout(resolve, millis)));
    await work();
    await pause;
    isBusy = false;
    if (isAsked) void run();
  }

  onScopeDispose(() => {
    clearTimeout(timer);
    isBusy = true;
  });
  return () => {
    isAsked = true;
    if (!isBusy) void run();
  };
}
