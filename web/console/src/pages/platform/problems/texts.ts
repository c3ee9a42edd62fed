import { texts } from "../../../text/language";

export const problemTexts = texts(
  {
    title: "常见问题",
    intro: "诊断能够识别的全部问题，以及原因和处理办法。一台设备现在有哪些问题，见它的“诊断”。",
    search: "搜索问题、原因和处理办法",
    kind: "范围",
    kinds: { "": "全部", device: "设备", backend: "后端" } as Record<string, string>,
    shown: (count: string) => `${count} 个问题`,
    none: "没有符合条件的问题。换一个说法，或清除搜索。",
  },
  {
    title: "Known problems",
    intro: "All that a diagnosis can name, with cause and cure. What a device has at present is told by its Diagnosis.",
    search: "Search problems, causes and cures",
    kind: "Of",
    kinds: { "": "All", device: "Devices", backend: "Backends" } as Record<string, string>,
    shown: (count: string) => (count === "1" ? "1 problem" : `${count} problems`),
    none: "No problem fits. Say it in other words, or clear the search.",
  },
);
