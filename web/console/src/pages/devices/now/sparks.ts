// The last hour of each property that can be drawn: read once, then grown by what is reported.
import { onScopeDispose, type Ref, shallowRef, type ShallowRef, watch } from "vue";

import type { Device } from "../device";
import type { Sample } from "../history/read";
import { readSummary } from "../history/summary";
import { isDrawn, type Json } from "../model";

export interface Latest {
  Value: Json;
  LastUpdate: number;
}

const HOUR = 3_600_000;
/** What is finer than this is not seen in a line so small. */
const STEP = 15_000;
const MOST = 2000;

export function useSparks(device: Device, latest: Ref<Record<string, Latest> | undefined>): ShallowRef<Record<string, Sample[]>> {
  const samples = shallowRef<Record<string, Sample[]>>({});
  const stop = new AbortController();
  onScopeDispose(() => stop.abort());

  // One after the other: the cards' values must not wait for the platform's rate.
  async function read(): Promise<void> {
    for (const property of device.model.value?.properties ?? []) {
      if (stop.signal.aborted || !isDrawn(property.define)) continue;
      const max = Date.now();
      const { product, name } = device;
      try {
        const found = await readSummary({ product, name, field: property.id, min: max - HOUR, max }, STEP, stop.signal);
        const older = found.steps.map(({ at, last }) => ({ at, value: last }));
        samples.value = { ...samples.value, [property.id]: merge(older, samples.value[property.id] ?? []) };
      } catch {
        // A card without its line still says everything; what is wrong shows where the values are read.
      }
    }
  }

  watch(
    device.model,
    (model) => {
      if (model) void read();
    },
    { immediate: true },
  );
  watch(latest, (now) => {
    const grown = { ...samples.value };
    for (const [id, value] of Object.entries(now ?? {})) {
      grown[id] = merge(grown[id] ?? [], [{ at: value.LastUpdate, value: value.Value }]);
    }
    samples.value = grown;
  });
  return samples;
}

function merge(older: Sample[], newer: Sample[]): Sample[] {
  const last = older.at(-1)?.at ?? 0;
  return [...older, ...newer.filter((sample) => sample.at > last)].slice(-MOST);
}
