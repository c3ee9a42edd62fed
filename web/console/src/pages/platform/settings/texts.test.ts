import { describe, expect, it } from "vitest";

import { limitTexts } from "./limitTexts";
import { platformTexts } from "./texts";

// The platform's own table of limits: what a limit is of, and its unit, are words of the API and get theirs here.
const tables = import.meta.glob<string>("../../../../../../platform/services/src/limits/table/*.rs", { eager: true, query: "?raw", import: "default" });
/** Bounds of the API itself: name, unit and scope one after the other. */
const bounds = import.meta.glob<string>("../../../../../../edge/cloud-api/src/operations/limits.rs", { eager: true, query: "?raw", import: "default" });
const words = (field: "unit" | "scope") => {
  const all = (files: Record<string, string>, pattern: RegExp) =>
    Object.values(files).flatMap((text) => [...text.matchAll(pattern)].map((match) => match.groups?.[field] ?? ""));
  const found = all(tables, new RegExp(`\\b${field}: "(?<${field}>[^"]+)"`, "g"));
  const other = all(bounds, /bound\(\s*"\w+",\s*"(?<unit>[^"]+)",\s*"(?<scope>[^"]+)"/g);
  if (other.length < 5) throw new Error("the bounds of the API are not found");
  return [...new Set([...found, ...other])].sort();
};

describe("limits", () => {
  it("say what they are of in both languages, and nothing that no limit is of", () => {
    expect(words("scope").length).toBeGreaterThan(10);
    for (const language of ["zh", "en"] as const) {
      expect(Object.keys(platformTexts[language].scopes).sort()).toEqual(words("scope"));
    }
  });

  it("have a Chinese word for each unit; the English ones are the API's", () => {
    // Bytes are shown as a size.
    expect(Object.keys(limitTexts.zh.units).sort()).toEqual(words("unit").filter((unit) => unit !== "bytes"));
    expect(limitTexts.en.units).toEqual({});
  });
});
