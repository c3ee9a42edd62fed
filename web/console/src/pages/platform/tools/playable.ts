// Which product a simulation can play: devices report random values of its properties.
import { call } from "../../../api/call";
import { ApiError } from "../../../api/error";
import type { ProductEntry } from "../../../api/generated";
import { scan } from "../../../text/json";
import { asModel } from "../../products/definition/model";

/** Products that are looked into for one to begin with. */
const LOOKED_INTO = 10;
/** `EncryptionType` of products whose devices sign in with keys, `DataProtocol` of those that speak the thing model. */
const KEY = "2";
const THING_MODEL = 1;

/** Whether there are properties to report; unknown where the thing model may not be read. */
export async function hasProperties(ProductId: string, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    const define = (await call("DescribeModelDefinition", { ProductId }, signal)).Model?.ModelDefine ?? "";
    return !scan(define).error && (asModel(JSON.parse(define))?.properties ?? []).length > 0;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The first that can be played; the first of all where none of the newest can. */
export async function firstPlayable(products: ProductEntry[], signal: AbortSignal): Promise<string> {
  const fitting = products.filter((product) => product.EncryptionType === KEY && product.DataProtocol === THING_MODEL);
  for (const { ProductId } of fitting.slice(0, LOOKED_INTO)) if (await hasProperties(ProductId, signal)) return ProductId;
  return products[0]?.ProductId ?? "";
}
