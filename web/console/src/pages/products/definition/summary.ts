// A definition in a few words, for the table.
import { language } from "../../../text/language";
import type { Define, Draft } from "./model";
import { wordTexts } from "./texts";

export function typeName(define: Define | undefined): string {
  return define ? (wordTexts[language.value].types[define.type] ?? String(define.type)) : "–";
}

export function summary(draft: Draft): string {
  const t = wordTexts[language.value];
  if (draft.kind === "properties") return ofDefine(draft.fn.define);
  if (draft.kind === "events") return t.members(draft.fn.params?.length ?? 0);
  return t.params(draft.fn.input?.length ?? 0, draft.fn.output?.length ?? 0);
}

function ofDefine(define: Define | undefined): string {
  const t = wordTexts[language.value];
  switch (define?.type) {
    case "bool":
    case "enum":
    case "stringenum":
      return Object.entries(define.mapping ?? {})
        .map(([key, label]) => `${key}: ${label}`)
        .join(", ");
    case "int":
    case "float":
      return [`${define.min ?? ""} – ${define.max ?? ""} ${define.unit ?? ""}`.trim(), define.step && t.step(define.step)]
        .filter(Boolean)
        .join(", ");
    case "string":
      return t.bytes(define.min ?? "0", define.max ?? "2048");
    case "struct":
      return (define.specs ?? []).map((member) => member.id).join(", ");
    case "array":
      return t.elements(typeName(define.arrayInfo));
    default:
      return "–";
  }
}
