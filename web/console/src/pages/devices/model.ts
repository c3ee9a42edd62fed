// The thing model as the pages read it, and values as people read them.
import { moment, number, unixMillis } from "../../text/format";

/** Text stands before truth: a component that takes either would read an empty text as `true`. */
export type Json = null | string | number | boolean | Json[] | { [name: string]: Json };

/** Numbers stand in it as texts. */
export interface Define {
  type: string;
  min?: string;
  max?: string;
  start?: string;
  step?: string;
  unit?: string;
  mapping?: Record<string, string>;
  specs?: Member[];
  arrayInfo?: Define;
}

/** A member of a structure; its definition has a name of its own. */
export interface Member {
  id: string;
  name: string;
  dataType: Define;
}

/** A property, or a parameter of an event or an action. */
export interface Field {
  id: string;
  name: string;
  define: Define;
}

export interface Property extends Field {
  desc?: string;
  mode: string;
}

export interface EventKind {
  id: string;
  name: string;
  type: string;
  params: Field[];
}

export interface Action {
  id: string;
  name: string;
  desc?: string;
  input: Field[];
  output: Field[];
}

export interface Model {
  properties: Property[];
  events: EventKind[];
  actions: Action[];
}

/** Nothing for a text that is no thing model, as of products without one. */
export function parseModel(text: string): Model | undefined {
  if (!text) return undefined;
  const parsed = parseJson(text) as Partial<Model> | undefined;
  if (!parsed || typeof parsed !== "object") return undefined;
  return {
    properties: parsed.properties ?? [],
    events: (parsed.events ?? []).map((event) => ({ ...event, params: event.params ?? [] })),
    actions: (parsed.actions ?? []).map((action) => ({
      ...action,
      input: action.input ?? [],
      output: action.output ?? [],
    })),
  };
}

export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export function membersOf(define: Define): Field[] {
  return (define.specs ?? []).map(({ id, name, dataType }) => ({ id, name, define: dataType }));
}

/** Whether a line can be drawn of its values. */
export function isDrawn(define: Define): boolean {
  return ["bool", "int", "float", "enum"].includes(define.type);
}

/** Whether its values jump from one to the next. */
export function isStepped(define: Define): boolean {
  return define.type === "bool" || define.type === "enum";
}

/** The last that a date can hold. */
const LAST_MOMENT = 8_640_000_000_000_000;

/** A value with its unit or the word its mapping gives. */
export function valueText(define: Define, value: Json | undefined): string {
  if (value === undefined || value === null) return "–";
  switch (define.type) {
    case "bool":
    case "enum":
    case "stringenum": {
      const key = typeof value === "boolean" ? String(Number(value)) : String(value);
      return define.mapping?.[key] ?? key;
    }
    case "int":
    case "float":
      return typeof value === "number" ? `${plainNumber(value)}${unit(define)}` : String(value);
    case "timestamp":
      return typeof value === "number" && value > 0 && value <= LAST_MOMENT ? unixText(value) : String(value);
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

/** Milliseconds, or seconds as in models of positions; 0 is no moment, but what a device starts with. */
function unixText(value: number): string {
  const millis = unixMillis(value);
  return moment(millis, millis % 1000 > 0);
}

function plainNumber(value: number): string {
  return Number.isInteger(value) ? number(value) : number(value, 6);
}

export function unit(define: Define): string {
  return define.unit ? ` ${define.unit}` : "";
}

/** What a form shows before anything is chosen. */
export function initialValue(define: Define): Json {
  switch (define.type) {
    case "int":
    case "float":
      return Number(define.start ?? define.min ?? 0) || 0;
    case "bool":
    case "timestamp":
      return 0;
    case "enum":
      return Number(Object.keys(define.mapping ?? {})[0] ?? 0);
    case "stringenum":
      return Object.keys(define.mapping ?? {})[0] ?? "";
    case "struct":
      return initialValues(membersOf(define));
    case "array":
      return [];
    default:
      return "";
  }
}

export function initialValues(fields: Field[]): { [id: string]: Json } {
  return Object.fromEntries(fields.map((field) => [field.id, initialValue(field.define)]));
}
