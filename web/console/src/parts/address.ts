// State that lives in the address: reload and a sent link show the same.
import { computed, type WritableComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

type Values = Record<string, string | number | boolean>;
type Widened<V> = V extends string ? string : V extends number ? number : boolean;

export type Address<T extends Values> = { [K in keyof T]: WritableComputedRef<Widened<T[K]>> };

// Several values set in one turn become one navigation, whoever sets them.
let pending: Record<string, string | undefined> | undefined;
let isStep = false;

/** One writable value for each default; what equals its default stays out of the address. A change of one of the `steps` is taken back by the browser's Back. */
export function useAddress<const T extends Values>(defaults: T, steps: (keyof T)[] = []): Address<T> {
  const route = useRoute();
  const router = useRouter();

  function set(name: string, value: string | number | boolean): void {
    const text = value === defaults[name] ? undefined : String(value);
    // Nothing to change: going there all the same would end a navigation that is under way.
    if (!pending && text === (route.query[name] ?? undefined)) return;
    isStep ||= steps.includes(name);
    if (pending) {
      pending[name] = text;
      return;
    }
    pending = { [name]: text };
    queueMicrotask(() => {
      const to = { query: { ...route.query, ...pending } };
      void (isStep ? router.push(to) : router.replace(to));
      pending = undefined;
      isStep = false;
    });
  }

  const address: Record<string, unknown> = {};
  for (const [name, initial] of Object.entries(defaults)) {
    address[name] = computed({
      get: () => read(route.query[name], initial),
      set: (value: string | number | boolean) => set(name, value),
    });
  }
  return address as Address<T>;
}

function read(text: unknown, initial: string | number | boolean): string | number | boolean {
  if (typeof text !== "string") return initial;
  if (typeof initial === "boolean") return text === "true";
  if (typeof initial === "string") return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : initial;
}
