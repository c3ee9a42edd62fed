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
  state: "served" | "missing" | "declined";
  /** Why it is declined. */
  reason: string;
}

interface SpecFile {
  service: string;
  version: string;
  groups?: Record<string, string>;
  actions: { name: string; group: string; purpose?: string; request: FieldSpec[]; response: FieldSpec[] }[];
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

/** Operations of two services may share a name: an address tells them apart. Without a dot, which would make a file's name of it. */
export function keyOf(operation: Operation): string {
  return `${operation.service}-${operation.name}`;
}
