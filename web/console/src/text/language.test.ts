import { describe, expect, it } from "vitest";

// Every `texts.ts` of the console: both languages have the same words by type; here, that none was left untranslated.
const files = import.meta.glob<Record<string, unknown>>("../**/texts.ts", { eager: true });

function leaves(at: string, value: unknown): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (value && typeof value === "object") return Object.entries(value).flatMap(([name, of]) => leaves(`${at}.${name}`, of));
  return [];
}

describe("words", () => {
  for (const [file, exported] of Object.entries(files)) {
    for (const [name, both] of Object.entries(exported)) {
      if (!both || typeof both !== "object" || !("zh" in both && "en" in both)) continue;
      it(`${file} ${name} is written in both languages`, () => {
        const english = new Map(leaves("", both.en));
        const untranslated = leaves("", both.zh).filter(([at, zh]) => /[\u4e00-\u9fff]/.test(zh) && english.get(at) === zh);
        expect(untranslated).toEqual([]);
        const chinese = leaves("", both.en).filter(([at, en]) => /[\u4e00-\u9fff]/.test(en) && !at.endsWith("otherLanguage"));
        expect(chinese).toEqual([]);
      });
    }
  }
});
