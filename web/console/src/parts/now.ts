import { ref } from "vue";

/** The present, in milliseconds; it moves once a second, for everything on the page at once. */
export const now = ref(Date.now());

setInterval(() => (now.value = Date.now()), 1000);
