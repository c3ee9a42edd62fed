// A device's log, newest first: the newest page is read again and again, older ones when they are asked for.
import { computed, type ComputedRef, onScopeDispose, ref, type Ref, shallowRef, type ShallowRef, watch } from "vue";

import { call } from "../../../api/call";
import { ApiError } from "../../../api/error";
import type { DeviceLogRow } from "../../../api/generated";

export interface LogFilter {
  kinds: string[];
  direction: string;
  keyword: string;
  /** Milliseconds. */
  min: number;
  max: number;
}

export interface LogLine extends DeviceLogRow {
  key: number;
}

export interface Log {
  lines: ComputedRef<LogLine[]>;
  /** Read, but not shown yet: they would move what is under the pointer. */
  waiting: ComputedRef<number>;
  isRead: Ref<boolean>;
  isLoading: Ref<boolean>;
  isOver: Ref<boolean>;
  error: ShallowRef<ApiError | undefined>;
  /** Reads what is new. */
  refresh(): Promise<void>;
  /** Shows what waits. */
  show(): void;
  more(): Promise<void>;
  /** Takes everything from view, and shows what comes from now on. */
  clear(): void;
}

const PAGE = 50;
/** The oldest go when a page stays open for long. */
const MOST = 2000;

let last = 0;

/** `isHeld` says whether new lines have to wait. */
export function useLog(product: string, name: string, filter: () => LogFilter, on: () => unknown, isHeld: () => boolean): Log {
  const shown = shallowRef<LogLine[]>([]);
  const fresh = shallowRef<LogLine[]>([]);
  const isRead = ref(false);
  const isLoading = ref(false);
  const isOver = ref(true);
  const error = shallowRef<ApiError>();
  let asked: LogFilter | undefined;
  let context = "";
  let running: AbortController | undefined;
  let clearedAt = 0;

  function read(of: LogFilter, Context: string, signal: AbortSignal) {
    return call(
      "ListDeviceLog",
      {
        ProductId: product,
        DeviceName: name,
        Kinds: of.kinds,
        Direction: of.direction,
        Keyword: of.keyword,
        MinTime: of.min,
        MaxTime: of.max,
        Context,
        Limit: PAGE,
      },
      signal,
    );
  }

  async function run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    isLoading.value = true;
    try {
      await work(mine.signal);
      if (running === mine) error.value = undefined;
    } catch (thrown) {
      if (running !== mine) return;
      error.value = thrown instanceof ApiError ? thrown : new ApiError("Console", String(thrown), "");
    }
    if (running === mine) isLoading.value = false;
  }

  function start(): Promise<void> {
    shown.value = [];
    fresh.value = [];
    isRead.value = false;
    return refresh();
  }

  function refresh(): Promise<void> {
    return run(async (signal) => {
      const of = filter();
      const answer = await read(of, "", signal);
      if (signal.aborted) return;
      const known = fresh.value[0] ?? shown.value[0];
      const rows = answer.Rows.filter((row) => row.Time > clearedAt);
      const at = known ? rows.findIndex((row) => isSame(row, known)) : -1;
      isRead.value = true;
      if (at === -1) {
        // The first page, or more came than a page holds: what lies between is read with the pages.
        asked = of;
        context = answer.Context;
        isOver.value = answer.Listover || clearedAt > 0;
        fresh.value = [];
        shown.value = rows.map(line);
        return;
      }
      fresh.value = [...rows.slice(0, at).map(line), ...fresh.value];
      if (!isHeld()) show();
    });
  }

  function show(): void {
    if (fresh.value.length === 0) return;
    shown.value = [...fresh.value, ...shown.value].slice(0, MOST);
    fresh.value = [];
  }

  function more(): Promise<void> {
    return run(async (signal) => {
      if (!asked || isOver.value) return;
      const answer = await read(asked, context, signal);
      if (signal.aborted) return;
      context = answer.Context;
      isOver.value = answer.Listover;
      shown.value = [...shown.value, ...answer.Rows.map(line)];
    });
  }

  function clear(): void {
    clearedAt = Math.max(clearedAt, fresh.value[0]?.Time ?? 0, shown.value[0]?.Time ?? 0);
    shown.value = [];
    fresh.value = [];
    isOver.value = true;
  }

  watch(on, () => void start());
  onScopeDispose(() => running?.abort());
  void start();
  const waiting = computed(() => fresh.value.length);
  return { lines: computed(() => shown.value), waiting, isRead, isLoading, isOver, error, refresh, show, more, clear };
}

function line(row: DeviceLogRow): LogLine {
  last += 1;
  return { ...row, key: last };
}

function isSame(a: DeviceLogRow, b: DeviceLogRow): boolean {
  return a.Time === b.Time && a.Kind === b.Kind && a.Direction === b.Direction && a.Topic === b.Topic && a.Content === b.Content;
}
