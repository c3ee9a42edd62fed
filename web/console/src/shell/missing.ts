// A page that could not be read when somebody went there: without a word, a press on its link would do nothing.
import type { Router } from "vue-router";

import { notice } from "../parts/notice";
import { partTexts } from "../parts/texts";
import { language } from "../text/language";

const RELOADED = "lianwu.reloaded";
const MINUTE = 60_000;

/** Where a server answers, it was updated and has other files now: the page is read anew. Where none does, that is said. */
export function tellMissing(router: Router): void {
  router.onError(async (_error, to) => {
    const answers = await fetch("/console/session").then(
      () => true,
      () => false,
    );
    // Not in circles: what is still not there after reading anew is told.
    const isRead = Date.now() - Number(sessionStorage.getItem(RELOADED)) < MINUTE;
    if (answers && !isRead) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.assign(router.resolve(to).href);
    } else if (router.currentRoute.value.matched.length > 0) notice(partTexts[language.value].notLoaded, "warning");
  });
}
