// What changes between two thing models, function by function.
import { type Fn, type Kind, KINDS, type Model } from "./model";

export interface Change {
  kind: Kind;
  id: string;
  name: string;
  what: "added" | "removed" | "changed";
  /** For a changed one: each value that differs, by its path within the function. */
  values: { path: string; before: string; after: string }[];
  /** Whether values that fitted before may be refused now. */
  isBreaking: boolean;
}

export function differences(before: Model, after: Model): Change[] {
  const changes: Change[] = [];
  for (const kind of KINDS) {
    const old = new Map<string, Fn>(before[kind].map((fn) => [fn.id, fn]));
    const fresh = new Map<string, Fn>(after[kind].map((fn) => [fn.id, fn]));
    for (const [id, fn] of old) {
      if (!fresh.has(id)) changes.push({ kind, id, name: fn.name, what: "removed", values: [], isBreaking: true });
    }
    for (const [id, fn] of fresh) {
      const was = old.get(id);
      if (!was) {
        changes.push({ kind, id, name: fn.name, what: "added", values: [], isBreaking: false });
        continue;
      }
      const values = compare(was, fn);
      if (values.length === 0) continue;
      const isBreaking = values.some(({ path }) => !/^(name|desc|required)$|\.(name|unit|start|mapping\.[^.]+)$/.test(path));
      changes.push({ kind, id, name: fn.name, what: "changed", values, isBreaking });
    }
  }
  return changes;
}

function compare(before: Fn, after: Fn): Change["values"] {
  const [old, fresh] = [leaves(before), leaves(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((path) => ({ path, before: old.get(path) ?? "", after: fresh.get(path) ?? "" }))
    .filter((each) => each.before !== each.after);
}

function leaves(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) value.forEach((item, index) => leaves(item, `${path}[${index}]`, into));
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) leaves(item, path ? `${path}.${key}` : key, into);
  } else into.set(path, String(value));
  return into;
}
