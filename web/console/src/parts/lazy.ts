// Parts of pages that are read when they are first shown. Without a server, or after an update of it, they are not there.
import { type Component, defineAsyncComponent } from "vue";

import NotLoaded from "./NotLoaded.vue";

/** The part, or a note with a way to try again where it could not be read. */
export function lazy(load: () => Promise<Component>): Component {
  return defineAsyncComponent(() => load().catch(() => NotLoaded));
}
