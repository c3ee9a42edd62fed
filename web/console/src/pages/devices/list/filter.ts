// What a list of devices is asked for with; all of it is in the address.
import { computed, type ComputedRef } from "vue";

import type { ListDevicesRequest } from "../../../api/generated";
import { type Address, useAddress } from "../../../parts/address";

/** Stands for the product where all are meant. */
export const ALL = "-1";

export const STATES = ["", "online", "offline", "inactive", "disabled"] as const;

const DEFAULTS = { product: "", project: "", state: "", name: "", tag: "", firmware: "", after: "", size: 20 };

export interface DeviceFilter {
  address: Address<typeof DEFAULTS>;
  /** `key=value`, each. */
  tags: ComputedRef<string[]>;
  addTag(tag: string): void;
  removeTag(tag: string): void;
  isFiltered: ComputedRef<boolean>;
  clear(): void;
  /** For a product, or a project with `-1/` in front, or `-1/` alone for all; page and size apart. */
  request(chosen: string): ListDevicesRequest;
}

export function useDeviceFilter(): DeviceFilter {
  const address = useAddress(DEFAULTS, ["after"]);
  const tags = computed(() => readTags(address.tag.value));

  function setTags(all: string[]): void {
    address.tag.value = writeTags(all);
    address.after.value = "";
  }

  return {
    address,
    tags,
    addTag(tag) {
      if (isTag(tag) && !tags.value.includes(tag)) setTags([...tags.value, tag]);
    },
    removeTag: (tag) => setTags(tags.value.filter((each) => each !== tag)),
    isFiltered: computed(() => Boolean(address.state.value || address.name.value || address.tag.value || address.firmware.value)),
    clear() {
      for (const name of ["state", "name", "tag", "firmware", "after"] as const) address[name].value = "";
    },
    request(chosen) {
      const [ProductId = ALL, ProjectId = ""] = chosen.split("/");
      return {
        ...(ProductId === ALL ? { ProjectId } : { ProductId }),
        State: address.state.value,
        DeviceName: address.name.value,
        FirmwareVersion: address.firmware.value,
        Tags: tags.value.map((tag) => ({ Key: tag.slice(0, tag.indexOf("=")), Value: tag.slice(tag.indexOf("=") + 1) })),
      };
    },
  };
}

/** A key, an equals sign, and a value, which may be empty. */
export function isTag(text: string): boolean {
  return text.indexOf("=") > 0;
}

/** Several in one part of the address, a comma between them. */
export function writeTags(tags: string[]): string {
  return tags.map((tag) => tag.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

export function readTags(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.replaceAll("%2C", ",").replaceAll("%25", "%"));
  return tags.filter(isTag);
}
