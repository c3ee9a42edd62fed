// The thing model as its JSON has it. Keys that are not named here stay as they are.
export const TYPES = ["bool", "int", "float", "string", "enum", "stringenum", "timestamp", "struct", "array"] as const;
export type TypeName = (typeof TYPES)[number];

/** Types of params and of a struct's members; and of an array's elements. */
export const BASIC_TYPES = TYPES.filter((type) => type !== "struct" && type !== "array");
export const ELEMENT_TYPES: readonly TypeName[] = ["int", "float", "string", "struct"];

export interface Define {
  type: TypeName;
  mapping?: Record<string, string>;
  min?: string;
  max?: string;
  start?: string;
  step?: string;
  unit?: string;
  specs?: Member[];
  arrayInfo?: Define;
}

export interface Param {
  id: string;
  name: string;
  define: Define;
}

export interface Member {
  id: string;
  name: string;
  dataType: Define;
}

interface Head {
  id: string;
  name: string;
  desc: string;
  required: boolean;
}

export interface Property extends Head {
  mode: "r" | "rw";
  define: Define;
}

export type EventKind = "info" | "alert" | "fault";

export interface ModelEvent extends Head {
  type: EventKind;
  params: Param[];
}

export interface Action extends Head {
  input: Param[];
  output: Param[];
}

export interface Model {
  version: string;
  profile: { ProductId: string; CategoryId: string };
  properties: Property[];
  events: ModelEvent[];
  actions: Action[];
}

export type Kind = "properties" | "events" | "actions";
export const KINDS: readonly Kind[] = ["properties", "events", "actions"];
export type Fn = Property | ModelEvent | Action;

/** One function with its place. */
export type Draft =
  | { kind: "properties"; fn: Property }
  | { kind: "events"; fn: ModelEvent }
  | { kind: "actions"; fn: Action };

export function newDefine(type: TypeName): Define {
  switch (type) {
    case "bool":
      return { type, mapping: { "0": "", "1": "" } };
    case "int":
      return { type, min: "0", max: "100", start: "0", step: "1", unit: "" };
    case "float":
      return { type, min: "0", max: "100", start: "0", step: "0.1", unit: "" };
    case "string":
      return { type, min: "0", max: "64" };
    case "enum":
      return { type, mapping: { "0": "", "1": "" } };
    case "stringenum":
      return { type, mapping: { "": "" } };
    case "struct":
      return { type, specs: [{ id: "", name: "", dataType: newDefine("int") }] };
    case "array":
      return { type, arrayInfo: newDefine("int") };
    case "timestamp":
      return { type };
  }
}

export function newDraft(kind: Kind): Draft {
  const head = { id: "", name: "", desc: "", required: false };
  if (kind === "properties") return { kind, fn: { ...head, mode: "rw", define: newDefine("bool") } };
  if (kind === "events") return { kind, fn: { ...head, type: "info", params: [] } };
  return { kind, fn: { ...head, input: [], output: [] } };
}

export function pretty(model: unknown): string {
  return JSON.stringify(model, null, 2);
}

/** Reads what a JSON text holds as far as it has the shape; what is wrong in it, `check` says. */
export function asModel(value: unknown): Model | undefined {
  if (wrongShape(value) !== undefined) return undefined;
  const map = value as Partial<Model>;
  return { ...map, properties: map.properties ?? [], events: map.events ?? [], actions: map.actions ?? [] } as Model;
}

/** Whether two say the same, whatever the order of their keys. Whose product it is stands elsewhere. */
export function isSame(one: Model, other: Model): boolean {
  const ordered = (model: Model) => JSON.stringify(KINDS.map((kind) => model[kind]), (_, value: unknown) => (isMap(value) ? sorted(value as object) : value));
  return ordered(one) === ordered(other);
}

function sorted(map: object): object {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The first place that has not the shape, such as `events[2]`; the whole is `""`. */
export function wrongShape(value: unknown): string | undefined {
  if (!isMap(value)) return "";
  for (const kind of KINDS) {
    const list = (value as Record<string, unknown>)[kind];
    if (list !== undefined && !Array.isArray(list)) return kind;
    const wrong = (list ?? []).findIndex((each) => !isMap(each));
    if (wrong >= 0) return `${kind}[${wrong}]`;
  }
  return undefined;
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The document with one function put in, in place of the one at `at`. */
export function withFunction(model: Model, draft: Draft, at: number | undefined): Model {
  const list: Fn[] = [...model[draft.kind]];
  if (at === undefined) list.push(draft.fn);
  else list[at] = draft.fn;
  return { ...model, [draft.kind]: list };
}

export function withoutFunction(model: Model, kind: Kind, at: number): Model {
  return { ...model, [kind]: model[kind].filter((_, index) => index !== at) };
}
