// How much of a limit is used, in the same words and colours wherever it is shown.
import type { LimitItem } from "../../../api/generated";
import { number, size } from "../../../text/format";
import { language } from "../../../text/language";
import { limitTexts } from "./limitTexts";

export type Closeness = "far" | "near" | "at";

/** Share from which a limit is near. */
export const NEAR = 0.8;

/** From 0 up; -1 where there is nothing to compare. */
export function share(limit: LimitItem): number {
  return limit.Counted && !limit.Unlimited && limit.Value > 0 ? limit.Used / limit.Value : -1;
}

export function closeness(limit: LimitItem): Closeness {
  const used = share(limit);
  if (used >= 1) return "at";
  return used >= NEAR ? "near" : "far";
}

/** `1 key`, `50 devices`, `4 KiB`; `50 台设备`. */
export function amount(value: number, unit: string): string {
  if (unit === "bytes") return size(value);
  const { units } = limitTexts[language.value];
  return `${number(value)} ${units[unit] ?? (value === 1 ? one(unit) : unit)}`;
}

/** `50 of 50 devices`: the unit once. */
export function use({ Used, Value, Unit }: LimitItem): string {
  return limitTexts[language.value].use(Unit === "bytes" ? size(Used) : number(Used), amount(Value, Unit));
}

/** An English unit of a single thing: `key`, `policy`, `call/s`. Those that are only letters, `s` and `ms`, stay. */
function one(unit: string): string {
  return unit.replace(/ies(?=\/|$)/, "y").replace(/(?<=[a-z]{2})s(?=\/|$)/, "");
}
