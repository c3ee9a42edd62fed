// What there is of a product: read from the server, a bounded number of calls.
import { computed, type ComputedRef } from "vue";

import { call } from "../../../api/call";
import type { ProductEntry } from "../../../api/generated";
import { type Query, useQuery, useReload } from "../../../api/query";
import { type Facts, functionsOf } from "./steps";

/** Of a product with many devices so many are looked at, and so many of those that have signed in are asked for values. */
const LOOKED_AT = 100;
const ASKED = 3;

export interface ProductFacts extends Facts {
  /** Devices that have signed in, of those looked at. */
  activated: number;
}

export function useFacts(product: ComputedRef<ProductEntry | undefined>): Query<ProductFacts | undefined> {
  const query = useQuery(async (signal) => {
    const entry = product.value;
    if (!entry) return undefined;
    const { ProductId, DevStatus } = entry;
    const [model, devices] = await Promise.all([
      call("DescribeModelDefinition", { ProductId }, signal),
      call("GetDeviceList", { ProductId, Offset: 0, Limit: LOOKED_AT }, signal),
    ]);
    const active = devices.Devices.filter((device) => (device.FirstOnlineTime ?? 0) > 0).sort((a, b) => b.LoginTime - a.LoginTime);
    const values = await Promise.all(
      active.slice(0, ASKED).map(({ DeviceName }) => call("DescribeDeviceData", { ProductId, DeviceName }, signal)),
    );
    return {
      functions: functionsOf(model.Model?.ModelDefine ?? ""),
      devices: devices.Total,
      activated: active.length,
      hasReported: values.some(({ Data }) => Data !== "" && Data !== "{}"),
      state: DevStatus,
    };
  }, [computed(() => product.value?.ProductId), computed(() => product.value?.DevStatus)]);
  useReload(15, query);
  return query;
}
