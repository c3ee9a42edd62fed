// Things of a house that are told what to do.
import { texts } from "../../../../text/language";
import { action, choice, event, lowBattery, number, off, on, param, percent, result, sets, shows, battery, type Template, yesNo } from "./build";

const power = texts("开关", "Switch");

export const homeTemplates: Template[] = [
  {
    id: "switch",
    name: texts("三路墙壁开关", "Wall switch, three keys"),
    category: 1,
    build: (w) => ({
      properties: [
        sets("power_switch_1", w(texts("开关 1", "Key 1")), yesNo(w, off, on)),
        sets("power_switch_2", w(texts("开关 2", "Key 2")), yesNo(w, off, on)),
        sets("power_switch_3", w(texts("开关 3", "Key 3")), yesNo(w, off, on)),
        sets("backlight", w(texts("背光", "Backlight")), yesNo(w, off, on)),
      ],
      events: [],
      actions: [action("all_off", w(texts("全部关闭", "All off")), [], [result(w)])],
    }),
  },
  {
    id: "curtain",
    name: texts("窗帘", "Curtain"),
    category: 1,
    build: (w) => ({
      properties: [
        sets("control", w(texts("动作", "Motion")), choice(w, texts("停", "Stop"), texts("开", "Open"), texts("合", "Close"))),
        sets("position", w(texts("开合程度", "Position")), percent()),
        sets("reversed", w(texts("电机反向", "Motor reversed")), yesNo(w, texts("否", "No"), texts("是", "Yes"))),
      ],
      events: [event("blocked", w(texts("遇阻", "Blocked")), "fault", [param("position", w(texts("位置", "Position")), percent())])],
      actions: [],
    }),
  },
  {
    id: "air_conditioner",
    name: texts("空调", "Air conditioner"),
    category: 1,
    build: (w) => ({
      properties: [
        sets("power_switch", w(power), yesNo(w, off, on)),
        sets(
          "mode",
          w(texts("模式", "Mode")),
          choice(w, texts("自动", "Automatic"), texts("制冷", "Cool"), texts("制热", "Heat"), texts("除湿", "Dry"), texts("送风", "Fan")),
        ),
        sets("target_temperature", w(texts("设定温度", "Target temperature")), number("int", "16", "32", "1", "℃", "26")),
        shows("temperature", w(texts("室内温度", "Room temperature")), number("float", "-20", "60", "0.1", "℃")),
        sets("fan_speed", w(texts("风速", "Fan speed")), choice(w, texts("自动", "Automatic"), texts("低", "Low"), texts("中", "Middle"), texts("高", "High"))),
      ],
      events: [event("fault_report", w(texts("故障", "Fault")), "fault", [param("code", w(texts("故障码", "Code")), number("int", "0", "255", "1", ""))])],
      actions: [],
    }),
  },
  {
    id: "fan",
    name: texts("风扇", "Fan"),
    category: 1,
    build: (w) => ({
      properties: [
        sets("power_switch", w(power), yesNo(w, off, on)),
        sets("gear", w(texts("档位", "Speed")), number("int", "1", "12", "1", "", "1")),
        sets("swing", w(texts("摇头", "Swing")), yesNo(w, off, on)),
        sets("timer", w(texts("定时关机", "Off timer")), number("int", "0", "1440", "1", "min")),
      ],
      events: [],
      actions: [],
    }),
  },
  {
    id: "lock",
    name: texts("门锁", "Door lock"),
    category: 1,
    build: (w) => {
      const way = choice(w, texts("密码", "Code"), texts("指纹", "Fingerprint"), texts("卡", "Card"), texts("钥匙", "Key"), texts("远程", "Remote"));
      const user = param("user", w(texts("用户编号", "User number")), number("int", "0", "65535", "1", ""));
      return {
        properties: [
          shows("lock_state", w(texts("锁状态", "Lock")), yesNo(w, texts("已开锁", "Unlocked"), texts("已上锁", "Locked"))),
          shows("door_state", w(texts("门状态", "Door")), yesNo(w, texts("门关", "Shut"), texts("门开", "Open"))),
          sets("volume", w(texts("音量", "Volume")), percent()),
          battery(w),
        ],
        events: [
          event("unlocked", w(texts("开锁", "Unlocked")), "info", [user, param("way", w(texts("方式", "Way")), way)]),
          event("tampered", w(texts("撬锁告警", "Tampered with")), "alert"),
          lowBattery(w),
        ],
        actions: [action("unlock", w(texts("远程开锁", "Unlock")), [param("seconds", w(texts("时长", "Duration")), number("int", "1", "60", "1", "s", "5"))], [result(w)])],
      };
    },
  },
  {
    id: "camera",
    name: texts("摄像机", "Camera"),
    category: 1,
    build: (w) => ({
      properties: [
        sets("power_switch", w(power), yesNo(w, off, on)),
        sets("resolution", w(texts("清晰度", "Resolution")), choice(w, texts("标清", "Standard"), texts("高清", "High"), texts("超清", "Full high"))),
        sets("night_vision", w(texts("夜视", "Night vision")), choice(w, texts("自动", "Automatic"), off, on)),
        sets("motion_detection", w(texts("移动侦测", "Motion detection")), yesNo(w, off, on)),
        shows("storage_used", w(texts("存储卡用量", "Card in use")), percent()),
      ],
      events: [event("motion", w(texts("画面有变动", "Motion seen")), "alert"), event("card_fault", w(texts("存储卡故障", "Card fault")), "fault")],
      actions: [
        action(
          "turn",
          w(texts("转动云台", "Turn")),
          [param("direction", w(texts("方向", "Direction")), choice(w, texts("上", "Up"), texts("下", "Down"), texts("左", "Left"), texts("右", "Right")))],
          [result(w)],
        ),
      ],
    }),
  },
];
