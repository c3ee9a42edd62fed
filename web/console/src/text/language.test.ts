import { describe, expect, it } from "vitest";

// Every `texts.ts` of the console: both languages have the same words by type; here, that none was left untranslated and none is left over.
const files = import.meta.glob<Record<string, unknown>>(["../**/texts.ts", "../**/*Texts.ts", "../pages/products/words.ts"], { eager: true });
const sources = import.meta.glob<string>(["../**/*.vue", "../**/*.ts"], { eager: true, query: "?raw", import: "default" });

/** The same in both languages, and why. */
const SAME: [RegExp, string][] = [
  [/^[A-Z][\w+/.-]*(?: (?:over |\+ )?[A-Z][\w+/.-]*)*$/, "names of protocols, programs and forms of data"],
  [/^fPort$/, "a field as LoRaWAN calls it"],
  [/^[^\p{L}]*$/u, "signs and numbers without a word"],
];

interface Both {
  zh: unknown;
  en: unknown;
}

function leaves(at: string, value: unknown): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (value && typeof value === "object") return Object.entries(value).flatMap(([name, of]) => leaves(`${at}.${name}`, of));
  return [];
}

/** Names of all words, those that take arguments, too. */
function names(at: string[], value: unknown): string[][] {
  if (value && typeof value === "object" && !Array.isArray(value)) return Object.entries(value).flatMap(([name, of]) => names([...at, name], of));
  return [at];
}

/** Whether some file that takes these texts names the word, or takes a whole of which it is a part. */
function isUsed(name: string, path: string[], takers: string): boolean {
  const last = path.at(-1) ?? "";
  const isNamed = new RegExp(`\\.${last}\\b|[{,]\\s*${last}\\s*[,:}]`).test(takers);
  // `t[state]`: any of the outermost words.
  const called = [...takers.matchAll(new RegExp(`const (\\w+) = (?:useTexts\\(${name}\\)|${name}\\[language\\.value\\])`, "g"))].map((match) => match[1]);
  if (path.length === 1 && called.some((each) => new RegExp(`\\b${each}(?:\\.value)?\\[`).test(takers))) return true;
  const isPart = path.slice(0, -1).some((whole) => new RegExp(`\\.${whole}\\b(?!\\.\\w)|[{,]\\s*${whole}\\s*[,}]`).test(takers));
  return isNamed || isPart;
}

const all = Object.entries(files).flatMap(([file, exported]) =>
  Object.entries(exported).flatMap(([name, both]) =>
    both && typeof both === "object" && "zh" in both && "en" in both ? [{ file, name, both: both as Both }] : [],
  ),
);

describe("words", () => {
  for (const { file, name, both } of all) {
    it(`${file} ${name} is written in both languages`, () => {
      const english = new Map(leaves("", both.en));
      const untranslated = leaves("", both.zh).filter(([at, zh]) => english.get(at) === zh && !SAME.some(([pattern]) => pattern.test(zh)));
      expect(untranslated).toEqual([]);
      const chinese = leaves("", both.en).filter(([at, en]) => /[\u4e00-\u9fff]/.test(en) && !at.endsWith("otherLanguage"));
      expect(chinese).toEqual([]);
      const latin = leaves("", both.zh).filter(([at, zh]) => /^[\x20-\x7e]*[a-z]{3,} [a-z]{3,}[\x20-\x7e]*$/.test(zh) && !at.endsWith("otherLanguage"));
      expect(latin).toEqual([]);
    });

    it(`${file} ${name} has no word that nobody shows`, () => {
      const takers = Object.entries(sources).filter(([path, text]) => path !== file && new RegExp(`\\b${name}\\b`).test(text));
      const text = takers.map(([, source]) => source).join("\n");
      expect(names([], both.zh).filter((path) => !isUsed(name, path, text)).map((path) => path.join("."))).toEqual([]);
    });
  }
});
