// A line by its address: its moment, and a number made of what it says.
import type { DeviceLogRow } from "../../../api/generated";

const FNV_START = 0x811c9dc5;
const FNV_STEP = 0x01000193;

export function lineId(row: Pick<DeviceLogRow, "Time" | "Kind" | "Direction" | "Topic" | "Content">): string {
  let sum = FNV_START;
  for (const sign of `${row.Kind}\n${row.Direction}\n${row.Topic}\n${row.Content}`) sum = Math.imul(sum ^ (sign.codePointAt(0) ?? 0), FNV_STEP);
  return `${row.Time}-${(sum >>> 0).toString(36)}`;
}

/** The line of an address among others. */
export function findLine<Row extends Parameters<typeof lineId>[0]>(rows: Row[], id: string): Row | undefined {
  const time = Number(id.split("-")[0]);
  return rows.find((row) => row.Time === time && lineId(row) === id);
}

const BEFORE = 60_000;
/** So near its end the line is among the newest that are read. */
const AFTER = 500;

/** Part of an address that shows the line whenever it is opened. */
export function linkTo(row: Parameters<typeof lineId>[0], log: string): Record<string, string> {
  return { log, span: "custom", from: String(row.Time - BEFORE), to: String(row.Time + AFTER), line: lineId(row) };
}
