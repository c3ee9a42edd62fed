// The import of devices that is under way, or was last: it goes on when its dialog is left, and is there when that is opened again.
import { ref, shallowRef, triggerRef } from "vue";

import { beginWork, endWork, type LongWork } from "../../parts/longWork";
import { language } from "../../text/language";
import { type ImportRow, makeDevices } from "./import";
import { importTexts } from "./texts";

export const product = ref("");
export const rows = shallowRef<ImportRow[]>([]);
export const running = shallowRef<AbortController>();
export const isDone = ref(false);
let told: LongWork | undefined;

export const count = (state: ImportRow["state"]): number => rows.value.filter((row) => row.state === state).length;

export async function startImport(): Promise<void> {
  const mine = new AbortController();
  running.value = mine;
  const all = count("waiting");
  told = beginWork({
    title: () => importTexts[language.value].title,
    all,
    to: { name: "devices", query: { import: "true" } },
    stop: () => mine.abort(),
  });
  let left = all;
  await makeDevices(product.value, rows.value, mine.signal, () => {
    left -= 1;
    if (told) told.done = all - left;
    triggerRef(rows);
  });
  running.value = undefined;
  isDone.value = true;
  const [made, failed] = [count("made"), count("failed")];
  if (told) told.outcome = () => importTexts[language.value].result(made, failed);
}

/** Its window is open: it tells more than the line at the top. */
export function showImport(): void {
  if (told) told.isInView = true;
}

/** One that came to its end was seen: the next begins anew. */
export function seenImport(): void {
  if (told) told.isInView = false;
  if (running.value) return;
  endWork(told);
  told = undefined;
  rows.value = [];
  isDone.value = false;
}
