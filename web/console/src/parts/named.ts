// A name for the control inside a component that keeps attributes on the box around it.
import type { Directive } from "vue";

export const vNamed: Directive<HTMLElement, string> = (element, { value }) => {
  element.querySelector("input, textarea")?.setAttribute("aria-label", value);
};
