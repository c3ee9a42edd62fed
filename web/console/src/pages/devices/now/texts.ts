import { texts } from "../../../text/language";

export const nowTexts = texts(
  {
    readOnly: "只读",
    set: "设置",
    newValue: "新的值",
    send: "下发",
    never: "从未上报",
    spark: (name: string) => `${name}最近一小时的变化`,
    readAt: "更新于",
    noModel: "这个产品没有物模型属性，设备的消息可以在日志中查看。",
    noValues: "设备还没有上报过属性。设备按物模型上报后，最新值会显示在这里。",
    toDiagnosis: "查看诊断",
    toLogs: "查看日志",
    beside: "在旁边调试",
  },
  {
    readOnly: "Read-only",
    set: "Set",
    newValue: "New value",
    send: "Send",
    never: "Never reported",
    spark: (name: string) => `${name} over the last hour`,
    readAt: "Read",
    noModel: "This product's thing model has no properties. The logs show the device's messages.",
    noValues: "The device has reported no property yet. When it does, as the thing model says, its latest values are here.",
    toDiagnosis: "See the diagnosis",
    toLogs: "See the logs",
    beside: "Debug beside it",
  },
);
