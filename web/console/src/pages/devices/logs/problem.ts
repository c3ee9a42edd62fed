// What the thing model says about a message that is on record.
import { call } from "../../../api/call";
import type { DeviceLogRow } from "../../../api/generated";
import { indent, indexOfByte } from "./indent";

export interface Problem {
  /** In plain words, or the answer a device gets. */
  text: string;
  /** The message in three pieces; the middle one is at fault. */
  pieces: [string, string, string];
}

const FUNCTION = /^\$thing\/up\/(property|event|action)\//;

/** Whether there is anything to judge: a message up on a topic of the thing model. */
export function isJudged(line: DeviceLogRow): boolean {
  return line.PayloadFormat !== "base64" && line.Direction === "up" && FUNCTION.test(line.Topic) && line.Kind !== "diagnostic";
}

/** By the model there is now; nothing when it accepts the message. */
export async function problemOf(product: string, line: DeviceLogRow): Promise<Problem | undefined> {
  const verdict = await call("DescribeMessageVerdict", {
    ProductId: product,
    Function: FUNCTION.exec(line.Topic)?.[1] ?? "",
    Payload: line.Content,
  });
  if (verdict.Accepted) return undefined;
  const text = verdict.Text || verdict.Status;
  const start = indexOfByte(line.Content, verdict.Offset);
  const end = verdict.Length ? indexOfByte(line.Content, verdict.Offset + verdict.Length) : start;
  const indented = indent(line.Content);
  const shown = indented?.text ?? line.Content;
  const [from, to] = indented ? indented.span(start, end) : [start, end];
  return { text, pieces: [shown.slice(0, from), shown.slice(from, to), shown.slice(to)] };
}
