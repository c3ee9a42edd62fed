// The project that pages show: one, or all. It is part of the addresses of pages that depend on it, and remembered for the next visit.
import { computed, ref, type Ref, shallowRef, type WritableComputedRef } from "vue";
import { type RouteLocationNormalized, type RouteLocationRaw, type Router, useRouter } from "vue-router";

import { call } from "../api/call";
import { allPages } from "./allPages";
import type { ProjectEntryEx } from "../api/generated";

const KEY = "lianwu.project";

/** "" for all. */
const current = ref("");
let hasEntered = false;

function keep(id: string): void {
  current.value = id;
  if (id) localStorage.setItem(KEY, id);
  else localStorage.removeItem(KEY);
}

/**
 * An address with a project shows that one, one without all of them: a link shows the same to whoever opens it. What was remembered
 * counts for those who come by the front door, and from page to page.
 */
export function followProject(to: RouteLocationNormalized): RouteLocationRaw | undefined {
  const isFirst = !hasEntered;
  hasEntered = true;
  const asked = to.query.project;
  if (typeof asked === "string" && asked) {
    keep(asked);
    return undefined;
  }
  if (isFirst && to.name === "overview") current.value = localStorage.getItem(KEY) ?? "";
  // The devices of one product are of one project anyway.
  if (!current.value || !to.meta.hasProject || to.query.product) return undefined;
  const { path, query, hash } = to;
  return { path, query: { ...query, project: current.value }, hash, replace: isFirst };
}

/** The project of the moment; choosing another keeps it and shows it in the address where the page depends on it. */
export function useProject(): WritableComputedRef<string> {
  const router = useRouter();
  return computed({ get: () => current.value, set: (id: string) => void choose(router, id) });
}

async function choose(router: Router, id: string): Promise<void> {
  keep(id);
  const { meta, query, name, params } = router.currentRoute.value;
  if (!meta.hasProject || !name) return;
  const { project: _project, product: _product, page: _page, after: _after, ...rest } = query;
  await router.replace({ name, params, query: id ? { ...rest, project: id } : rest });
}

const list = shallowRef<ProjectEntryEx[]>();

/** All projects the caller may see; `undefined` before they are known. */
export const projects: Readonly<Ref<ProjectEntryEx[] | undefined>> = list;

/** Asks for them again; one that is gone is no longer chosen. */
export async function readProjects(signal?: AbortSignal): Promise<ProjectEntryEx[]> {
  list.value = await allPages(async (Offset, Limit) => {
    const { Projects, Total } = await call("GetProjectList", { Offset, Limit }, signal);
    return { rows: Projects, total: Total };
  });
  return list.value;
}

/** The same for those who can do without: a page tells what it cannot read itself. */
export async function loadProjects(): Promise<void> {
  await readProjects().catch(() => undefined);
}
