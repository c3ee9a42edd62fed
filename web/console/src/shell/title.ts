// What the browser calls the page: the thing it is about, the place it is in, and the platform.
import { computed, type ComputedRef, watchEffect } from "vue";
import { useRoute } from "vue-router";

import { places } from "../pages";
import { language } from "../text/language";
import { shellTexts } from "./texts";

/** Sets it, and gives it to those who want to say it. */
export function usePageTitle(): ComputedRef<string> {
  const route = useRoute();
  const parts = computed(() => {
    const place = places.find((one) => one.page === route.name || (one.prefix !== "/" && route.path.startsWith(one.prefix)));
    const child = place?.children?.find((one) => one.page === route.name);
    const thing = route.params.name ?? route.params.id;
    const title = (child ?? place)?.title[language.value];
    return [typeof thing === "string" ? thing : undefined, title, shellTexts[language.value].name];
  });
  const title = computed(() => parts.value.filter(Boolean).join(" · "));
  watchEffect(() => {
    document.title = title.value;
  });
  return title;
}
