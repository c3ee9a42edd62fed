// A list of devices from a file: read here, made one call after the other.
import { call } from "../../api/call";
import { ApiError } from "../../api/error";
import { patient } from "../../api/patient";
import { fromCsv } from "./csv";

export type RowState = "bad" | "waiting" | "made" | "failed" | "stopped";

export interface ImportRow {
  line: number;
  name: string;
  secret: string;
  state: RowState;
  /** Why not; for a row that was not tried, which rule it breaks. */
  reason: string;
  /** Line with the same name. */
  twiceOf?: number;
}

export const ROWS_MAX = 10_000;
/** Bytes of a file; so many rows have less. */
export const FILE_MAX = 4 << 20;
const NAME = /^[a-zA-Z0-9:_-]{1,48}$/;
/** Calls under way at once: the platform admits 200 a second. */
const AT_ONCE = 4;

export function readRows(text: string): ImportRow[] {
  const seen = new Map<string, number>();
  const rows: ImportRow[] = [];
  fromCsv(text).forEach((cells, at) => {
    const name = (cells[0] ?? "").trim();
    const secret = (cells[1] ?? "").trim();
    if (!name && !secret) return;
    if (at === 0 && name.toLowerCase() === "devicename") return;
    const row: ImportRow = { line: at + 1, name, secret, state: "waiting", reason: "" };
    const first = seen.get(name);
    if (!NAME.test(name)) row.state = "bad";
    else if (first !== undefined) Object.assign(row, { state: "bad", twiceOf: first });
    else seen.set(name, row.line);
    rows.push(row);
  });
  return rows;
}

/** Makes the waiting rows; `after` is told of each that is done. */
export async function makeDevices(
  product: string,
  rows: ImportRow[],
  signal: AbortSignal,
  after: (row: ImportRow) => void,
): Promise<void> {
  const waiting = rows.filter((row) => row.state === "waiting");
  let next = 0;
  async function worker(): Promise<void> {
    for (;;) {
      const row = waiting[next];
      next += 1;
      if (!row) return;
      if (signal.aborted) row.state = "stopped";
      else await make(product, row, signal);
      after(row);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What is under way is brought to its end: nobody knows whether a call that was cut off made the device. */
async function make(product: string, row: ImportRow, signal: AbortSignal): Promise<void> {
  try {
    const asked = { ProductId: product, DeviceName: row.name, DefinedPsk: row.secret };
    const answer = await patient(() => call("CreateDevice", asked), signal);
    row.state = "made";
    row.secret = answer.Data?.DevicePsk ?? row.secret;
  } catch (error) {
    row.state = "failed";
    row.reason = error instanceof ApiError ? `${error.code}: ${error.message}` : String(error);
  }
}
