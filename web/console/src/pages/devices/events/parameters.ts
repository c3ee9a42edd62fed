// Parameters of an event or action as the thing model names them.
import { type Field, type Json, parseJson, valueText } from "../model";

export interface Parameter {
  id: string;
  name: string;
  text: string;
}

/** In the order they were sent; those the model does not know as they are. Nothing for what is no object. */
export function parametersOf(json: string, fields: Field[] | undefined): Parameter[] {
  const values = parseJson(json);
  if (!values || typeof values !== "object" || Array.isArray(values)) return [];
  return Object.entries(values).map(([id, value]: [string, Json]) => {
    const field = fields?.find((each) => each.id === id);
    return { id, name: field?.name ?? id, text: field ? valueText(field.define, value) : JSON.stringify(value) };
  });
}
