// One change at a time: busy while it runs, and why it failed.
import { type Ref, ref, shallowRef } from "vue";

import { type ApiError, asApiError } from "../api/error";

export interface Work {
  isBusy: Readonly<Ref<boolean>>;
  error: Ref<ApiError | undefined>;
  /** Whether it was done. */
  run(change: () => Promise<unknown>): Promise<boolean>;
}

export function useWork(): Work {
  const isBusy = ref(false);
  const error = shallowRef<ApiError>();
  async function run(change: () => Promise<unknown>): Promise<boolean> {
    if (isBusy.value) return false;
    isBusy.value = true;
    error.value = undefined;
    try {
      await change();
    } catch (thrown) {
      error.value = asApiError(thrown);
    }
    isBusy.value = false;
    return error.value === undefined;
  }
  return { isBusy, error, run };
}

/** Splits a refusal: at the field its message names, or for the whole form. */
export function atField<F extends string>(error: ApiError | undefined, fields: readonly F[]): { field?: F; form?: ApiError } {
  if (!error) return {};
  const field = fields.find((name) => new RegExp(`\\b${name}\\b`).test(error.message));
  return field ? { field } : { form: error };
}
