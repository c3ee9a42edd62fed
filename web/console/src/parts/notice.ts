// A short word that something was done, said to screen readers, too; it goes by itself.
import { MessagePlugin } from "tdesign-vue-next/es/message";

export function notice(text: string, theme: "success" | "warning" = "success"): void {
  void MessagePlugin(theme, { content: text, attach: place });
}

/** Inside the page's landmark: what floats outside of all of them is not found. */
function place(): HTMLElement {
  const main = document.querySelector("main") ?? document.body;
  const known = main.querySelector<HTMLElement>(":scope > [role=status].notices");
  if (known) return known;
  const made = document.createElement("div");
  made.className = "notices";
  made.setAttribute("role", "status");
  main.append(made);
  return made;
}
