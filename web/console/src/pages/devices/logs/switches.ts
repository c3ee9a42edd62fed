// The switches of the timeline: messages by their way, and the other kinds of lines. With none on, everything is shown.
import type { DeviceLogRow } from "../../../api/generated";

export const SWITCHES = ["up", "down", "event", "thing_model", "status", "diagnostic", "device"] as const;
export type Switch = (typeof SWITCHES)[number];

/** As the address has them; what is none is left out. */
export function readSwitches(text: string): Switch[] {
  const named = text.split(",");
  return SWITCHES.filter((each) => named.includes(each));
}

/** The switch a line belongs to. */
export function switchOf(row: Pick<DeviceLogRow, "Kind" | "Direction" | "Scene">): Switch {
  if (row.Kind !== "content") return SWITCHES.find((each) => each === row.Kind) ?? "diagnostic";
  if (row.Scene === "EVENT") return "event";
  return row.Direction === "down" ? "down" : "up";
}

export interface Asked {
  kinds: string[];
  direction: string;
  /** Besides the words of the viewer: it is in every line that fits. */
  word: string;
}

/** What the server is asked for; of what it answers, `switchOf` says which lines are shown. */
export function askedBy(on: Switch[]): Asked {
  const ways = on.filter((each) => each === "up" || each === "down");
  const isMessage = ways.length > 0 || on.includes("event");
  const kinds = [...(isMessage ? ["content"] : []), ...on.filter((each) => !["up", "down", "event"].includes(each))];
  const isAlone = on.length === 1;
  return { kinds, direction: isAlone ? (ways[0] ?? "") : "", word: isAlone && on[0] === "event" ? "EVENT" : "" };
}
