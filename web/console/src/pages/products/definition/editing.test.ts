// What the table and its steps back are made of: texts of a draft, mistakes by cell, the rule of a name.
import { describe, expect, it } from "vitest";

import { lineOf, scan } from "../../../text/json";
import { byCell } from "./cells";
import { checkDraft, wrongName } from "./check";
import { asModel, newDraft, wrongShape } from "./model";
import { begin, canRedo, canUndo, forward, redo, type Steps, undo } from "./steps";

describe("steps", () => {
  const three = ["b", "c", "d"].reduce((steps, text) => forward(steps, steps.at, text), begin("a"));

  it("go back to where it began, and forth again", () => {
    let steps = three;
    const passed = [];
    while (canUndo(steps, steps.at)) passed.push((steps = undo(steps, steps.at)).at);
    while (canRedo(steps, steps.at)) passed.push((steps = redo(steps, steps.at)).at);
    expect(passed).toEqual(["c", "b", "a", "b", "c", "d"]);
  });

  it("take back as a whole what was typed in between, and keep it", () => {
    const back = undo(three, "d, typed");
    expect(back.at).toBe("d");
    expect(redo(back, back.at).at).toBe("d, typed");
    const put = forward(three, "d, typed", "e");
    expect([put.at, undo(put, "e").at, undo(undo(put, "e"), "d, typed").at]).toEqual(["e", "d, typed", "d"]);
  });

  it("forget what was taken back when something else is done", () => {
    const back = undo(three, "d");
    expect(canRedo(back, "c, typed")).toBe(false);
    expect(canRedo(forward(back, "c", "x"), "x")).toBe(false);
  });

  it("are none where nothing was done", () => {
    expect([canUndo(begin("a"), "a"), canRedo(begin("a"), "a")]).toEqual([false, false]);
    expect(canUndo(forward(begin("a"), "a", "a"), "a")).toBe(false);
    expect([undo(begin("a"), "a"), redo(begin("a"), "a")]).toEqual([begin("a"), begin("a")]);
  });

  it("are bounded", () => {
    let steps: Steps = begin("0");
    for (let nth = 1; nth <= 500; nth += 1) steps = forward(steps, steps.at, String(nth));
    expect([steps.past.length, steps.past.at(-1)]).toEqual([100, "499"]);
  });
});

describe("mistakes", () => {
  it("stand in the cell of their value, others with their place", () => {
    const issues = [
      { path: "properties[1].name", text: "long" },
      { path: "properties[1].define.min", text: "high" },
      { path: "properties[1].define.type", text: "odd" },
      { path: "properties[1]", text: "whole" },
      { path: "properties[10].name", text: "another's" },
      { path: "events[1].name", text: "an event's" },
    ];
    expect([...byCell(issues, "properties[1]")]).toEqual([["name", ["long"]], ["", ["define.min: high", "define.type: odd", "whole"]]]);
  });

  it.each(["", "a".repeat(21), "no:colon", "名称", "A-1 (b)/c.d_e"])("in a name are the same in the cell as in the form: %s", (name) => {
    const draft = newDraft("actions");
    draft.fn.id = "id";
    draft.fn.name = name;
    expect(wrongName(name)).toBe(checkDraft(draft, new Set()).get("name"));
  });

  it.each(["enum", "stringenum"] as const)("in an %s say of a value that is empty what other fields say", (type) => {
    const draft = newDraft("properties");
    if (draft.kind === "properties") draft.fn.define = { type, mapping: { "": "" } };
    const issues = checkDraft(draft, new Set());
    expect([issues.get("define.mapping"), issues.get("name")]).toEqual([issues.get("id"), issues.get("id")]);
  });

  it.each([
    [[], ""],
    [null, ""],
    [{ events: {} }, "events"],
    [{ properties: [{}], actions: [{}, 5] }, "actions[1]"],
    [{ properties: [[]] }, "properties[0]"],
    [{ properties: null }, "properties"],
    [{ properties: [{}] }, undefined],
  ])("of shape have a place: %j", (value, path) => {
    expect(wrongShape(value)).toBe(path);
    expect(asModel(value) === undefined).toBe(path !== undefined);
  });

  it("that end the JSON have the value that was begun last", () => {
    const text = '{\n"properties": [\n{"id": "a"},\n{"id": "b", "define": {"min" 1}}\n]}';
    const { error, lines } = scan(text);
    expect(error).toMatchObject({ line: 4, path: "properties[1].define" });
    expect(lineOf(lines, "properties[1].define.min")).toBe(4);
    expect([...byCell([{ path: error?.path ?? "", text: "here" }], "properties[1]")]).toEqual([["", ["define: here"]]]);
  });
});
