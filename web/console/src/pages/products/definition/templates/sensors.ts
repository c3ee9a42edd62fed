// Things that tell, and meters.
import { texts } from "../../../../text/language";
import { action, battery, choice, event, lowBattery, number, off, on, param, result, sets, shows, type Template, yesNo } from "./build";

const no = texts("正常", "Normal");

export const sensorTemplates: Template[] = [
  {
    id: "door_sensor",
    name: texts("门磁", "Door sensor"),
    category: 1,
    build: (w) => ({
      properties: [shows("contact", w(texts("门窗状态", "Contact")), yesNo(w, texts("关闭", "Closed"), texts("打开", "Open"))), battery(w)],
      events: [event("opened", w(texts("被打开", "Opened")), "alert"), lowBattery(w)],
      actions: [],
    }),
  },
  {
    id: "motion_sensor",
    name: texts("人体感应", "Motion sensor"),
    category: 1,
    build: (w) => ({
      properties: [
        shows("occupied", w(texts("有人", "Occupied")), yesNo(w, texts("无人", "Nobody"), texts("有人", "Somebody"))),
        shows("illuminance", w(texts("照度", "Light")), number("int", "0", "100000", "1", "lx")),
        sets("sensitivity", w(texts("灵敏度", "Sensitivity")), choice(w, texts("低", "Low"), texts("中", "Middle"), texts("高", "High"))),
        battery(w),
      ],
      events: [lowBattery(w)],
      actions: [],
    }),
  },
  {
    id: "smoke",
    name: texts("烟雾报警器", "Smoke detector"),
    category: 1,
    build: (w) => ({
      properties: [
        shows("smoke_state", w(texts("烟雾状态", "Smoke")), yesNo(w, no, texts("报警", "Alarm"))),
        shows("concentration", w(texts("浓度", "Concentration")), number("float", "0", "100", "0.1", "%")),
        battery(w),
      ],
      events: [
        event("smoke_alarm", w(texts("烟雾告警", "Smoke alarm")), "alert", [param("concentration", w(texts("浓度", "Concentration")), number("float", "0", "100", "0.1", "%"))]),
        event("sensor_fault", w(texts("传感器故障", "Sensor fault")), "fault"),
        lowBattery(w),
      ],
      actions: [action("mute", w(texts("消音", "Mute")), [], [result(w)]), action("self_test", w(texts("自检", "Test itself")), [], [result(w)])],
    }),
  },
  {
    id: "water_leak",
    name: texts("水浸传感器", "Water-leak sensor"),
    category: 1,
    build: (w) => ({
      properties: [shows("leak", w(texts("水浸", "Leak")), yesNo(w, no, texts("有水", "Water"))), battery(w)],
      events: [event("leak_alarm", w(texts("水浸告警", "Leak alarm")), "alert"), lowBattery(w)],
      actions: [],
    }),
  },
  {
    id: "meter",
    name: texts("电表", "Electricity meter"),
    category: 1,
    build: (w) => ({
      properties: [
        shows("energy", w(texts("累计电量", "Energy")), number("float", "0", "99999999", "0.01", "kWh")),
        shows("power", w(texts("功率", "Power")), number("float", "0", "100000", "0.1", "W")),
        shows("voltage", w(texts("电压", "Voltage")), number("float", "0", "500", "0.1", "V")),
        shows("current", w(texts("电流", "Current")), number("float", "0", "200", "0.01", "A")),
        sets("relay", w(texts("继电器", "Relay")), yesNo(w, off, on)),
        sets("interval", w(texts("上报间隔", "Interval")), number("int", "1", "86400", "1", "s", "900")),
      ],
      events: [event("overload", w(texts("过载", "Overload")), "fault", [param("power", w(texts("功率", "Power")), number("float", "0", "100000", "0.1", "W"))])],
      actions: [],
    }),
  },
  {
    id: "gateway",
    name: texts("网关", "Gateway"),
    category: 1,
    build: (w) => ({
      properties: [
        shows("sub_devices", w(texts("在线子设备数", "Sub-devices online")), number("int", "0", "1000", "1", "")),
        shows("signal", w(texts("信号强度", "Signal")), number("int", "-150", "0", "1", "dBm", "-60")),
        shows("memory_used", w(texts("内存用量", "Memory in use")), number("int", "0", "100", "1", "%")),
        sets("pairing", w(texts("允许子设备入网", "Pairing")), yesNo(w, off, on)),
      ],
      events: [event("radio_fault", w(texts("射频故障", "Radio fault")), "fault")],
      actions: [action("restart", w(texts("重启", "Restart")), [param("delay", w(texts("延时", "Delay")), number("int", "0", "3600", "1", "s"))], [result(w)])],
    }),
  },
];
