// Every operation there is: the specification's files, read when the explorer is opened.
import declinedText from "../../../../../../edge/cloud-api/declined.txt?raw";
import missingText from "../../../../../../edge/cloud-api/not_implemented.txt?raw";

export interface FieldSpec {
  name: string;
  type: "integer" | "string" | "boolean" | "number" | "array" | "object";
  element_type?: string;
  ref?: string;
  required?: boolean | null;
  format?: string;
  deprecated?: boolean;
}

export interface Structure {
  fields: FieldSpec[];
}

export interface Operation {
  service: string;
  version: string;
  name: string;
  group: string;
  purpose: string;
  request: FieldSpec[];
  response: FieldSpec[];
  structures: Record<string, Structure>;
  /** What it may be refused with, as the vendor lists it; none for operations of our own. */
  errors: string[];
  state: "served" | "missing" | "declined";
  /** Why it is declined. */
  reason: string;
}

interface SpecFile {
  service: string;
  version: string;
  groups?: Record<string, string>;
  actions: { name: string; group: string; purpose?: string; request: FieldSpec[]; response: FieldSpec[]; error_codes?: string[] }[];
  structures: Record<string, Structure>;
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

const missing = new Set(lines(missingText));
/** Name, code, reason. */
const declined = new Map(lines(declinedText).map((line) => [line.split(" ")[0], line.split(" ").slice(2).join(" ")]));

function read(file: SpecFile): Operation[] {
  return file.actions.map((action) => ({
    service: file.service,
    version: file.version,
    name: action.name,
    group: action.group,
    purpose: action.purpose ?? "",
    request: action.request,
    response: action.response,
    structures: file.structures,
    errors: action.error_codes ?? [],
    state: declined.has(action.name) ? "declined" : missing.has(action.name) ? "missing" : "served",
    reason: declined.get(action.name) ?? "",
  }));
}

export async function loadCatalogue(): Promise<Operation[]> {
  const files = await Promise.all([
    import("../../../../../../spec/cloud-api.json"),
    import("../../../../../../spec/lianwu-api.json"),
    import("../../../../../../spec/iotcloud-api.json"),
  ]);
  return files.flatMap((file) => read(file.default as unknown as SpecFile));
}

/** Which operations can be refused with each code. */
export function errorsOf(operations: Operation[]): Map<string, Operation[]> {
  const found = new Map<string, Operation[]>();
  for (const operation of operations) for (const code of operation.errors) found.set(code, [...(found.get(code) ?? []), operation]);
  return found;
}

/** Whether a part of its name, of what it is for, or of a code it answers with was typed. */
export function isMeant(operation: Operation, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  return [operation.name, operation.purpose, ...operation.errors].some((text) => text.toLowerCase().includes(wanted));
}

/** Operations of two services may share a name: an address tells them apart. Without a dot, which would make a file's name of it. */
export function keyOf(operation: Operation): string {
  return `${operation.service}-${operation.name}`;
}
