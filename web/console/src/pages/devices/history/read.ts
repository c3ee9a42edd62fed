// What a property was, oldest first.
import { call } from "../../../api/call";
import { ApiError } from "../../../api/error";
import { type Define, type Json, parseJson } from "../model";

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
  /** Older ones are left out when there are more. */
  most: number;
}

export interface Found {
  samples: Sample[];
  /** Whether older ones were left out. */
  isCut: boolean;
}

const PAGE = 100;

export async function readHistory(wanted: Wanted, signal: AbortSignal): Promise<Found> {
  const samples: Sample[] = [];
  let Context = "";
  for (;;) {
    const answer = await page(wanted, Context, signal);
    for (const row of answer.Results) samples.push({ at: Number(row.Time), value: valueOf(wanted.define, row.Value) });
    Context = answer.Context;
    if (answer.Listover || !Context || samples.length >= wanted.most) {
      samples.sort((a, b) => a.at - b.at);
      return { samples, isCut: !answer.Listover };
    }
  }
}

async function page(wanted: Wanted, Context: string, signal: AbortSignal) {
  for (;;) {
    try {
      return await call(
        "DescribeDeviceDataHistory",
        {
          ProductId: wanted.product,
          DeviceName: wanted.name,
          FieldName: wanted.field,
          MinTime: wanted.min,
          MaxTime: wanted.max,
          Limit: PAGE,
          Context,
        },
        signal,
      );
    } catch (error) {
      // Over the platform's rate: it says so, and a moment later it answers.
      if (!(error instanceof ApiError) || !error.code.startsWith("RequestLimitExceeded")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Rows hold texts: a text as it is, all else as JSON. */
function valueOf(define: Define, text: string): Json {
  if (define.type === "string" || define.type === "stringenum") return text;
  return parseJson(text) ?? text;
}
