// What page and server say to each other over `/console/live`. Described in docs/adr/0033-live-view.md.
import type { DeviceLogRow, Operations } from "../generated";

export type LogRequest = Operations["ListDeviceLog"]["request"];

/** What there is new in one log. */
export interface Shown {
  Watch: number;
  /** Newest first. */
  Rows: DeviceLogRow[];
  /** Lines before them that were left out. */
  Missed: number;
  /** Others may be missing. */
  HasGap: boolean;
}

export type Told =
  | { Type: "Ready" | "Alive"; Time: number }
  | { Type: "Watching"; Watch: number; Time: number }
  | { Type: "Refused"; Watch: number; Code: string; Message: string; RequestId: string }
  | { Type: "Rows"; Time: number; Watches: Shown[] };

/** Codes a socket is closed with. */
export const SESSION_ENDED = 4401;
export const WRONG_PAGE_TOKEN = 4403;

/** Whether to look who is signed in before another socket is opened. */
export function isAboutSession(code: number): boolean {
  return code === SESSION_ENDED || code === WRONG_PAGE_TOKEN;
}
