import type { PolicyItem } from "../../../api/generated";
import { language } from "../../../text/language";

/** What a policy is for. The presets say it in Chinese and English in one text. */
export function remarkOf({ Preset, Remark }: PolicyItem): string {
  const [zh = "", en] = Remark.split(" / ");
  return Preset && en !== undefined ? (language.value === "zh" ? zh : en) : Remark;
}
