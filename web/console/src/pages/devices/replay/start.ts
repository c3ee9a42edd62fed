// Values at the begin of a window.
import { call } from "../../../api/call";
import { patient } from "../../../api/patient";
import { type Json, parseJson, type Property } from "../model";
import { objectOf, type WindowOf } from "./messages";
import type { StartValues } from "./tracks";

const PAGE = 100;
const PAGES_MAX = 5;
const BEFORE = 3 * 86_400_000;

/**
 * A latest value that is older than the window was there at its begin; for the others the log is read backwards, newest report
 * first, until all are found or 500 lines were read.
 */
export async function startValues(of: WindowOf, properties: Property[], signal: AbortSignal): Promise<StartValues> {
  const found: StartValues = new Map();
  const ids = { ProductId: of.product, DeviceName: of.name };
  const { Data } = await patient(() => call("DescribeDeviceData", ids, signal), signal);
  for (const [id, latest] of Object.entries(objectOf(parseJson(Data)))) {
    const { Value, LastUpdate } = objectOf(latest);
    if (Value !== undefined && typeof LastUpdate === "number" && LastUpdate < of.min) found.set(id, { at: LastUpdate, value: Value });
  }
  let Context = "";
  for (let page = 0; page < PAGES_MAX && properties.some(({ id }) => !found.has(id)); page += 1) {
    const asked = { ...ids, Kinds: ["thing_model"], Direction: "up", MinTime: Math.max(0, of.min - BEFORE), MaxTime: Math.max(0, of.min - 1), Context, Limit: PAGE };
    const answer = await patient(() => call("ListDeviceLog", asked, signal), signal);
    for (const row of answer.Rows) take(found, row.Time, objectOf(parseJson(row.Content)));
    Context = answer.Context;
    if (answer.Listover) break;
  }
  return found;
}

function take(found: StartValues, at: number, message: Record<string, Json>): void {
  if (message["method"] !== "report") return;
  for (const [id, value] of Object.entries(objectOf(message["params"]))) {
    if (!found.has(id)) found.set(id, { at, value });
  }
}
