// Every page with its address; the address holds all state worth sharing. Pages load when they are first visited.
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

import { restore, session } from "./api/session";
import { pages } from "./pages";
import { followProject } from "./parts/project";
import Shell from "./shell/Shell.vue";

const routes: RouteRecordRaw[] = [
  { path: "/sign-in", name: "sign-in", component: () => import("./shell/SignIn.vue"), meta: { isOpen: true } },
  { path: "/password", name: "password", component: () => import("./shell/FirstPassword.vue") },
  { path: "/", component: Shell, children: pages },
  { path: "/:rest(.*)*", redirect: "/" },
];

export const router = createRouter({ history: createWebHistory("/console/"), routes });

router.beforeEach(async (to) => {
  if (to.meta.isOpen) return true;
  const current = await restore();
  // Only the path travels: an address of somewhere else cannot be put there.
  if (!current) return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  if (current.MustChangePassword && to.name !== "password") return { name: "password" };
  return followProject(to) ?? true;
});

/** Where to go after signing in: a page of the console, whatever the address says. */
export function nextPage(wanted: unknown): string {
  if (typeof wanted !== "string" || !wanted.startsWith("/") || wanted.startsWith("//")) return "/";
  return router.resolve(wanted).matched.length > 0 ? wanted : "/";
}

export function isSignedIn(): boolean {
  return Boolean(session.current);
}
