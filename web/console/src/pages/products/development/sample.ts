// A report that fits a thing model: its first properties with their initial values.
import { scan } from "../../../text/json";
import { asModel, type Define } from "../definition/model";

export function sampleParams(definition: string | undefined): Record<string, unknown> {
  if (!definition || scan(definition).error) return {};
  const model = asModel(JSON.parse(definition));
  const simple = (model?.properties ?? []).filter((property) => !["struct", "array"].includes(property.define?.type));
  return Object.fromEntries(simple.slice(0, 2).map((property) => [property.id, sampleValue(property.define)]));
}

function sampleValue(define: Define): unknown {
  switch (define.type) {
    case "int":
    case "float":
      return Number(define.start || define.min || 0);
    case "bool":
      return 1;
    case "enum":
      return Number(Object.keys(define.mapping ?? {})[0] ?? 0);
    case "stringenum":
      return Object.keys(define.mapping ?? {})[0] ?? "";
    case "timestamp":
      return Math.floor(Date.now() / 1000);
    default:
      return "hello".padEnd(Number(define.min ?? 0), ".").slice(0, Number(define.max ?? 64));
  }
}
