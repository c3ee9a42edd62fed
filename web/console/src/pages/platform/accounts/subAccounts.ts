import { call } from "../../../api/call";
import type { SubAccount } from "../../../api/generated";
import { allPages } from "../../../parts/allPages";

/** Of the main account that asks. */
export function subAccounts(signal: AbortSignal): Promise<SubAccount[]> {
  return allPages(async (Offset, Limit) => {
    const { SubAccounts, Total } = await call("ListSubAccounts", { Offset, Limit }, signal);
    return { rows: SubAccounts, total: Total };
  });
}
