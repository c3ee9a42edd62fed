// How far the development of a product is, from what there is: never from what somebody ticked.
import { parseModel } from "../../devices/model";

export const STEPS = ["definition", "development", "debugging", "production"] as const;
export type Step = (typeof STEPS)[number];

export interface Facts {
  functions: number;
  devices: number;
  hasReported: boolean;
  state: string;
}

export interface StepState {
  step: Step;
  /** Where it leads: a tab of the product. */
  tab: string;
  is: "done" | "next" | "later";
}

export function stepsOf(facts: Facts): StepState[] {
  const done: Record<Step, boolean> = {
    definition: facts.functions > 0,
    development: facts.devices > 0,
    debugging: facts.hasReported,
    production: facts.state === "released",
  };
  const next = STEPS.find((step) => !done[step]);
  // Devices are made on the tab of debugging.
  const tabs: Record<Step, string> = { definition: "definition", development: "debugging", debugging: "development", production: "production" };
  return STEPS.map((step) => ({ step, tab: tabs[step], is: done[step] ? "done" : step === next ? "next" : "later" }));
}

/** How many properties, events and actions a thing model has; none where it cannot be read. */
export function functionsOf(definition: string): number {
  const model = parseModel(definition);
  return model ? model.properties.length + model.events.length + model.actions.length : 0;
}
