// One draft, two sides: what is put in from the table, typed as JSON or told by the server is the same on both.
import { describe, expect, it } from "vitest";
import { effectScope, nextTick, ref, shallowRef } from "vue";

import type { ApiError } from "../../../api/error";
import type { DescribeModelDefinitionResponse } from "../../../api/generated";
import { type ModelDraft, useDraft } from "./draft";
import { type Model, newDraft, withFunction } from "./model";

function property(id: string, name: string) {
  const draft = newDraft("properties");
  if (draft.kind === "properties") draft.fn.define = { type: "timestamp" };
  return { ...draft, fn: { ...draft.fn, id, name } } as typeof draft;
}

interface Loaded {
  draft: ModelDraft;
  refusal: ReturnType<typeof shallowRef<ApiError | undefined>>;
  /** What the server has now, with these properties. */
  read(...properties: unknown[]): Promise<void>;
}

async function loaded(): Promise<Loaded> {
  const answer = ref<DescribeModelDefinitionResponse>();
  const refusal = shallowRef<ApiError>();
  const draft = effectScope().run(() => useDraft(answer, refusal));
  if (!draft) throw new Error("no draft");
  async function read(...properties: unknown[]): Promise<void> {
    const model = { version: "1.0", profile: { ProductId: "P", CategoryId: "1" }, properties, events: [], actions: [] };
    answer.value = { Model: { ModelDefine: JSON.stringify(model) } } as DescribeModelDefinitionResponse;
    await nextTick();
  }
  await read(property("a", "A").fn);
  return { draft, refusal, read };
}

/** Mistakes by row, and by the text of their lines. */
function mistakes(draft: ModelDraft) {
  const lines = draft.text.value.split("\n");
  return { rows: draft.issues.value.map((issue) => issue.path), lines: draft.marks.value.map((mark) => lines[mark.line - 1]?.trim()) };
}

function ids(model: Model | undefined): string {
  return model ? model.properties.map((one) => one.id).join(" ") : "";
}

describe("draft", () => {
  it("has what the table changes in its JSON, and takes it back step by step", async () => {
    const { draft } = await loaded();
    const saved = draft.text.value;
    expect([draft.isChanged.value, draft.canUndo.value, draft.canRedo.value]).toEqual([false, false, false]);
    draft.put(withFunction(draft.model.value, property("a", "B"), 0));
    draft.put(withFunction(draft.model.value, property("c", "C"), undefined));
    expect(JSON.parse(draft.text.value).properties.map((one: { name: string }) => one.name)).toEqual(["B", "C"]);
    draft.undo();
    await nextTick();
    expect(draft.model.value.properties.map((one) => one.name)).toEqual(["B"]);
    draft.undo();
    expect([draft.text.value === saved, draft.isChanged.value, draft.canUndo.value]).toEqual([true, false, false]);
    draft.redo();
    draft.redo();
    await nextTick();
    expect(draft.model.value.properties.map((one) => one.name)).toEqual(["B", "C"]);
    draft.revert();
    expect([draft.text.value === saved, draft.canUndo.value, draft.canRedo.value]).toEqual([true, false, false]);
  });

  it("marks a mistake at its line and at its row, whichever side it came from", async () => {
    const { draft } = await loaded();
    draft.put(withFunction(draft.model.value, property("a", "A:"), 0));
    expect(mistakes(draft)).toEqual({ rows: ["properties[0].name"], lines: ['"name": "A:",'] });
    draft.undo();
    expect(mistakes(draft)).toEqual({ rows: [], lines: [] });
    draft.text.value = draft.text.value.replace('"name": "A"', '"name": 5');
    expect(mistakes(draft)).toEqual({ rows: ["properties[0].name"], lines: ['"name": 5,'] });
  });

  it("marks what is no JSON and no model, and keeps the last model", async () => {
    const { draft } = await loaded();
    const good = draft.text.value;
    draft.text.value = good.replace('"desc": ""', '"desc"');
    expect(draft.isBroken.value && mistakes(draft)).toEqual({ rows: ["properties[0]"], lines: ['"desc",'] });
    draft.text.value = good.replace('"actions": []', '"actions": [1]');
    expect(draft.isBroken.value && mistakes(draft)).toEqual({ rows: ["actions[0]"], lines: ['"actions": [1]'] });
    expect(draft.model.value.properties.length).toBe(1);
  });

  it("marks what the server told until the next edit", async () => {
    const { draft, refusal } = await loaded();
    refusal.value = { message: "properties[0].id is taken" } as ApiError;
    expect(mistakes(draft)).toEqual({ rows: ["properties[0].id"], lines: ['"id": "a",'] });
    draft.text.value += " ";
    await nextTick();
    expect(mistakes(draft)).toEqual({ rows: [], lines: [] });
  });

  it("tells what was saved elsewhere since it began, however its keys are ordered", async () => {
    const { draft, read } = await loaded();
    const { fn } = property("a", "A");
    draft.put(withFunction(draft.model.value, property("b", "B"), undefined));
    await read(Object.fromEntries(Object.entries(fn).reverse()));
    expect(draft.meanwhile.value).toBe(undefined);
    await read(fn, property("c", "C").fn);
    expect([draft.meanwhile.value, draft.saved.value, draft.model.value].map(ids)).toEqual(["a c", "a", "a b"]);
    draft.rebase();
    expect([draft.meanwhile.value, draft.saved.value, draft.model.value].map(ids)).toEqual(["", "a c", "a b"]);
    await read(fn);
    expect(ids(draft.meanwhile.value)).toBe("a");
    draft.renew();
    expect([draft.meanwhile.value, draft.saved.value, draft.model.value].map(ids)).toEqual(["", "a", "a"]);
    expect([draft.isChanged.value, draft.canUndo.value]).toEqual([false, false]);
  });

  it("takes what was saved elsewhere while nothing was changed here", async () => {
    const { draft, read } = await loaded();
    await read(property("c", "C").fn);
    expect([draft.meanwhile.value, draft.saved.value, draft.model.value].map(ids)).toEqual(["", "c", "c"]);
  });
});
