// The span a list opens with: the usual one; where that holds nothing, the last three days. What somebody chooses stays.
import { computed, ref, type Ref, watch, type WatchSource, type WritableComputedRef } from "vue";

import type { Span } from "./span";

const WIDE: Span = "3d";

export interface Opening {
  span: WritableComputedRef<string>;
  /** The usual span held nothing: it is not the one that is shown. */
  isWidened: Readonly<Ref<boolean>>;
  /** Tells whether all of the span was read and holds nothing. */
  follow(isEmpty: () => boolean): void;
}

/** `chosen` is "" until somebody chooses; `others` are the other filters. */
export function useOpening(chosen: Ref<string>, usual: Span, others: WatchSource[]): Opening {
  const isWide = ref(false);
  watch(others, () => (isWide.value = false));
  return {
    follow: (isEmpty) =>
      void watch([isEmpty, chosen], ([isNothing]) => {
        if (isNothing && !chosen.value) isWide.value = true;
      }),
    span: computed({ get: () => chosen.value || (isWide.value ? WIDE : usual), set: (now) => (chosen.value = now) }),
    isWidened: computed(() => isWide.value && !chosen.value),
  };
}
