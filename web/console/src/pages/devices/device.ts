// The device whose page is open: read once for all its tabs.
import { computed, type ComputedRef, inject, type InjectionKey, provide, type Ref, ref } from "vue";

import { call } from "../../api/call";
import type { DeviceInfo, ProductEntry } from "../../api/generated";
import { fromNow, useLive } from "../../api/live/live";
import { type Query, useQuery, useReload } from "../../api/query";
import { type Model, parseModel } from "./model";

export interface Device {
  product: string;
  name: string;
  info: Query<DeviceInfo | undefined>;
  kind: Query<ProductEntry | undefined>;
  /** Without one for products that pass bytes through. */
  model: ComputedRef<Model | undefined>;
  modelQuery: Query<Model | undefined>;
  /** Grows when it comes or goes. */
  changes: Ref<number>;
}

const KEY: InjectionKey<Device> = Symbol("device");

export function provideDevice(product: string, name: string): Device {
  const info = useQuery(
    async (signal) => (await call("DescribeDevice", { ProductId: product, DeviceName: name }, signal)).Device,
  );
  const kind = useQuery(async (signal) => (await call("DescribeStudioProduct", { ProductId: product }, signal)).Product);
  const modelQuery = useQuery(async (signal) => {
    const answer = await call("DescribeModelDefinition", { ProductId: product }, signal);
    return parseModel(answer.Model?.ModelDefine ?? "");
  });
  const changes = ref(0);
  const live = useLive(() => fromNow(product, name, { kinds: ["status"] }), {
    begun: info.reload,
    shown() {
      changes.value += 1;
      void info.reload();
    },
  });
  // Other facts of it change rarely.
  useReload(5, info, () => !live.isUp.value || Date.now() - info.at.value > 30_000);
  const device: Device = { product, name, info, kind, modelQuery, changes, model: computed(() => modelQuery.data.value) };
  provide(KEY, device);
  return device;
}

export function useDevice(): Device {
  const device = inject(KEY);
  if (!device) throw new Error("a tab outside a device page");
  return device;
}

const DAY = 86_400_000;

export interface Connection {
  /** Milliseconds. */
  since: number;
  isOnline: boolean;
  address: string;
  protocol: string;
}

/** When it came or went last, and from where; nothing when that is older than the log. */
export function useConnection(device: Device): Query<Connection | undefined> {
  return useQuery(
    async (signal) => {
      const answer = await call(
        "ListDeviceLog",
        {
          ProductId: device.product,
          DeviceName: device.name,
          Kinds: ["status"],
          MinTime: Date.now() - 7 * DAY,
          MaxTime: Date.now() + DAY,
          Limit: 1,
        },
        signal,
      );
      const row = answer.Rows[0];
      if (!row) return undefined;
      return {
        since: row.Time,
        isOnline: row.Scene === "ONLINE",
        address: /clientip:([^,]+)/.exec(row.Content)?.[1] ?? "",
        protocol: protocol(row.Content),
      };
    },
    [() => device.info.data.value?.Status, device.changes],
  );
}

/** The number is that of MQTT's CONNECT packet. */
function protocol(facts: string): string {
  const level = /version:(\d+)/.exec(facts)?.[1];
  return level ? ({ 3: "MQTT 3.1", 4: "MQTT 3.1.1", 5: "MQTT 5" }[level] ?? "") : "";
}
