// The server's rules for a definition, told while typing: all mistakes at once, each with its path.
import { language } from "../../../text/language";
import { checkTexts } from "./checkTexts";
import { BASIC_TYPES, type Draft, ELEMENT_TYPES, type Fn, type Kind, KINDS, type Model, TYPES, type TypeName } from "./model";

export interface Issue {
  path: string;
  text: string;
}

type Map_ = Record<string, unknown>;
type Report = (path: string, text: string) => void;

const INT_MAX = 9_999_999_999_999;

/** Everything that is wrong in a model. */
export function check(model: Model): Issue[] {
  const t = checkTexts[language.value];
  const issues: Issue[] = [];
  const report: Report = (path, text) => issues.push({ path, text });
  if (model.version !== undefined && model.version !== "1.0") report("version", t.version);
  if (model.properties.length + model.events.length > 100) report("properties", t.functions);
  if (model.actions.length > 100) report("actions", t.tooMany(100));
  const ids = new Set<unknown>();
  for (const kind of KINDS) {
    model[kind].forEach((fn, index) => {
      const path = `${kind}[${index}]`;
      if (ids.has(fn.id)) report(`${path}.id`, t.twice(fn.id));
      ids.add(fn.id);
      one(kind, fn, path, report);
    });
  }
  return issues;
}

/** What is wrong in one function, with paths from it; `taken` are the ids of the others. */
export function checkDraft(draft: Draft, taken: Set<string>): Map<string, string> {
  const issues = new Map<string, string>();
  const report: Report = (path, text) => {
    const inner = path.slice(1);
    if (!issues.has(inner)) issues.set(inner, text);
  };
  if (taken.has(draft.fn.id)) report(".id", checkTexts[language.value].twice(draft.fn.id));
  one(draft.kind, draft.fn, "", report);
  return issues;
}

/** What is wrong with the name of a function. */
export function wrongName(value: string): string | undefined {
  const found: string[] = [];
  name(value, "", true, (_, text) => found.push(text));
  return found[0];
}

function one(kind: Kind, fn: Fn, path: string, report: Report): void {
  const t = checkTexts[language.value];
  const map = fn as unknown as Map_;
  id(map.id, `${path}.id`, report);
  name(map.name, `${path}.name`, true, report);
  if (map.desc !== undefined && [...String(map.desc)].length > 80) report(`${path}.desc`, t.tooLong(80));
  if (kind === "properties") {
    if (map.mode !== "r" && map.mode !== "rw") report(`${path}.mode`, t.mode);
    define(map.define, `${path}.define`, TYPES, report);
  } else if (kind === "events") {
    if (!["info", "alert", "fault"].includes(String(map.type))) report(`${path}.type`, t.eventType);
    fields(map.params, `${path}.params`, "define", 50, report);
  } else {
    fields(map.input, `${path}.input`, "define", 50, report);
    fields(map.output, `${path}.output`, "define", 50, report);
  }
}

function id(value: unknown, path: string, report: Report): void {
  const t = checkTexts[language.value];
  if (value === undefined || value === "") report(path, t.missing);
  else if (typeof value !== "string" || !/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(value)) report(path, t.id);
}

function name(value: unknown, path: string, isNeeded: boolean, report: Report): void {
  const t = checkTexts[language.value];
  const text = value === undefined || value === null ? "" : value;
  if (typeof text !== "string" || !/^[\p{Alphabetic}\p{N}_\-/.()（） ]*$/u.test(text)) report(path, t.name);
  else if (isNeeded && text === "") report(path, t.missing);
  else if ([...text].length > 20) report(path, t.tooLong(20));
}

function fields(value: unknown, path: string, key: "define" | "dataType", max: number, report: Report): void {
  const t = checkTexts[language.value];
  if (value === undefined || value === null) return;
  if (!Array.isArray(value)) return report(path, t.object);
  if (value.length > max) report(path, t.tooMany(max));
  const ids = new Set<unknown>();
  value.forEach((item: unknown, index) => {
    const inner = `${path}[${index}]`;
    if (typeof item !== "object" || item === null) return report(inner, t.object);
    const map = item as Map_;
    id(map.id, `${inner}.id`, report);
    if (map.id && ids.has(map.id)) report(`${inner}.id`, t.twice(String(map.id)));
    ids.add(map.id);
    name(map.name, `${inner}.name`, false, report);
    define(map[key], `${inner}.${key}`, BASIC_TYPES, report);
  });
}

function define(value: unknown, path: string, allowed: readonly TypeName[], report: Report): void {
  const t = checkTexts[language.value];
  if (typeof value !== "object" || value === null) return report(path, value === undefined ? t.missing : t.object);
  const map = value as Map_;
  const type = map.type as TypeName;
  if (!allowed.includes(type)) return report(`${path}.type`, t.type(allowed.join(", ")));
  if (type === "bool" || type === "enum" || type === "stringenum") mapping(map.mapping, type, `${path}.mapping`, report);
  else if (type === "int" || type === "float") bounds(map, type, path, report);
  else if (type === "string") lengths(map, path, report);
  else if (type === "struct") {
    if (!Array.isArray(map.specs) || map.specs.length === 0) report(`${path}.specs`, t.members);
    else fields(map.specs, `${path}.specs`, "dataType", 20, report);
  } else if (type === "array") define(map.arrayInfo, `${path}.arrayInfo`, ELEMENT_TYPES, report);
}

function mapping(value: unknown, type: TypeName, path: string, report: Report): void {
  const t = checkTexts[language.value];
  if (typeof value !== "object" || value === null) return report(path, t.missing);
  const entries = Object.entries(value as Map_);
  if (type === "bool" && entries.map(([key]) => key).join() !== "0,1") return report(path, t.bool);
  if (entries.length < 1 || entries.length > 100) return report(path, t.entries(100));
  for (const [key, label] of entries) {
    if (key === "" && type !== "bool") {
      report(path, t.missing);
      continue;
    }
    if (type === "enum" && !/^(0|[1-9]\d*)$/.test(key)) report(path, t.enumKey(key));
    const bytes = new TextEncoder().encode(key).length;
    if (type === "stringenum" && bytes > 64) report(path, t.stringKey(key));
    if ([...String(label)].length > 20) report(path, t.tooLong(20));
  }
}

/** `undefined`: not given; `NaN`: told already. */
function figure(map: Map_, key: string, isWhole: boolean, path: string, report: Report): number | undefined {
  const t = checkTexts[language.value];
  const text = String(map[key] ?? "").trim();
  if (text === "") return undefined;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) report(`${path}.${key}`, t.number);
  else if (isWhole && !/^[+-]?\d+(\.0+)?$/.test(text)) report(`${path}.${key}`, t.whole);
  else if (isWhole && Math.abs(Number(text)) > INT_MAX) report(`${path}.${key}`, t.overflow);
  else return Number(text);
  return Number.NaN;
}

function bounds(map: Map_, type: "int" | "float", path: string, report: Report): void {
  const t = checkTexts[language.value];
  const [min, max, start, step] = ["min", "max", "start", "step"].map((key) => figure(map, key, type === "int", path, report));
  if (min === undefined) report(`${path}.min`, t.missing);
  if (max === undefined) report(`${path}.max`, t.missing);
  if (min === undefined || max === undefined) return;
  if (min >= max) report(`${path}.min`, t.range);
  else if (start !== undefined && (start < min || start > max)) report(`${path}.start`, t.start);
  if (step !== undefined && (step <= 0 || step > (max - min) * (1 + Number.EPSILON * 4))) report(`${path}.step`, t.step);
  if ([...String(map.unit ?? "")].length > 12) report(`${path}.unit`, t.tooLong(12));
}

function lengths(map: Map_, path: string, report: Report): void {
  const t = checkTexts[language.value];
  const [min, max] = ["min", "max"].map((key) => figure(map, key, true, path, report));
  if (min !== undefined && min < 0) report(`${path}.min`, t.negative);
  if (max !== undefined && max < 0) report(`${path}.max`, t.negative);
  if (max !== undefined && max > 2048) report(`${path}.max`, t.bytes);
  if ((min ?? 0) > (max ?? 2048)) report(`${path}.min`, t.range);
}
