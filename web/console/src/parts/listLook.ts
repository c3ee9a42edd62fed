// How somebody wants to see a list: which columns, how close. Remembered in the browser for each list.
import { computed, type ComputedRef, reactive } from "vue";

export interface Look {
  hidden: string[];
  isCompact: boolean;
}

const KEY = "lianwu.list.";
const looks = reactive<Record<string, Look>>({});

function read(list: string): Look {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY + list) ?? "{}") as Partial<Look> | null;
    const hidden = Array.isArray(kept?.hidden) ? kept.hidden.filter((each): each is string => typeof each === "string") : [];
    return { hidden, isCompact: kept?.isCompact === true };
  } catch {
    return { hidden: [], isCompact: false };
  }
}

export interface UsedLook {
  look: ComputedRef<Look>;
  set(change: Partial<Look>): void;
  reset(): void;
}

export function useLook(list: string): UsedLook {
  looks[list] ??= read(list);
  const look = computed(() => looks[list] ?? { hidden: [], isCompact: false });
  function set(change: Partial<Look>): void {
    looks[list] = { ...look.value, ...change };
    localStorage.setItem(KEY + list, JSON.stringify(looks[list]));
  }
  function reset(): void {
    looks[list] = { hidden: [], isCompact: false };
    localStorage.removeItem(KEY + list);
  }
  return { look, set, reset };
}
