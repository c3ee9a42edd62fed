// The draft of a thing model: text and structure of the same, kept in step whichever is edited.
import { computed, type ComputedRef, type Ref, ref, shallowRef, watch } from "vue";

import type { ApiError } from "../../../api/error";
import type { DescribeModelDefinitionResponse } from "../../../api/generated";
import type { LineMark } from "../../../parts/CodeArea.vue";
import { lineOf, scan } from "../../../text/json";
import { language } from "../../../text/language";
import { check, type Issue } from "./check";
import { checkTexts } from "./checkTexts";
import { asModel, isSame, type Model, pretty, wrongShape } from "./model";
import { begin, canRedo, canUndo, forward, redo, type Steps, undo } from "./steps";

export interface ModelDraft {
  text: Ref<string>;
  /** The last structure the text could be read as. */
  model: Readonly<Ref<Model>>;
  saved: Readonly<Ref<Model>>;
  /** Mistakes by their place; those the server told hold until the next edit. */
  issues: ComputedRef<Issue[]>;
  /** The same by line. */
  marks: ComputedRef<(LineMark & { isServer?: boolean })[]>;
  isBroken: ComputedRef<boolean>;
  isChanged: ComputedRef<boolean>;
  /** What is saved now where that is no longer what the draft began from: saving would undo it unseen. */
  meanwhile: ComputedRef<Model | undefined>;
  canUndo: ComputedRef<boolean>;
  canRedo: ComputedRef<boolean>;
  put(model: Model): void;
  /** Takes back what was put or typed last, up to what was loaded or saved. */
  undo(): void;
  redo(): void;
  revert(): void;
  /** The draft is what is saved now. */
  settle(): void;
  /** Goes on with the draft, as a change of what is saved now. */
  rebase(): void;
  /** Drops the draft for what is saved now. */
  renew(): void;
}

const EMPTY: Model = { version: "1.0", profile: { ProductId: "", CategoryId: "1" }, properties: [], events: [], actions: [] };

export function useDraft(
  answer: Readonly<Ref<DescribeModelDefinitionResponse | undefined>>,
  refusal: Ref<ApiError | undefined>,
): ModelDraft {
  const saved = shallowRef<Model>(EMPTY);
  const model = shallowRef<Model>(EMPTY);
  const text = ref("");
  const steps = shallowRef(begin(""));
  const scanned = computed(() => scan(text.value));
  const read = computed(() => (scanned.value.error ? undefined : asModel(JSON.parse(text.value))));
  const isChanged = computed(() => text.value !== "" && (!read.value || JSON.stringify(read.value) !== JSON.stringify(saved.value)));

  watch(read, (now) => {
    if (now) model.value = now;
  });
  watch(text, () => (refusal.value = undefined));
  const present = computed(() => {
    if (!answer.value?.Model) return undefined;
    const definition = answer.value.Model.ModelDefine || pretty(EMPTY);
    return (scan(definition).error ? undefined : asModel(JSON.parse(definition))) ?? EMPTY;
  });
  const meanwhile = computed(() => (isChanged.value && present.value && !isSame(present.value, saved.value) ? present.value : undefined));

  watch(present, () => {
    if (!isChanged.value) renew();
  });

  function rebase(): void {
    saved.value = present.value ?? saved.value;
  }

  function renew(): void {
    rebase();
    revert();
  }

  function revert(): void {
    model.value = saved.value;
    text.value = pretty(saved.value);
    steps.value = begin(text.value);
  }

  function put(fresh: Model): void {
    const written = pretty(fresh);
    steps.value = forward(steps.value, text.value, written);
    model.value = fresh;
    text.value = written;
  }

  function go(where: Steps): void {
    steps.value = where;
    text.value = where.at;
  }

  /** Why the text is no model. */
  const broken = computed<(Issue & LineMark) | undefined>(() => {
    const t = checkTexts[language.value];
    const { lines, error } = scanned.value;
    if (text.value === "") return undefined;
    // The row it breaks off in, not the value before.
    if (error) return { path: /^\w+\[\d+\]/.exec(error.path)?.[0] ?? error.path, line: error.line, text: t.notJson(error.found) };
    const path = wrongShape(JSON.parse(text.value));
    return path === undefined ? undefined : { path, line: lineOf(lines, path), text: t.shape };
  });
  const own = computed<Issue[]>(() => (read.value ? check(read.value) : []));
  const told = computed<Issue | undefined>(() => {
    const path = own.value.length > 0 ? undefined : refusedPath(refusal.value?.message ?? "");
    return path && refusal.value ? { path, text: refusal.value.message } : undefined;
  });
  const issues = computed(() => {
    const only = broken.value ?? told.value;
    return only ? [only] : own.value;
  });
  const marks = computed(() => {
    const { lines } = scanned.value;
    if (broken.value) return [broken.value];
    if (told.value) return [{ line: lineOf(lines, told.value.path), text: told.value.text, isServer: true }];
    return own.value.map(({ path, text }) => ({ line: lineOf(lines, path), text: `${path}: ${text}` }));
  });

  return {
    text,
    model,
    saved,
    issues,
    marks,
    isBroken: computed(() => text.value !== "" && !read.value),
    isChanged,
    meanwhile,
    canUndo: computed(() => canUndo(steps.value, text.value)),
    canRedo: computed(() => canRedo(steps.value, text.value)),
    put,
    undo: () => go(undo(steps.value, text.value)),
    redo: () => go(redo(steps.value, text.value)),
    revert,
    settle: () => (saved.value = model.value),
    rebase,
    renew,
  };
}

/** The server names the place, such as `properties[3].define.min`. */
function refusedPath(message: string): string | undefined {
  return /\b(?:properties|events|actions|profile|version)(?:\[\d+\]|\.\w+)*/.exec(message)?.[0];
}
