// Light or dark: the system's choice until the viewer makes one.
import { ref, watch } from "vue";

export type Theme = "light" | "dark";

const KEY = "lianwu.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = localStorage.getItem(KEY);

export const theme = ref<Theme>(kept === "light" || kept === "dark" ? kept : dark.matches ? "dark" : "light");

watch(theme, (now) => document.documentElement.setAttribute("theme-mode", now), { immediate: true });

dark.addEventListener("change", (event) => {
  if (!localStorage.getItem(KEY)) theme.value = event.matches ? "dark" : "light";
});

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
}
