// What templates are written with. Names are given in both languages and put in in one.
import { type Texts, texts } from "../../../../text/language";
import type { Action, Define, EventKind, Model, ModelEvent, Param, Property } from "../model";

export type Name = Texts<string>;
export type Words = (name: Name) => string;

export interface Template {
  id: string;
  name: Name;
  /** As the product carries it; 1 is "user-defined". */
  category: number;
  build(w: Words): Pick<Model, "properties" | "events" | "actions">;
}

export const off = texts("关", "Off");
export const on = texts("开", "On");

export const yesNo = (w: Words, no: Name, yes: Name): Define => ({ type: "bool", mapping: { "0": w(no), "1": w(yes) } });

/** From 0 on. */
export function choice(w: Words, ...names: Name[]): Define {
  return { type: "enum", mapping: Object.fromEntries(names.map((name, key) => [String(key), w(name)])) };
}

export const number = (type: "int" | "float", min: string, max: string, step: string, unit: string, start = "0"): Define => ({
  type,
  min,
  max,
  start,
  step,
  unit,
});

export const percent = (): Define => number("int", "0", "100", "1", "%");
export const param = (id: string, name: string, define: Define): Param => ({ id, name, define });

const function_ = (id: string, name: string) => ({ id, name, desc: "", required: false });

export const shows = (id: string, name: string, define: Define): Property => ({ ...function_(id, name), mode: "r", define });
export const sets = (id: string, name: string, define: Define): Property => ({ ...function_(id, name), mode: "rw", define });
export const event = (id: string, name: string, type: EventKind, params: Param[] = []): ModelEvent => ({ ...function_(id, name), type, params });
export const action = (id: string, name: string, input: Param[] = [], output: Param[] = []): Action => ({ ...function_(id, name), input, output });

export const battery = (w: Words): Property => shows("battery", w(texts("电量", "Battery")), percent());
export const result = (w: Words): Param =>
  param("err_code", w(texts("结果", "Result")), choice(w, texts("成功", "Done"), texts("失败", "Failed")));
export const lowBattery = (w: Words): ModelEvent =>
  event("low_battery", w(texts("电量低", "Low battery")), "alert", [param("battery", w(texts("电量", "Battery")), percent())]);
