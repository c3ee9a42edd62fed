// Words for what a draft changes.
import { texts } from "../../../text/language";
import type { Kind } from "./model";

const OUTCOMES = ["refused", "still_refused", "accepted"] as const;

export type Outcome = (typeof OUTCOMES)[number];

export function isOutcome(word: string | undefined): word is Outcome {
  return OUTCOMES.some((each) => each === word);
}

/** The list of the model that the server's word for a function names. */
export function kindOf(word: string | undefined): Kind {
  if (word === "event") return "events";
  return word === "action" ? "actions" : "properties";
}

export const consequenceTexts = texts(
  {
    title: "对正在上报的设备的影响",
    check: "查看对设备的影响",
    outcomes: { refused: "将被拒绝", still_refused: "仍被拒绝", accepted: "将被接受" } satisfies Record<Outcome, string>,
    refusedSome: (count: number) => `有 ${count} 项是设备现在正常使用、保存后会被拒绝的。`,
    nothing: "看过的上报都符合这份草稿，没有变化。",
    noDevices: "产品还没有设备，不影响任何设备。",
    devices: (devices: number, messages: number) =>
      messages > 0 ? `${devices} 台设备，${messages} 条消息：` : `${devices} 台设备的最新值：`,
    now: (reason: string) => `目前因“${reason}”被拒绝，保存后可以入库。`,
    example: "例如",
    used: "被引用",
    inSpace: (property: string, space: string) => `位置空间“${space}”用到属性 ${property}`,
    inScript: (property: string) => `数据解析脚本中出现了 ${property}`,
    lookedAt: (count: { looked: number; devices: number; messages: number }) =>
      `看了 ${count.devices} 台设备中 ${count.looked} 台最近 7 天的最新值，以及最近 24 小时的 ${count.messages} 条消息。`,
    more: "只列出了前 200 项。",
    toDevices: "查看设备列表",
  },
  {
    title: "What it changes for devices that report now",
    check: "What it changes for devices",
    outcomes: { refused: "will be refused", still_refused: "still refused", accepted: "will be accepted" },
    refusedSome: (count: number) =>
      count === 1
        ? "One thing that devices do today will be refused once this is saved."
        : `${count} things that devices do today will be refused once this is saved.`,
    nothing: "All that was looked at fits the draft: nothing changes.",
    noDevices: "The product has no devices yet: nothing changes for anybody.",
    devices: (devices: number, messages: number) => {
      const who = devices === 1 ? "1 device" : `${devices} devices`;
      if (messages === 0) return `${who}, by the latest value:`;
      return `${who}, ${messages === 1 ? "1 message" : `${messages} messages`}:`;
    },
    now: (reason: string) => `refused at present (${reason}), stored once this is saved.`,
    example: "For example",
    used: "in use",
    inSpace: (property: string, space: string) => `The position space “${space}” uses ${property}`,
    inScript: (property: string) => `The data-parsing script names ${property}`,
    lookedAt: (count: { looked: number; devices: number; messages: number }) => {
      const messages = count.messages === 1 ? "1 message" : `${count.messages} messages`;
      return `Looked at: latest values of the last seven days (devices: ${count.looked} of ${count.devices}) and ${messages} of the last 24 hours.`;
    },
    more: "Only the first 200 are listed.",
    toDevices: "Show the devices",
  },
);
