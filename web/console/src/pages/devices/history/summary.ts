// The numbers of a property in steps of time: what a chart shows when there are more values than it has room for.
import { call } from "../../../api/call";
import { patient } from "../../../api/patient";

export interface Step {
  /** Milliseconds at which it begins. */
  at: number;
  count: number;
  lowest: number;
  highest: number;
  average: number;
  last: number;
}

export interface Summary {
  steps: Step[];
  /** Milliseconds of one step. */
  step: number;
  /** Values in all of them. */
  count: number;
  /** Whether newer ones were left out. */
  isCut: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
];
/** About as many as a chart has pixels. */
const STEPS_MOST = 900;
/** Calls at most: some two million values. */
const PAGES_MOST = 40;

/** The shortest step that people count in with which a range of so many milliseconds is no more than a chart shows. */
export function stepFor(range: number): number {
  const day = 24 * HOUR;
  return STEPS.find((step) => range / step <= STEPS_MOST) ?? Math.ceil(range / STEPS_MOST / day) * day;
}

export interface Asked {
  product: string;
  name: string;
  field: string;
  min: number;
  max: number;
}

export async function readSummary(asked: Asked, step: number, signal: AbortSignal): Promise<Summary> {
  const { product: ProductId, name: DeviceName, field: FieldName, min: MinTime, max: MaxTime } = asked;
  const steps: Step[] = [];
  let Context = "";
  for (let pages = 1; ; pages += 1) {
    const request = { ProductId, DeviceName, FieldName, MinTime, MaxTime, Step: step, Context };
    const answer = await patient(() => call("DescribeDeviceDataSummary", request, signal), signal);
    for (const { Time, Count, Lowest, Highest, Average, Last } of answer.Steps) {
      add(steps, { at: Time, count: Count, lowest: Lowest, highest: Highest, average: Average, last: Last });
    }
    Context = answer.Context;
    if (answer.Listover || pages === PAGES_MOST) {
      return { steps, step, count: steps.reduce((sum, { count }) => sum + count, 0), isCut: !answer.Listover };
    }
  }
}

/** A page may end within a step: the two parts are one. */
function add(steps: Step[], next: Step): void {
  const last = steps.at(-1);
  if (last?.at !== next.at) {
    steps.push(next);
    return;
  }
  const count = last.count + next.count;
  last.average = last.average * (last.count / count) + next.average * (next.count / count);
  last.count = count;
  last.lowest = Math.min(last.lowest, next.lowest);
  last.highest = Math.max(last.highest, next.highest);
  last.last = next.last;
}
