// What the charts show, as rows of a table and of a file.
import { moment } from "../../../text/format";
import type { Define, Json, Property } from "../model";
import { isStepped } from "../model";
import type { Found } from "./read";

export interface Row {
  /** Milliseconds; where a step begins. */
  at: number;
  property: Property;
  /** Of a step the average, or the last one of values that jump. */
  value: Json;
  lowest?: number;
  highest?: number;
  /** Values that it stands for. */
  count: number;
}

export interface Shown {
  property: Property;
  found: Found;
}

/** Newest first. */
export function rowsOf(all: Shown[]): Row[] {
  return all.flatMap(rows).sort((a, b) => b.at - a.at);
}

function rows({ property, found: { samples, summary } }: Shown): Row[] {
  if (!summary) return samples.map((sample) => ({ property, count: 1, ...sample }));
  return summary.steps.map(({ at, count, lowest, highest, average, last }) => ({
    at,
    property,
    value: isStepped(property.define) ? last : average,
    lowest,
    highest,
    count,
  }));
}

export interface Head {
  time: string;
  id: string;
  property: string;
  raw: string;
  value: string;
  lowest: string;
  highest: string;
  count: string;
}

/** Lines of a file, the first with the names of its columns. */
export function linesOf(rows: Row[], head: Head, text: (define: Define, value: Json) => string): (string | number)[][] {
  const isReduced = rows.some((row) => row.lowest !== undefined);
  const names = [head.time, "Unix ms", head.id, head.property, head.raw, head.value];
  const first = isReduced ? [...names, head.lowest, head.highest, head.count] : names;
  const lines = rows.map((row) => {
    const line = [moment(row.at), row.at, row.property.id, row.property.name, raw(row.value), text(row.property.define, row.value)];
    return isReduced ? [...line, row.lowest ?? "", row.highest ?? "", row.count] : line;
  });
  return [first, ...lines];
}

export function raw(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
