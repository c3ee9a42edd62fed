import { texts } from "../../../text/language";

export const stepTexts = texts(
  {
    label: "产品开发步骤",
    steps: { definition: "物模型定义", development: "设备开发", debugging: "设备调试", production: "批量投产" },
    done: "已完成",
    next: "当前步骤",
    later: "未开始",
    facts: {
      functions: (count: string) => `${count} 个功能`,
      devices: (count: string) => `${count} 台设备`,
      reported: "已有设备上报数据",
      released: "已发布",
      audit: "审核中",
    },
    missing: {
      definition: "还没有任何功能：新增、导入，或从模板开始。",
      development: "还没有设备：新建一台，用它的密钥或证书接入。",
      debugging: "还没有设备上报过数据：按连接参数接入，或先用虚拟设备试一试。",
      production: "确认后发布；不发布也可以正常使用。",
    },
    audit: "产品正在审核，等待发布或退回。",
    locked: "物模型没有任何功能，现在也不能添加：产品在审核中或已经发布。",
    go: "前往这一步",
  },
  {
    label: "Steps of development",
    steps: { definition: "Thing model", development: "Device development", debugging: "Debugging", production: "Production" },
    done: "done",
    next: "present step",
    later: "not begun",
    facts: {
      functions: (count: string) => (count === "1" ? "1 function" : `${count} functions`),
      devices: (count: string) => (count === "1" ? "1 device" : `${count} devices`),
      reported: "a device has reported",
      released: "released",
      audit: "in review",
    },
    missing: {
      definition: "There is no function yet: add one, import a model, or begin with a template.",
      development: "There is no device yet: make one, and connect it with its secret or certificate.",
      debugging: "No device has reported yet: connect one with its parameters, or try a virtual one first.",
      production: "Look it over and release it; it works without a release, too.",
    },
    audit: "The product is in review; somebody releases it or sends it back.",
    locked: "The thing model has no function, and none can be added now: the product is in review or released.",
    go: "Go to this step",
  },
);
