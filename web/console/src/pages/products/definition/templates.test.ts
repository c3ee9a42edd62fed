// Every template is a thing model the editor finds nothing wrong with, in both languages.
import { describe, expect, it } from "vitest";

import { check } from "./check";
import { KINDS } from "./model";
import { templateModel, templates } from "./templates";

describe("templates", () => {
  it("are told apart by id and name", () => {
    expect(templates.length).toBeGreaterThanOrEqual(16);
    for (const key of [(each: (typeof templates)[number]) => each.id, (each) => each.name.zh, (each) => each.name.en] as ((each: (typeof templates)[number]) => string)[]) {
      expect(new Set(templates.map(key)).size).toBe(templates.length);
    }
  });

  it.each(templates.map((each) => [each.id, each] as const))("%s is without mistakes", (_, template) => {
    for (const language of ["zh", "en"] as const) {
      const model = templateModel(template, "AB12CD34EF", language);
      expect(check(model)).toEqual([]);
      const names = KINDS.flatMap((kind) => model[kind].map((fn) => fn.name));
      expect(names.length).toBeGreaterThan(0);
      if (language === "en") expect(names.filter((name) => /[\u4e00-\u9fff]/.test(name))).toEqual([]);
      expect(names.filter((name) => [...name].length > 20)).toEqual([]);
    }
  });
});
