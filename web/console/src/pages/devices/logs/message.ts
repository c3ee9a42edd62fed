// Messages as people read them.
import type { DeviceLogRow } from "../../../api/generated";
import { parseJson } from "../model";

const BYTES_PER_LINE = 16;
const BYTES_MAX = 4096;

/** JSON with its lines, other text as it is, bytes as a table of hexadecimal numbers. */
export function pretty(row: Pick<DeviceLogRow, "Content" | "PayloadFormat">): string {
  if (row.PayloadFormat === "base64") return hex(row.Content);
  if (!/^\s*[[{]/.test(row.Content)) return row.Content;
  const value = parseJson(row.Content);
  return value === undefined ? row.Content : JSON.stringify(value, null, 2);
}

function hex(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, BYTES_MAX); at += BYTES_PER_LINE) {
    const part = [...bytes.slice(at, at + BYTES_PER_LINE)];
    const numbers = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${numbers.padEnd(BYTES_PER_LINE * 3 - 1)}  ${letters}`);
  }
  if (bytes.length > BYTES_MAX) lines.push("…");
  return lines.join("\n");
}
