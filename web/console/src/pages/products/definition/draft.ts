// The draft of a thing model: text and structure of the same, kept in step whichever is edited.
import { computed, type ComputedRef, type Ref, ref, shallowRef, watch } from "vue";

import type { ApiError } from "../../../api/error";
import type { DescribeModelDefinitionResponse } from "../../../api/generated";
import type { LineMark } from "../../../parts/CodeArea.vue";
import { language } from "../../../text/language";
import { check, type Issue } from "./check";
import { checkTexts } from "./checkTexts";
import { asModel, type Model, pretty } from "./model";
import { lineOf, scan } from "./places";

export interface ModelDraft {
  text: Ref<string>;
  /** The last structure the text could be read as. */
  model: Readonly<Ref<Model>>;
  saved: Readonly<Ref<Model>>;
  issues: ComputedRef<Issue[]>;
  /** Mistakes by line; those the server told hold until the next edit. */
  marks: ComputedRef<(LineMark & { isServer?: boolean })[]>;
  isBroken: ComputedRef<boolean>;
  isChanged: ComputedRef<boolean>;
  put(model: Model): void;
  revert(): void;
  /** The draft is what is saved now. */
  settle(): void;
}

const EMPTY: Model = { version: "1.0", profile: { ProductId: "", CategoryId: "1" }, properties: [], events: [], actions: [] };

export function useDraft(
  answer: Readonly<Ref<DescribeModelDefinitionResponse | undefined>>,
  refusal: Ref<ApiError | undefined>,
): ModelDraft {
  const saved = shallowRef<Model>(EMPTY);
  const model = shallowRef<Model>(EMPTY);
  const text = ref("");
  const scanned = computed(() => scan(text.value));
  const read = computed(() => (scanned.value.error ? undefined : asModel(JSON.parse(text.value))));
  const isChanged = computed(() => text.value !== "" && (!read.value || JSON.stringify(read.value) !== JSON.stringify(saved.value)));

  watch(read, (now) => {
    if (now) model.value = now;
  });
  watch(text, () => (refusal.value = undefined));
  watch(answer, (now) => {
    if (!now?.Model || isChanged.value) return;
    const definition = now.Model.ModelDefine || pretty(EMPTY);
    const known = scan(definition).error ? undefined : asModel(JSON.parse(definition));
    saved.value = known ?? EMPTY;
    put(saved.value);
  });

  function put(fresh: Model): void {
    model.value = fresh;
    text.value = pretty(fresh);
  }

  const issues = computed(() => (read.value ? check(read.value) : []));
  const marks = computed(() => {
    const t = checkTexts[language.value];
    const broken = scanned.value.error;
    if (text.value === "") return [];
    if (broken) return [{ line: broken.line, text: t.notJson(broken.found) }];
    if (!read.value) return [{ line: 1, text: t.shape }];
    const own = issues.value.map(({ path, text }) => ({ line: lineOf(scanned.value.lines, path), text: `${path}: ${text}` }));
    const told = refusal.value && refusedPath(refusal.value.message);
    if (own.length > 0 || !told || !refusal.value) return own;
    return [{ line: lineOf(scanned.value.lines, told), text: refusal.value.message, isServer: true }];
  });

  return {
    text,
    model,
    saved,
    issues,
    marks,
    isBroken: computed(() => text.value !== "" && !read.value),
    isChanged,
    put,
    revert: () => put(saved.value),
    settle: () => (saved.value = model.value),
  };
}

/** The server names the place, such as `properties[3].define.min`. */
function refusedPath(message: string): string | undefined {
  return /\b(?:properties|events|actions|profile|version)(?:\[\d+\]|\.\w+)*/.exec(message)?.[0];
}
