// Where what fails, or runs full, can be dealt with.
import type { RouteLocationRaw } from "vue-router";

export type FailurePlace = "problems" | "devices" | "products" | "limits";
export type LimitPlace = "products" | "devices" | "keys" | "limit";

interface FailureWay {
  /** Id of the one known problem it is; without, there are several. */
  problem?: string;
  of: "device" | "backend";
  then?: Exclude<FailurePlace, "problems">;
  query?: Record<string, string>;
}

/** A device is refused at the door as a rule: it is offline. */
const FAILURES: Record<string, FailureWay> = {
  SignInRefused: { of: "device", then: "devices", query: { state: "offline" } },
  MessageRefused: { of: "device", then: "devices", query: { state: "online" } },
  HandshakeFailed: { problem: "faq-40-tls", of: "device", then: "devices", query: { state: "offline" } },
  OverRate: { problem: "faq-66", of: "device", then: "limits", query: { search: "_tps" } },
  SlowConsumer: { problem: "faq-46b", of: "device", then: "devices", query: { state: "offline" } },
  ScriptFailed: { problem: "script", of: "device", then: "products" },
  MessageDropped: { problem: "backend-away", of: "backend", then: "limits", query: { search: "backend_session" } },
  StorageFailed: { problem: "storage-full", of: "device" },
};

const PAGES = { devices: "devices", products: "products", limits: "platform-settings" } as const;

/** The known problems first; `several` is what to look for where it can be more than one. */
export function failureWays(cause: string, several: Record<string, string>): { place: FailurePlace; to: RouteLocationRaw }[] {
  const way = FAILURES[cause];
  if (!way) return [];
  const search = way.problem ?? several[cause] ?? "";
  const problems = { place: "problems" as const, to: { name: "problems", query: { search, kind: way.of } } };
  if (!way.then) return [problems];
  return [problems, { place: way.then, to: { name: PAGES[way.then], query: way.query ?? {} } }];
}

const LIMITS: Record<string, Exclude<LimitPlace, "limit">> = {
  Projects: "products",
  Products: "products",
  DevelopedProductDevices: "products",
  ModelPropertiesAndEvents: "products",
  ModelActions: "products",
  Connections: "devices",
  SecretKeys: "keys",
};

/** Those that no page deals with are shown in the list of all limits. */
export function limitWay(name: string): { place: LimitPlace; to: RouteLocationRaw } {
  const place = LIMITS[name];
  return place ? { place, to: { name: place } } : { place: "limit", to: { name: "platform-settings", query: { search: name } } };
}
