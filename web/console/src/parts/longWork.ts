// Work that takes long goes on when its dialog or its page is left: what runs is told at the top of every page.
import { computed, reactive, type Ref, shallowReactive } from "vue";
import type { RouteLocationRaw } from "vue-router";

export interface LongWork {
  /** In the language of the moment. */
  title: () => string;
  done: number;
  /** How much there is, where that is known. */
  all: number | undefined;
  /** What came of it; absent while it runs. */
  outcome: (() => string) | undefined;
  /** Where more of it is shown. */
  to: RouteLocationRaw | undefined;
  /** Its own window is open and tells more. */
  isInView: boolean;
  stop(): void;
}

export const works: LongWork[] = shallowReactive([]);
export const isWorking: Readonly<Ref<boolean>> = computed(() => works.some((work) => !work.outcome));

/** Tells of it from now on. */
export function beginWork(work: Pick<LongWork, "title" | "all" | "stop"> & { to?: RouteLocationRaw }): LongWork {
  const made: LongWork = reactive({ ...work, to: work.to, done: 0, outcome: undefined, isInView: true });
  works.push(made);
  return made;
}

/** It is not told of any more; one that still runs is stopped. */
export function endWork(work: LongWork | undefined): void {
  const at = work ? works.indexOf(work) : -1;
  if (!work || at < 0) return;
  works.splice(at, 1);
  if (!work.outcome) work.stop();
}

/** Whoever signs in next has nothing to do with it. */
export function endAllWork(): void {
  for (const work of [...works]) endWork(work);
}
