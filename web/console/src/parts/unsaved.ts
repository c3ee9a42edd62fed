// Leaving a page with edits that are not saved asks first.
import { onScopeDispose, type Ref } from "vue";
import { onBeforeRouteLeave, onBeforeRouteUpdate } from "vue-router";

import { language } from "../text/language";
import { partTexts } from "./texts";

export function useUnsaved(isUnsaved: Readonly<Ref<boolean>>): void {
  const mayGo = () => !isUnsaved.value || confirm(partTexts[language.value].unsaved);
  const onUnload = (event: BeforeUnloadEvent) => {
    if (isUnsaved.value) event.preventDefault();
  };
  onBeforeRouteLeave(mayGo);
  onBeforeRouteUpdate((to, from) => to.path === from.path || mayGo());
  window.addEventListener("beforeunload", onUnload);
  onScopeDispose(() => window.removeEventListener("beforeunload", onUnload));
}
