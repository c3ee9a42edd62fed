// Samples as a chart takes them: a silence longer than the usual pace is a gap.
import type { Sample } from "./read";

/** A silence of so many usual steps is a gap. */
const STEPS = 5;
const GAP_LEAST = 60_000;

export interface Series {
  /** Seconds, ascending. */
  times: number[];
  values: (number | null)[];
}

export function seriesOf(samples: Sample[]): Series {
  const times: number[] = [];
  const values: (number | null)[] = [];
  const longest = gapOf(samples);
  samples.forEach((sample, at) => {
    const before = samples[at - 1];
    if (before && sample.at - before.at > longest) {
      times.push((before.at + 1) / 1000);
      values.push(null);
    }
    const value = Number(sample.value);
    times.push(sample.at / 1000);
    values.push(Number.isFinite(value) ? value : null);
  });
  return { times, values };
}

function gapOf(samples: Sample[]): number {
  const steps = samples.slice(1).map((sample, at) => sample.at - (samples[at]?.at ?? 0));
  steps.sort((a, b) => a - b);
  return Math.max(GAP_LEAST, STEPS * (steps[Math.floor(steps.length / 2)] ?? 0));
}
