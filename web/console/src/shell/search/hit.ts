// What a search finds, and how it is kept as a recent choice.
export type Kind = "device" | "product" | "page" | "operation" | "problem" | "error";

export interface Hit {
  kind: Kind;
  title: string;
  /** Beside the title: an id, a product, a service. */
  detail: string;
  /** Address within the console. */
  to: string;
  /** Title or detail are names that people gave. */
  isOwn: boolean;
  rank: number;
}

const RECENT_MAX = 8;
const key = (user: string) => `lianwu.recent.${user}`;

/** What this user chose last, the newest first. */
export function recent(user: string): Hit[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(user)) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isHit).slice(0, RECENT_MAX) : [];
  } catch {
    return [];
  }
}

export function keepRecent(user: string, hit: Hit): void {
  const others = recent(user).filter((each) => each.to !== hit.to);
  localStorage.setItem(key(user), JSON.stringify([hit, ...others].slice(0, RECENT_MAX)));
}

/** The browser's store is anybody's: what is no hit of ours is dropped. */
function isHit(kept: unknown): kept is Hit {
  if (!kept || typeof kept !== "object") return false;
  const hit = kept as Partial<Hit>;
  return typeof hit.kind === "string" && typeof hit.title === "string" && typeof hit.detail === "string" && typeof hit.to === "string" && hit.to.startsWith("/") && !hit.to.startsWith("//");
}
