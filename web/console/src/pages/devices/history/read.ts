// What a property was, oldest first.
import { call } from "../../../api/call";
import { patient } from "../../../api/patient";
import { type Define, isDrawn, type Json, parseJson } from "../model";
import { readSummary, stepFor, type Summary } from "./summary";

export interface Sample {
  /** Milliseconds. */
  at: number;
  value: Json;
}

export interface Wanted {
  product: string;
  name: string;
  field: string;
  define: Define;
  min: number;
  max: number;
  /** Numbers are reduced to steps when there are more, of others the newer ones are left out. */
  most: number;
}

export interface Found {
  /** Empty where there is a summary. */
  samples: Sample[];
  summary?: Summary;
  /** Values that are shown, or stand behind a step that is. */
  count: number;
  /** Milliseconds up to which there are all of them, if newer ones were left out. */
  cutAt?: number;
}

const PAGE = 100;

/** All values one by one, or numbers in steps when they are many. */
export async function readHistory(wanted: Wanted, signal: AbortSignal): Promise<Found> {
  if (!isDrawn(wanted.define)) return readSamples(wanted, signal);
  const summary = await readSummary(wanted, stepFor(wanted.max - wanted.min), signal);
  if (summary.count <= wanted.most) return readSamples(wanted, signal);
  const found = { samples: [], summary, count: summary.count };
  return summary.isCut ? { ...found, cutAt: summary.steps.at(-1)?.at ?? wanted.min } : found;
}

async function readSamples(wanted: Wanted, signal: AbortSignal): Promise<Found> {
  const samples: Sample[] = [];
  let Context = "";
  for (;;) {
    const asked = {
      ProductId: wanted.product,
      DeviceName: wanted.name,
      FieldName: wanted.field,
      MinTime: wanted.min,
      MaxTime: wanted.max,
      Limit: PAGE,
      Context,
    };
    const answer = await patient(() => call("DescribeDeviceDataHistory", asked, signal), signal);
    for (const row of answer.Results) samples.push({ at: Number(row.Time), value: valueOf(wanted.define, row.Value) });
    Context = answer.Context;
    if (answer.Listover || !Context || samples.length >= wanted.most) {
      samples.sort((a, b) => a.at - b.at);
      const found = { samples, count: samples.length };
      return answer.Listover ? found : { ...found, cutAt: samples.at(-1)?.at ?? wanted.min };
    }
  }
}

/** Rows hold texts: a text as it is, all else as JSON. */
function valueOf(define: Define, text: string): Json {
  if (define.type === "string" || define.type === "stringenum") return text;
  return parseJson(text) ?? text;
}
