// The shadow as the platform writes it, and what a change of it is.
import { type Json, parseJson } from "../model";

type Members = { [name: string]: Json };

export interface Shadow {
  version: number;
  /** Milliseconds; 0 before the first change. */
  at: number;
  reported: Members;
  desired: Members;
  rows: Row[];
}

/** One value with the way to it, on either side. */
export interface Row {
  path: string;
  reported: Side | undefined;
  desired: Side | undefined;
  /** Asked for, and not what the device reported. */
  isOpen: boolean;
}

export interface Side {
  text: string;
  /** Milliseconds; 0 where it is not told. */
  at: number;
}

export function parseShadow(text: string): Shadow {
  const whole = members(parseJson(text));
  const state = members(whole["state"]);
  const times = members(whole["metadata"]);
  const [reported, desired] = [members(state["reported"]), members(state["desired"])];
  const sides = {
    reported: leaves(reported, times["reported"], ""),
    desired: leaves(desired, times["desired"], ""),
  };
  const paths = [...new Set([...sides.reported.keys(), ...sides.desired.keys()])].sort();
  const rows = paths.map((path) => {
    const [mine, wanted] = [sides.reported.get(path), sides.desired.get(path)];
    return { path, reported: mine, desired: wanted, isOpen: wanted !== undefined && wanted.text !== mine?.text };
  });
  return { version: Number(whole["version"] ?? 0), at: Number(whole["timestamp"] ?? 0), reported, desired, rows };
}

/** What must be sent to make one of the other: `null` takes a member away. */
export function patch(before: Members, after: Members): Members {
  const changed: Members = {};
  for (const name of Object.keys(before)) if (!(name in after)) changed[name] = null;
  for (const [name, now] of Object.entries(after)) {
    const old = before[name];
    if (isObject(old) && isObject(now)) {
      const inner = patch(old, now);
      if (Object.keys(inner).length) changed[name] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(now)) changed[name] = now;
  }
  return changed;
}

export function isObject(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const members = (value: Json | undefined): Members => (isObject(value) ? value : {});

function leaves(value: Members, times: Json | undefined, way: string): Map<string, Side> {
  const found = new Map<string, Side>();
  for (const [name, inner] of Object.entries(value)) {
    const path = way ? `${way}.${name}` : name;
    const time = members(times)[name];
    if (isObject(inner) && Object.keys(inner).length) {
      for (const [below, side] of leaves(inner, time, path)) found.set(below, side);
    } else found.set(path, { text: JSON.stringify(inner), at: Number(members(time)["timestamp"] ?? 0) });
  }
  return found;
}
