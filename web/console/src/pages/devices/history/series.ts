// Values as a chart takes them: a silence longer than the usual pace is a gap.
import type { Sample } from "./read";
import type { Summary } from "./summary";

/** A silence of so many usual steps is a gap. */
const STEPS = 5;
const GAP_LEAST = 60_000;

interface Point {
  /** Milliseconds. */
  at: number;
  /** One for each line of the chart. */
  values: (number | null)[];
}

export interface Series {
  /** Seconds, ascending. */
  times: number[];
  /** A row for each line of the chart. */
  lines: (number | null)[][];
}

export function seriesOf(samples: Sample[]): Series {
  const points = samples.map(({ at, value }) => ({ at, values: [Number.isFinite(Number(value)) ? Number(value) : null] }));
  return drawn(points, 1);
}

/** Three lines: the highest, the lowest, and the average; of values that jump, the last instead. */
export function seriesOfSteps({ steps, step }: Summary, isStepped: boolean): Series {
  const points = steps.map(({ at, lowest, highest, average, last }) =>
    isStepped ? { at, values: [highest, lowest, last] } : { at: at + step / 2, values: [highest, lowest, average] },
  );
  return drawn(points, 3);
}

function drawn(points: Point[], lines: number): Series {
  const series: Series = { times: [], lines: Array.from({ length: lines }, () => []) };
  const put = (at: number, values?: (number | null)[]) => {
    series.times.push(at / 1000);
    series.lines.forEach((line, nth) => line.push(values?.[nth] ?? null));
  };
  const longest = gapOf(points);
  points.forEach(({ at, values }, nth) => {
    const before = points[nth - 1];
    if (before && at - before.at > longest) put(before.at + 1);
    put(at, values);
  });
  return series;
}

function gapOf(points: Point[]): number {
  const steps = points.slice(1).map(({ at }, nth) => at - (points[nth]?.at ?? 0));
  steps.sort((a, b) => a - b);
  return Math.max(GAP_LEAST, STEPS * (steps[Math.floor(steps.length / 2)] ?? 0));
}
