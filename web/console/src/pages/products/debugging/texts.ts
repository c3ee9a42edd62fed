import { texts } from "../../../text/language";

export const productDebuggingTexts = texts(
  {
    title: "设备调试",
    intro: "在这里建几台设备，把它们接上来，逐台查看和调试。没有硬件时，用设备调试页里的虚拟设备代替。",
    columns: { name: "设备名称", status: "状态", activated: "激活时间", lastOnline: "最后上线时间", actions: "操作" },
    namePart: "设备名称（支持部分匹配）",
    create: "新建设备",
    debug: "调试",
    debugOf: (name: string) => `调试 ${name}`,
    virtual: "虚拟设备",
    virtualOf: (name: string) => `以虚拟设备运行 ${name}`,
    remove: "删除",
    removeOf: (name: string) => `删除设备 ${name}`,
    removed: "设备已删除",
    empty: "这个产品还没有设备。一台设备有自己的名称和密钥，凭它们接入平台。",
  },
  {
    title: "Debugging",
    intro: "Make a few devices here, connect them, look at each and try it. Without hardware, let the virtual device on a device's page stand in for it.",
    columns: { name: "Device name", status: "Status", activated: "Activated", lastOnline: "Last online", actions: "Actions" },
    namePart: "Device name or a part of it",
    create: "New device",
    debug: "Debug",
    debugOf: (name: string) => `Debug ${name}`,
    virtual: "Virtual device",
    virtualOf: (name: string) => `Run ${name} as a virtual device`,
    remove: "Delete",
    removeOf: (name: string) => `Delete device ${name}`,
    removed: "The device is deleted",
    empty: "The product has no device yet. A device has a name and a secret of its own, and connects with them.",
  },
);
