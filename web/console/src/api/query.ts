// Reading for a page: the last answer stays in view while a newer one is on its way.
import { onScopeDispose, type Ref, ref, shallowRef, watch, type WatchSource } from "vue";

import { type ApiError, asApiError } from "./error";
import { A_WHILE, patient } from "./patient";

export interface Query<T> {
  /** The last answer; `undefined` before the first. */
  data: Readonly<Ref<T | undefined>>;
  error: Readonly<Ref<ApiError | undefined>>;
  isLoading: Readonly<Ref<boolean>>;
  /** When `data` arrived, milliseconds. */
  at: Readonly<Ref<number>>;
  reload(): Promise<void>;
}

/** Reads at once, and again whenever `on` changes; an answer that was overtaken is dropped. */
export function useQuery<T>(read: (signal: AbortSignal) => Promise<T>, on: WatchSource[] = []): Query<T> {
  const data = shallowRef<T>();
  const error = shallowRef<ApiError>();
  const isLoading = ref(false);
  const at = ref(0);
  let running: AbortController | undefined;

  async function reload(): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    isLoading.value = true;
    try {
      const answer = await patient(() => read(mine.signal), mine.signal, A_WHILE);
      if (running !== mine) return;
      data.value = answer;
      error.value = undefined;
      at.value = Date.now();
    } catch (thrown) {
      if (running !== mine) return;
      error.value = asApiError(thrown);
    }
    isLoading.value = false;
  }

  watch(on, () => void reload());
  onScopeDispose(() => {
    running?.abort();
    running = undefined;
  });
  void reload();
  return { data, error, isLoading, at, reload };
}

/** Reads again every `seconds` while the page is in view and it `isDue`, never before the last answer is there. */
export function useReload(seconds: number, query: Pick<Query<unknown>, "isLoading" | "reload">, isDue: () => boolean = () => true): void {
  const timer = setInterval(() => {
    if (document.visibilityState === "visible" && !query.isLoading.value && isDue()) void query.reload();
  }, seconds * 1000);
  onScopeDispose(() => clearInterval(timer));
}
