// What every property was at every moment of a window, from its values at the begin and the reports in it.
import type { Json } from "../model";
import { type Message, valuesIn } from "./messages";

export interface Change {
  /** The property has the value once so many messages have been seen. */
  step: number;
  /** Milliseconds: when it was sampled. */
  at: number;
  value: Json;
}

/** Changes of each property, in the order of their steps. */
export type Tracks = Map<string, Change[]>;

export type StartValues = Map<string, { at: number; value: Json }>;

/** A sample that is older than what is known changes nothing, as with the platform's latest values. */
export function tracksOf(messages: Message[], start: StartValues): Tracks {
  const tracks: Tracks = new Map();
  for (const [id, { at, value }] of start) tracks.set(id, [{ step: 0, at, value }]);
  messages.forEach((message, index) => {
    for (const { at, values } of valuesIn(message)) {
      for (const [id, value] of Object.entries(values)) {
        const track = tracks.get(id) ?? [];
        const last = track.at(-1);
        if (last && last.at > at) continue;
        track.push({ step: index + 1, at, value });
        tracks.set(id, track);
      }
    }
  });
  return tracks;
}

/** What it was after the first `step` messages; nothing when that is not known. */
export function changeAt(tracks: Tracks, id: string, step: number): Change | undefined {
  const track = tracks.get(id) ?? [];
  return track[countUntil(track, (change) => change.step <= step) - 1];
}

/** How many messages had been committed by then. */
export function stepAt(messages: Message[], at: number): number {
  return countUntil(messages, (message) => message.at <= at);
}

/** How many from the front it holds for; it must hold for no later one where it does not for an earlier. */
function countUntil<T>(rows: T[], holds: (row: T) => boolean): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && holds(row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Messages in each of so many equal parts of the window: accepted or without an answer, and refused. */
export function activity(messages: Message[], min: number, max: number, parts: number): { good: number; bad: number }[] {
  const counts = Array.from({ length: parts }, () => ({ good: 0, bad: 0 }));
  const width = Math.max(1, max - min) / parts;
  for (const message of messages) {
    const count = counts[Math.min(parts - 1, Math.max(0, Math.floor((message.at - min) / width)))];
    if (!count) continue;
    if (message.code === 0) count.good += 1;
    else count.bad += 1;
  }
  return counts;
}
