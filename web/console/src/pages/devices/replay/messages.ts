// Messages of a window in the order they were committed, and what they say about properties.
import { call } from "../../../api/call";
import type { LoggedMessage } from "../../../api/generated";
import { patient } from "../../../api/patient";
import { unixMillis } from "../../../text/format";
import { type Json, parseJson } from "../model";

export interface Message {
  position: string;
  /** Milliseconds: when it was committed. */
  at: number;
  /** What a device's sample is dated. */
  sampled: number;
  kind: string;
  direction: string;
  topic: string;
  code: number;
  reason: string;
  /** Text, or Base64 when the bytes are none. */
  content: string;
  isText: boolean;
}

export interface Values {
  at: number;
  values: Record<string, Json>;
}

/** One window is read up to here; what comes later is left out, and the page says so. */
export const MESSAGES_MAX = 5000;
const PAGE = 1000;

export interface WindowOf {
  product: string;
  name: string;
  min: number;
  max: number;
}

export async function readMessages(of: WindowOf, signal: AbortSignal): Promise<{ messages: Message[]; isCut: boolean }> {
  const messages: Message[] = [];
  let Context = "";
  for (;;) {
    const asked = { ProductId: of.product, DeviceName: of.name, MinTime: of.min, MaxTime: of.max, Context, Limit: PAGE };
    const answer = await patient(() => call("ListMessages", asked, signal), signal);
    messages.push(...answer.Messages.map(read));
    Context = answer.Context;
    if (answer.Listover || messages.length >= MESSAGES_MAX) return { messages, isCut: !answer.Listover };
  }
}

function read(row: LoggedMessage): Message {
  const content = textOf(row.Payload);
  return {
    position: row.Position,
    at: row.CommitTime,
    sampled: row.SampleTime,
    kind: row.Kind,
    direction: row.Direction,
    topic: row.Topic,
    code: row.Code,
    reason: row.Reason,
    content: content ?? row.Payload,
    isText: content !== undefined,
  };
}

export function textOf(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Property values an accepted message brought, each with its time; nothing for all others. */
export function valuesIn(message: Message): Values[] {
  if (message.direction !== "up" || message.code !== 0 || !message.isText) return [];
  const whole = objectOf(parseJson(message.content));
  if (message.kind === "PropertyReport") {
    const values = objectOf(whole["params"]);
    return [{ at: message.sampled, values }];
  }
  if (message.kind !== "PropertyOther" || whole["method"] !== "pack_report" || !Array.isArray(whole["params"])) return [];
  return whole["params"].map((item) => {
    const { timestamp, properties } = objectOf(item);
    return { at: sampleTime(timestamp, message.at), values: objectOf(properties) };
  });
}

function sampleTime(timestamp: Json | undefined, received: number): number {
  if (typeof timestamp !== "number" || timestamp === 0) return received;
  return unixMillis(timestamp);
}

export function objectOf(value: Json | undefined): Record<string, Json> {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}
