// A page that could not be read when somebody went there: without a word, a press on its link would do nothing.
import { shallowRef } from "vue";
import type { Router } from "vue-router";

import { ApiError } from "../api/error";
import { notice } from "../parts/notice";
import { partTexts } from "../parts/texts";
import { language } from "../text/language";

const RELOADED = "lianwu.reloaded";
const MINUTE = 60_000;

/** Why there is no page at all: the first one could not be read. */
export const unread = shallowRef<ApiError>();

/** Where a server answers, it was updated and has other files now: the page is read anew. Where none does, that is said. */
export function tellMissing(router: Router): void {
  const isFirst = () => router.currentRoute.value.matched.length === 0;
  router.afterEach((_to, _from, failed) => {
    if (!failed) unread.value = undefined;
  });
  router.onError(async (error, to) => {
    // The server was asked who is signed in, and did not say.
    const isUnanswered = error instanceof ApiError;
    // Not in circles: what is still not there after reading anew is told.
    const isRead = Date.now() - Number(sessionStorage.getItem(RELOADED)) < MINUTE;
    if (!isUnanswered && !isRead && (await answers())) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.assign(router.resolve(to).href);
    } else if (isFirst()) unread.value = isUnanswered ? error : new ApiError("NotLoaded", partTexts[language.value].notLoaded, "");
    else notice(isUnanswered ? error.message : partTexts[language.value].notLoaded, "warning");
  });
}

const answers = (): Promise<boolean> =>
  fetch("/console/session").then(
    () => true,
    () => false,
  );
