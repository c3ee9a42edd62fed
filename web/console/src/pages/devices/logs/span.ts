// Spans of time a log or a chart can show.
export type Span = "30m" | "1h" | "6h" | "today" | "yesterday" | "3d" | "7d" | "30d" | "custom";

export const LOG_SPANS: Span[] = ["30m", "1h", "today", "yesterday", "3d", "custom"];
export const CHART_SPANS: Span[] = ["30m", "1h", "6h", "today", "3d", "7d", "30d", "custom"];

const MINUTE = 60_000;
const DAY = 86_400_000;

export interface Range {
  /** Milliseconds. */
  min: number;
  max: number;
}

/** Whether new ones still come into it. */
export function endsNow(span: string): boolean {
  return span !== "custom" && span !== "yesterday";
}

/** A span that ends now reaches a little further: the server's clock may be ahead of the viewer's. */
export function rangeOf(span: string, from: number, to: number, now: number, ahead: number): Range {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  switch (span as Span) {
    case "1h":
      return { min: now - 60 * MINUTE, max: now + ahead };
    case "6h":
      return { min: now - 360 * MINUTE, max: now + ahead };
    case "today":
      return { min: midnight, max: now + ahead };
    case "yesterday":
      return { min: new Date(midnight - DAY / 2).setHours(0, 0, 0, 0), max: midnight - 1 };
    case "3d":
      return { min: now - 3 * DAY, max: now + ahead };
    case "7d":
      return { min: now - 7 * DAY, max: now + ahead };
    case "30d":
      return { min: now - 30 * DAY, max: now + ahead };
    case "custom":
      return { min: from || now - 60 * MINUTE, max: Math.max(to || now, from) };
    default:
      return { min: now - 30 * MINUTE, max: now + ahead };
  }
}
