// The virtual device of a device's page: its connection, its values, and what it does by itself. It lives as long as the page.
import { inject, type InjectionKey, onScopeDispose, provide, type Ref, ref, shallowRef, type ShallowRef, watch } from "vue";

import { call } from "../../../api/call";
import { type ApiError, asApiError } from "../../../api/error";
import type { Device } from "../device";
import { type EventKind, initialValue, initialValues, type Json } from "../model";
import { type Fault, moved, spoilt } from "./draw";
import { connect, type Link, Refused } from "./link";
import * as messages from "./messages";
import type { Values } from "./messages";

/** How the last connection ended. */
export type End = { is: "refused"; code: number } | { is: "lost" | "left" | "cut" };

/** Something it said, heard or did. */
export interface Happening {
  key: number;
  at: number;
  way: "up" | "down" | "note";
  text: string;
}

export interface Virtual {
  phase: Ref<"off" | "connecting" | "on">;
  end: ShallowRef<End | undefined>;
  error: ShallowRef<ApiError | undefined>;
  values: ShallowRef<Values>;
  /** When a control set a property last, milliseconds. */
  set: ShallowRef<Record<string, number>>;
  fault: Ref<Fault>;
  /** Reports by itself, every `period` seconds. */
  isAutomatic: Ref<boolean>;
  period: Ref<number>;
  /** What actions are answered with. */
  outputs: ShallowRef<Record<string, Values>>;
  actionCode: Ref<number>;
  happenings: ShallowRef<Happening[]>;
  counts: Ref<{ reports: number; accepted: number; refused: number }>;
  /** Signs in; with `isWrong` by a password that is none. */
  start(isWrong?: boolean): Promise<void>;
  leave(): Promise<void>;
  cut(): void;
  report(ids: string[]): void;
  post(kind: EventKind, params: Values): void;
  sendRaw(bytes: Uint8Array): void;
}

const KEY: InjectionKey<Virtual> = Symbol("virtual device");
const KEPT = 50;
/** Seconds between its own reports; also where the field is empty. */
const PERIOD = 5;
/** Seconds its credentials are good: it signs in once. */
const VALID = 300;

export function useVirtual(): Virtual {
  const virtual = inject(KEY);
  if (!virtual) throw new Error("a virtual device outside a device page");
  return virtual;
}

export function provideVirtual(device: Device): Virtual {
  const virtual = create(device);
  provide(KEY, virtual);
  return virtual;
}

function create(device: Device): Virtual {
  const phase = ref<"off" | "connecting" | "on">("off");
  const end = shallowRef<End>();
  const error = shallowRef<ApiError>();
  const values = shallowRef<Values>({});
  const set = shallowRef<Record<string, number>>({});
  const fault = ref<Fault>("none");
  const isAutomatic = ref(false);
  const period = ref(PERIOD);
  const outputs = shallowRef<Record<string, Values>>({});
  const actionCode = ref(0);
  const happenings = shallowRef<Happening[]>([]);
  const counts = ref({ reports: 0, accepted: 0, refused: 0 });
  let link: Link | undefined;
  let topics = messages.topicsOf(device.product, device.name, false);
  let spoken = 0;
  let isGone = false;

  const properties = () => device.model.value?.properties ?? [];
  const isRaw = () => device.kind.data.value?.DataProtocol === 2;
  const token = () => `${device.product}-${(spoken += 1)}`;

  function note(way: Happening["way"], text: string): void {
    const first = happenings.value[0];
    happenings.value = [{ key: (first?.key ?? 0) + 1, at: Date.now(), way, text }, ...happenings.value].slice(0, KEPT);
  }

  function send(topic: string, payload: string | Uint8Array): void {
    const speaking = link;
    if (!speaking) return;
    note("up", typeof payload === "string" ? payload : messages.toHex(payload));
    speaking.publish(topic, payload).catch((thrown: unknown) => {
      if (speaking === link) note("note", String(thrown));
    });
  }

  function say({ topic, payload }: messages.Said): void {
    send(topic, payload);
  }

  function report(ids: string[]): void {
    if (!link || ids.length === 0) return;
    const chosen = Object.fromEntries(ids.map((id) => [id, values.value[id] ?? null] as [string, Json]));
    counts.value.reports += 1;
    say(messages.report(topics, token(), spoilt(fault.value, properties(), chosen), Date.now()));
  }

  /** Does what the platform wants, and says so, as devices do. */
  function obey(answered: string, wanted: Values): void {
    if (fault.value === "silent") return;
    const known = properties().filter(({ id }) => id in wanted);
    values.value = { ...values.value, ...Object.fromEntries(known.map(({ id }) => [id, wanted[id] ?? null])) };
    set.value = { ...set.value, ...Object.fromEntries(known.map(({ id }) => [id, Date.now()])) };
    say(messages.controlReply(topics, answered));
    report(known.map(({ id }) => id));
  }

  function heard(_: string, payload: Uint8Array): void {
    if (isRaw()) return note("down", messages.toHex(payload));
    const text = new TextDecoder().decode(payload);
    note("down", text);
    const message = messages.hear(text);
    if (message.is === "control") obey(message.token, message.values);
    else if (message.is === "action") {
      const action = device.model.value?.actions.find(({ id }) => id === message.action);
      const code = action ? (actionCode.value ?? 0) : 404;
      say(messages.actionReply(topics, message.token, code, (action && outputs.value[action.id]) ?? {}));
    } else if (message.is === "status") {
      values.value = { ...values.value, ...message.reported };
      if (Object.keys(message.control).length === 0) return;
      // What was wanted while it was away is done once.
      obey(message.token, message.control);
      say(messages.clearControl(topics, token()));
    } else if (message.is === "reply" && message.method === "report_reply") {
      if (message.code === 0) counts.value.accepted += 1;
      else counts.value.refused += 1;
    }
  }

  async function start(isWrong = false): Promise<void> {
    if (phase.value !== "off") return;
    phase.value = "connecting";
    [error.value, end.value] = [undefined, undefined];
    try {
      const made = await call("DescribeDeviceCredentials", { ProductId: device.product, DeviceName: device.name, ValidSeconds: VALID });
      topics = messages.topicsOf(device.product, device.name, isRaw());
      const password = isWrong ? made.Password.replace(/^../, (two) => (two === "00" ? "ff" : "00")) : made.Password;
      const signIn = { clientId: made.ClientId, userName: made.UserName, password };
      const opened = await connect(signIn, topics.down, { heard, lost: () => over({ is: "lost" }) });
      if (isGone) return void opened.leave();
      link = opened;
      phase.value = "on";
      if (!isRaw()) say(messages.getStatus(topics, token()));
    } catch (thrown) {
      phase.value = "off";
      if (thrown instanceof Refused) end.value = { is: "refused", code: thrown.code };
      else error.value = asApiError(thrown);
    }
    await device.info.reload();
  }

  function over(how: End): void {
    link = undefined;
    phase.value = "off";
    isAutomatic.value = false;
    end.value = how;
    void device.info.reload();
  }

  async function leave(): Promise<void> {
    const ending = link;
    link = undefined;
    await ending?.leave();
    over({ is: "left" });
  }

  function cut(): void {
    link?.cut();
    over({ is: "cut" });
  }

  watch(
    device.model,
    (model) => {
      const fresh = (model?.properties ?? []).map((property) => [property.id, initialValue(property.define)] as [string, Json]);
      values.value = { ...Object.fromEntries(fresh), ...values.value };
      const answers = (model?.actions ?? []).map((action) => [action.id, initialValues(action.output)] as [string, Values]);
      outputs.value = { ...Object.fromEntries(answers), ...outputs.value };
    },
    { immediate: true },
  );
  watch([isAutomatic, period, phase], (_, __, onCleanup) => {
    if (!isAutomatic.value || phase.value !== "on") return;
    const timer = setInterval(() => {
      const wandered = properties().map(({ id, define }) => [id, moved(define, values.value[id] ?? 0, Math.random, Date.now())] as [string, Json]);
      values.value = { ...values.value, ...Object.fromEntries(wandered) };
      report(properties().map(({ id }) => id));
    }, Math.max(1, period.value || PERIOD) * 1000);
    onCleanup(() => clearInterval(timer));
  });
  onScopeDispose(() => {
    isGone = true;
    void link?.leave();
    link = undefined;
  });

  return {
    phase,
    end,
    error,
    values,
    set,
    fault,
    isAutomatic,
    period,
    outputs,
    actionCode,
    happenings,
    counts,
    start,
    leave,
    cut,
    report,
    post: (kind, params) => say(messages.event(topics, token(), kind, params, Date.now())),
    sendRaw: (bytes) => send(topics.raw, bytes),
  };
}
