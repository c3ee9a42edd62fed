// Values that move, and values that are wrong on purpose.
import { type Define, type Field, type Json, membersOf } from "../model";
import type { Values } from "./messages";

/** A number moves by at most this share of its range from one report to the next. */
const MOVE = 0.05;

export const FAULTS = ["none", "type", "range", "unknown", "silent"] as const;
/** What the device does wrong: a value of another type, outside its range, of a property the model has not; no replies. */
export type Fault = (typeof FAULTS)[number];

/** A property no thing model has: its name is too odd for one. */
export const STRANGE = "not_in_the_model";

export interface Range {
  min: number;
  max: number;
  step: number;
}

/** Nothing for what is no number, or has no bounds. */
export function rangeOf(define: Define): Range | undefined {
  if (define.type !== "int" && define.type !== "float") return undefined;
  const [min, max] = [Number(define.min), Number(define.max)];
  if (!define.min || !define.max || !(max > min)) return undefined;
  const step = Number(define.step);
  return { min, max, step: step > 0 ? step : define.type === "int" ? 1 : (max - min) / 1000 };
}

/** The nearest value the range has, on its steps. */
export function fitted(value: number, range: Range): number {
  const steps = Math.round((value - range.min) / range.step);
  const most = Math.floor((range.max - range.min) / range.step + 1e-9);
  const exact = range.min + Math.min(Math.max(steps, 0), most) * range.step;
  // Hides the tail of 0.30000000000000004.
  return Number(exact.toPrecision(12));
}

/** The value after a while: numbers wander, times are now, the rest stays. `chance` is between 0 and 1. */
export function moved(define: Define, value: Json, chance: () => number, now: number): Json {
  if (define.type === "timestamp") return now;
  if (define.type === "struct" && value && typeof value === "object" && !Array.isArray(value)) {
    const members = membersOf(define).filter(({ id }) => id in value);
    return { ...value, ...Object.fromEntries(members.map((member) => [member.id, moved(member.define, value[member.id] ?? 0, chance, now)])) };
  }
  const range = rangeOf(define);
  if (!range || typeof value !== "number") return value;
  const reach = Math.max((range.max - range.min) * MOVE, range.step);
  return fitted(value + (chance() * 2 - 1) * reach, range);
}

/** The values with one of them made wrong, the first that can be; as they are when none can. */
export function spoilt(fault: Fault, fields: Field[], values: Values): Values {
  if (fault === "unknown") return { ...values, [STRANGE]: 1 };
  if (fault !== "type" && fault !== "range") return values;
  for (const field of fields) {
    if (!(field.id in values)) continue;
    const wrong = fault === "type" ? ofOtherType(field.define) : outOfRange(field.define);
    if (wrong !== undefined) return { ...values, [field.id]: wrong };
  }
  return values;
}

function ofOtherType(define: Define): Json {
  return define.type === "string" || define.type === "stringenum" || define.type === "struct" || define.type === "array" ? 1 : "wrong";
}

function outOfRange(define: Define): Json | undefined {
  switch (define.type) {
    case "int":
    case "float":
      return define.max ? Number(define.max) + 1 : undefined;
    case "bool":
      return 3;
    case "enum":
      return Math.max(0, ...Object.keys(define.mapping ?? {}).map(Number)) + 1;
    case "stringenum":
      return STRANGE;
    case "string":
      return define.max ? "x".repeat(Number(define.max) + 1) : undefined;
    default:
      return undefined;
  }
}
