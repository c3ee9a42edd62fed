// Where a problem can be mended: its cure in words comes from the server, the way there is known here.
import type { RouteLocationRaw } from "vue-router";

export type Cure = "model" | "credentials" | "topics";

const CURES: [RegExp, Cure][] = [
  [/^faq-(20|22|22-event|22-value|24|25|26|28)$/, "model"],
  [/^faq-(41-space|41-mismatch|41-key|54|56|56-psk|56-http|56-coap)$/, "credentials"],
  [/^faq-(21|58|58-subscribe)$/, "topics"],
];

export function cureOf(problem: string): Cure | undefined {
  return CURES.find(([ids]) => ids.test(problem))?.[1];
}

export function wayTo(cure: Cure, product: string, name: string): RouteLocationRaw {
  if (cure === "credentials") return { name: "device", params: { product, name, tab: "info" } };
  return { name: "product", params: { id: product, tab: cure === "model" ? "definition" : "topics" } };
}
