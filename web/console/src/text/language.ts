// Chinese and English, side by side: a page keeps its words in a `texts.ts` of its own.
import { computed, type ComputedRef, ref, watch } from "vue";

export type Language = "zh" | "en";

const KEY = "lianwu.language";

function first(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = ref<Language>(first());

watch(
  language,
  (now) => {
    localStorage.setItem(KEY, now);
    document.documentElement.lang = now === "zh" ? "zh-CN" : "en";
  },
  { immediate: true },
);

/** Words of the same shape in both languages. */
export interface Texts<T> {
  zh: T;
  en: T;
}

/** Takes the shape from the Chinese words, so that the English ones cannot lack any. */
export function texts<T>(zh: T, en: NoInfer<T>): Texts<T> {
  return { zh, en };
}

/** The words in the language of the moment. */
export function useTexts<T>(both: Texts<T>): ComputedRef<T> {
  return computed(() => both[language.value]);
}
