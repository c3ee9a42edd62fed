// Problems that a diagnosis can name, with cause and cure. They change with the server only: read once for each language.
import { call } from "../../../api/call";
import type { KnownProblem } from "../../../api/generated";
import { language } from "../../../text/language";

const read = new Map<string, Promise<KnownProblem[]>>();

export function loadKnown(): Promise<KnownProblem[]> {
  const spoken = language.value;
  const before = read.get(spoken);
  if (before) return before;
  const asked = call("ListKnownProblems", {}).then((answer) => answer.KnownProblems);
  read.set(spoken, asked);
  // One that failed is asked for again.
  asked.catch(() => read.delete(spoken));
  return asked;
}
