// What the browser calls the page: the thing it is about, the place it is in, and the platform.
import { computed, watchEffect } from "vue";
import { useRoute } from "vue-router";

import { places } from "../pages";
import { language } from "../text/language";
import { shellTexts } from "./texts";

export function usePageTitle(): void {
  const route = useRoute();
  const parts = computed(() => {
    const place = places.find((one) => one.page === route.name || (one.prefix !== "/" && route.path.startsWith(one.prefix)));
    const child = place?.children?.find((one) => one.page === route.name);
    const thing = route.params.name ?? route.params.id;
    const title = (child ?? place)?.title[language.value];
    return [typeof thing === "string" ? thing : undefined, title, shellTexts[language.value].name];
  });
  watchEffect(() => {
    document.title = parts.value.filter(Boolean).join(" · ");
  });
}
