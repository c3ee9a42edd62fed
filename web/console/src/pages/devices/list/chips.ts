// The filter in words, each part of it to be taken off.
import { computed, type ComputedRef } from "vue";

import { useTexts } from "../../../text/language";
import { listTexts } from "../texts";
import type { DeviceFilter } from "./filter";

const NO_FIRMWARE = "None-FirmwareVersion";

export interface Chips {
  chips: ComputedRef<{ key: string; label: string }[]>;
  remove(key: string): void;
}

export function useChips(filter: DeviceFilter): Chips {
  const t = useTexts(listTexts);
  const { state, name, firmware } = filter.address;
  const label = (kind: string, text: string) => `${t.value.chip[kind]} ${text}`;
  const chips = computed(() => [
    ...(state.value ? [{ key: "state", label: label("state", t.value.states[state.value] ?? state.value) }] : []),
    ...(name.value ? [{ key: "name", label: label("name", name.value) }] : []),
    ...(firmware.value ? [{ key: "firmware", label: label("firmware", version(firmware.value)) }] : []),
    ...filter.tags.value.map((tag) => ({ key: `tag:${tag}`, label: label("tag", tag) })),
  ]);

  function version(text: string): string {
    return text === NO_FIRMWARE ? t.value.noFirmware : text;
  }

  function remove(key: string): void {
    if (key.startsWith("tag:")) filter.removeTag(key.slice("tag:".length));
    else filter.address[key as "state" | "name" | "firmware"].value = "";
  }

  return { chips, remove };
}
