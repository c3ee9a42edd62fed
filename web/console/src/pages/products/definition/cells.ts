// Which cell of a function's row a mistake belongs to.
import type { Issue } from "./check";

/** Columns that show one value of the function; the rest stands in the last. */
const CELLS = ["name", "id", "type", "mode"];

/** The mistakes in the function at `path` by cell: those of its own values as they are, the others under `""` with their place before them. */
export function byCell(issues: Issue[], path: string): Map<string, string[]> {
  const cells = new Map<string, string[]>();
  for (const issue of issues) {
    if (issue.path !== path && !issue.path.startsWith(`${path}.`)) continue;
    const inner = issue.path.slice(path.length + 1);
    const cell = CELLS.includes(inner) ? inner : "";
    const text = cell || !inner ? issue.text : `${inner}: ${issue.text}`;
    cells.set(cell, [...(cells.get(cell) ?? []), text]);
  }
  return cells;
}
