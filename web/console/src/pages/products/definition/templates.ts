// Thing models to start from. Names are written in the language of the moment when they are put in.
import { type Language, language, texts } from "../../../text/language";
import type { Model } from "./model";
import { number, off, on, param, type Template, yesNo } from "./templates/build";
import { homeTemplates } from "./templates/home";
import { sensorTemplates } from "./templates/sensors";

export type { Template } from "./templates/build";

export const templates: Template[] = [
  {
    id: "lamp",
    name: texts("灯", "Lamp"),
    category: 3,
    build: (w) => ({
      properties: [
        { id: "power_switch", name: w(texts("电灯开关", "Switch")), desc: "", required: true, mode: "rw", define: yesNo(w, off, on) },
        {
          id: "color",
          name: w(texts("颜色", "Colour")),
          desc: "",
          required: false,
          mode: "rw",
          define: {
            type: "enum",
            mapping: { "0": w(texts("红", "Red")), "1": w(texts("绿", "Green")), "2": w(texts("蓝", "Blue")) },
          },
        },
        { id: "brightness", name: w(texts("亮度", "Brightness")), desc: "", required: false, mode: "rw", define: number("int", "0", "100", "1", "%") },
        { id: "name", name: w(texts("灯位置名称", "Place")), desc: "", required: false, mode: "rw", define: { type: "string", min: "0", max: "64" } },
      ],
      events: [
        {
          id: "low_voltage",
          name: w(texts("低电压", "Low voltage")),
          desc: "",
          type: "alert",
          required: false,
          params: [param("voltage", w(texts("电压", "Voltage")), number("float", "0", "24", "0.1", "V"))],
        },
      ],
      actions: [
        {
          id: "light_blink",
          name: w(texts("闪烁", "Blink")),
          desc: "",
          required: false,
          input: [param("period", w(texts("周期", "Period")), number("int", "0", "10", "1", "s"))],
          output: [
            param("err_code", w(texts("结果", "Result")), {
              type: "enum",
              mapping: { "0": w(texts("成功", "Done")), "1": w(texts("失败", "Failed")) },
            }),
          ],
        },
      ],
    }),
  },
  {
    id: "climate",
    name: texts("温湿度传感器", "Temperature and humidity sensor"),
    category: 1,
    build: (w) => ({
      properties: [
        { id: "temperature", name: w(texts("温度", "Temperature")), desc: "", required: false, mode: "r", define: number("float", "-40", "125", "0.1", "℃") },
        { id: "humidity", name: w(texts("湿度", "Humidity")), desc: "", required: false, mode: "r", define: number("float", "0", "100", "0.1", "%") },
        { id: "battery", name: w(texts("电量", "Battery")), desc: "", required: false, mode: "r", define: number("int", "0", "100", "1", "%") },
        { id: "interval", name: w(texts("上报间隔", "Interval")), desc: "", required: false, mode: "rw", define: number("int", "1", "3600", "1", "s", "60") },
      ],
      events: [
        {
          id: "too_hot",
          name: w(texts("高温告警", "Too hot")),
          desc: "",
          type: "alert",
          required: false,
          params: [param("temperature", w(texts("温度", "Temperature")), number("float", "-40", "125", "0.1", "℃"))],
        },
      ],
      actions: [],
    }),
  },
  {
    id: "plug",
    name: texts("计量插座", "Metering plug"),
    category: 1,
    build: (w) => ({
      properties: [
        { id: "power_switch", name: w(texts("开关", "Switch")), desc: "", required: false, mode: "rw", define: yesNo(w, off, on) },
        { id: "power", name: w(texts("功率", "Power")), desc: "", required: false, mode: "r", define: number("float", "0", "4000", "0.1", "W") },
        { id: "voltage", name: w(texts("电压", "Voltage")), desc: "", required: false, mode: "r", define: number("float", "0", "400", "0.1", "V") },
        { id: "energy", name: w(texts("用电量", "Energy")), desc: "", required: false, mode: "r", define: number("float", "0", "1000000", "0.01", "kWh") },
      ],
      events: [
        {
          id: "overload",
          name: w(texts("过载", "Overload")),
          desc: "",
          type: "fault",
          required: false,
          params: [param("power", w(texts("功率", "Power")), number("float", "0", "10000", "0.1", "W"))],
        },
      ],
      actions: [],
    }),
  },
  {
    id: "tracker",
    name: texts("车载定位器", "Vehicle tracker"),
    category: 1,
    build: (w) => ({
      properties: [
        {
          id: "GPS_Info",
          name: w(texts("GPS 定位", "GPS position")),
          desc: "",
          required: false,
          mode: "r",
          define: {
            type: "struct",
            specs: [
              // The location service knows this spelling.
              { id: "longtitude", name: w(texts("经度", "Longitude")), dataType: number("float", "-180", "180", "0.000001", "°") },
              { id: "latitude", name: w(texts("纬度", "Latitude")), dataType: number("float", "-90", "90", "0.000001", "°") },
            ],
          },
        },
        { id: "speed", name: w(texts("车速", "Speed")), desc: "", required: false, mode: "r", define: number("float", "0", "300", "0.1", "km/h") },
        { id: "fuel", name: w(texts("油量", "Fuel")), desc: "", required: false, mode: "r", define: number("int", "0", "100", "1", "%") },
      ],
      events: [
        { id: "harsh_braking", name: w(texts("急刹车", "Harsh braking")), desc: "", type: "info", required: false, params: [] },
      ],
      actions: [],
    }),
  },
  ...homeTemplates,
  ...sensorTemplates,
];

/** The template as a whole model of a product. */
export function templateModel(template: Template, productId: string, lang: Language = language.value): Model {
  const profile = { ProductId: productId, CategoryId: String(template.category) };
  return { version: "1.0", profile, ...template.build((name) => name[lang]) };
}

export function templateText(template: Template, productId: string): string {
  return JSON.stringify(templateModel(template, productId));
}
