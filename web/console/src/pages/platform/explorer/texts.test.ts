import { expect, it } from "vitest";

import { loadCatalogue } from "./catalogue";
import { groupTexts } from "./texts";

it("names each group of operations in both languages", async () => {
  const groups = [...new Set((await loadCatalogue()).map((operation) => operation.group))].sort();
  expect(groups.length).toBeGreaterThan(20);
  for (const language of ["zh", "en"] as const) expect(groups.filter((group) => !groupTexts[language][group])).toEqual([]);
});
