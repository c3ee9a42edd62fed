// A request while it is written: what the form sets, and what an empty field of each type is.
import type { FieldSpec, Structure } from "./catalogue";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonMap = { [key: string]: Json };

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a new field or element starts with. */
export function fresh(type: string, ref: string | undefined, structures: Record<string, Structure>): Json {
  switch (type) {
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return skeleton(structures[ref ?? ""]?.fields ?? [], structures);
    default:
      return "";
  }
}

/** The fields that must be given. */
export function skeleton(fields: FieldSpec[], structures: Record<string, Structure>): JsonMap {
  const needed = fields.filter((field) => field.required === true);
  return Object.fromEntries(needed.map((field) => [field.name, fresh(field.type, field.ref, structures)]));
}

/** `undefined` takes the field away. */
export function withField(map: JsonMap, name: string, value: Json | undefined): JsonMap {
  const { [name]: _, ...rest } = map;
  return value === undefined ? rest : { ...map, [name]: value };
}

/** The number a text says, or the text as it is, for the server to refuse. */
export function asNumber(text: string): Json | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
