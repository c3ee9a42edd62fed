// Leaving a page with edits that are not saved asks first.
import { computed, type ComputedRef, onScopeDispose, ref, type Ref } from "vue";
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized } from "vue-router";

import { language } from "../text/language";
import { partTexts } from "./texts";

/** Where somebody said yes to going: a page with several forms asks once. */
let agreed: RouteLocationNormalized | undefined;

function ask(to: RouteLocationNormalized): boolean {
  if (to === agreed) return true;
  const isYes = confirm(partTexts[language.value].unsaved);
  agreed = isYes ? to : undefined;
  return isYes;
}

export function useUnsaved(isUnsaved: Readonly<Ref<boolean>>): void {
  const mayGo = (to: RouteLocationNormalized) => !isUnsaved.value || ask(to);
  const onUnload = (event: BeforeUnloadEvent) => {
    if (isUnsaved.value) event.preventDefault();
  };
  onBeforeRouteLeave(mayGo);
  onBeforeRouteUpdate((to, from) => to.path === from.path || mayGo(to));
  window.addEventListener("beforeunload", onUnload);
  onScopeDispose(() => window.removeEventListener("beforeunload", onUnload));
}

/** Whether a form in a dialog holds anything else than when it was `begun` last. */
export function useChanges(form: object): { isChanged: ComputedRef<boolean>; begun(): void } {
  const first = ref(JSON.stringify(form));
  return { isChanged: computed(() => JSON.stringify(form) !== first.value), begun: () => (first.value = JSON.stringify(form)) };
}
