// Sending a control to a device and following what becomes of it.
import { call } from "../../api/call";
import { type ApiError, asApiError } from "../../api/error";
import type { DeviceLogRow } from "../../api/generated";
import { type Json, parseJson } from "./model";

export type ControlState =
  | { is: "sending" }
  /** On its way: the device has not answered. */
  | { is: "pending" }
  /** The device was offline or did not listen. */
  | { is: "waiting" }
  | { is: "confirmed" }
  | { is: "refused"; code: number; status: string }
  | { is: "silent" }
  | { is: "failed"; error: ApiError };

const TRIES = 10;
const PAUSE = 1000;
/** Clocks of viewer and server may differ by so much. */
const SKEW = 3_600_000;

export async function control(
  product: string,
  name: string,
  params: { [id: string]: Json },
  tell: (state: ControlState) => void,
): Promise<void> {
  tell({ is: "sending" });
  try {
    const sent = await call("ControlDeviceData", { ProductId: product, DeviceName: name, Data: JSON.stringify(params) });
    const result = parseJson(sent.Result) as { Sent?: number } | undefined;
    if (result?.Sent !== 1) {
      tell({ is: "waiting" });
      return;
    }
    tell({ is: "pending" });
    tell(await answerOf(product, name, sent.RequestId));
  } catch (thrown) {
    tell({ is: "failed", error: asApiError(thrown) });
  }
}

/** The device's reply stands in the content log under the token of the message that the call made. */
async function answerOf(product: string, name: string, requestId: string): Promise<ControlState> {
  let token = "";
  for (let tried = 0; tried < TRIES; tried += 1) {
    if (tried > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (!token) token = (await rows(product, name, { RequestId: requestId }))[0]?.ClientToken ?? "";
    if (!token) continue;
    const replies = await rows(product, name, { Direction: "up", Keyword: token });
    const reply = replies.map((row): unknown => parseJson(row.Content)).find(isReply);
    if (reply) return reply.code === 0 ? { is: "confirmed" } : { is: "refused", code: reply.code, status: reply.status ?? "" };
  }
  return { is: "silent" };
}

async function rows(product: string, name: string, what: { RequestId?: string; Direction?: string; Keyword?: string }): Promise<DeviceLogRow[]> {
  const now = Date.now();
  const asked = { ProductId: product, DeviceName: name, Kinds: ["content"], MinTime: now - SKEW, MaxTime: now + SKEW, Limit: 10 };
  return (await call("ListDeviceLog", { ...asked, ...what })).Rows;
}

interface Reply {
  code: number;
  status?: string;
}

function isReply(message: unknown): message is Reply {
  return typeof message === "object" && message !== null && "code" in message && typeof message.code === "number";
}
