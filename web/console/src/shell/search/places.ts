// Pages and tabs that can be searched for, in both languages; of the product or device in view its own tabs, too.
import type { RouteLocationNormalizedLoaded, RouteLocationRaw } from "vue-router";

import { frameTexts } from "../../pages/devices/texts";
import { accountTexts } from "../../pages/platform/accounts/texts";
import { platformTexts } from "../../pages/platform/settings/texts";
import { pageTexts } from "../../pages/products/texts";
import { places } from "../../pages";
import type { Texts } from "../../text/language";
import { searchTexts } from "./texts";

export interface Spot {
  title: Texts<string>;
  /** What it is a part of. */
  within: Texts<string> | string | undefined;
  to: RouteLocationRaw;
}

/** Not every product and device has them. */
const SOMETIMES = ["script", "topology"];

/** One spot for each tab of a page. */
function tabsOf(words: Texts<{ tabs: Record<string, string> }>, within: Spot["within"], to: (tab: string) => RouteLocationRaw): Spot[] {
  const names = Object.keys(words.en.tabs).filter((tab) => !SOMETIMES.includes(tab));
  return names.map((tab) => ({ title: { zh: words.zh.tabs[tab] ?? tab, en: words.en.tabs[tab] ?? tab }, within, to: to(tab) }));
}

const fixed: Spot[] = [
  ...places.flatMap((place): Spot[] => {
    const children = place.children?.map((child) => ({ title: child.title, within: place.title, to: { name: child.page } }));
    return children ?? [{ title: place.title, within: undefined, to: { name: place.page } }];
  }),
  ...tabsOf(accountTexts, pageTitle("accounts"), (tab) => ({ name: "accounts", params: { tab } })),
  ...tabsOf(platformTexts, pageTitle("platform-settings"), (tab) => ({ name: "platform-settings", params: { tab } })),
  {
    title: { zh: searchTexts.zh.newProduct, en: searchTexts.en.newProduct },
    within: pageTitle("products"),
    to: { name: "products", query: { create: "true" } },
  },
];

function pageTitle(page: string): Texts<string> | undefined {
  return places.flatMap((place) => [place, ...(place.children ?? [])]).find((each) => each.page === page)?.title;
}

export function spots(route: RouteLocationNormalizedLoaded): Spot[] {
  const { id, product, name } = route.params;
  if (route.name === "product" && typeof id === "string") {
    return [...tabsOf(pageTexts, id, (tab) => ({ name: "product", params: { id, tab } })), ...fixed];
  }
  if (route.name === "device" && typeof product === "string" && typeof name === "string") {
    return [...tabsOf(frameTexts, name, (tab) => ({ name: "device", params: { product, name, tab } })), ...fixed];
  }
  return fixed;
}
