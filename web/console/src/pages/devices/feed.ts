// Rows of time, newest first: new ones come by themselves or with the newest page, older ones when they are asked for.
import { computed, type ComputedRef, onScopeDispose, ref, type Ref, shallowRef, type ShallowRef, watch } from "vue";

import { type ApiError, asApiError } from "../../api/error";
import { A_WHILE, patient } from "../../api/patient";
import { Overlap } from "./overlap";

export type Line<Row> = Row & { key: number };

export interface Page<Row> {
  rows: Row[];
  /** What the next page is asked for with. */
  context: string;
  isOver: boolean;
}

export interface Source<Row, Filter> {
  read(filter: Filter, context: string, signal: AbortSignal): Promise<Page<Row>>;
  /** What is asked for at the moment. */
  filter(): Filter;
  /** Anything else is another list when this changes. */
  on(): unknown;
  /** Milliseconds. */
  timeOf(row: Row): number;
  isSame(a: Row, b: Row): boolean;
  /** For rows that change: whether what was read of a row is other than what is shown of it. */
  isChanged?(shown: Row, read: Row): boolean;
  /** Whether new rows have to wait. */
  isHeld(): boolean;
}

export interface Feed<Row> {
  lines: ComputedRef<Line<Row>[]>;
  /** Read, but not shown yet: they would move what is under the pointer. */
  waiting: ComputedRef<number>;
  isRead: Ref<boolean>;
  isLoading: Ref<boolean>;
  /** Older rows are being read. */
  isMore: Ref<boolean>;
  isOver: Ref<boolean>;
  error: ShallowRef<ApiError | undefined>;
  /** Rows that were left out, since the list was begun; and whether there may be others. */
  missed: Ref<number>;
  hasGap: Ref<boolean>;
  /** Reads what is new. */
  refresh(): Promise<void>;
  /** Takes rows, newest first, that came by themselves. */
  push(rows: Row[], missed?: number, hasGap?: boolean): void;
  /** Begins the list anew. */
  restart(): Promise<void>;
  /** Shows what waits. */
  show(): void;
  more(): Promise<void>;
  /** Takes everything from view, and shows what comes from now on. */
  clear(): void;
  /** What is being read shows nothing new any more; the first page and older rows, which somebody waits for, go on. */
  stop(): void;
}

/** Rows that are kept, shown or waiting: the oldest go when a page stays open for long. */
export const MOST = 2000;

let last = 0;

export function useFeed<Row extends object, Filter>(source: Source<Row, Filter>): Feed<Row> {
  const shown = shallowRef<Line<Row>[]>([]);
  const fresh = shallowRef<Line<Row>[]>([]);
  const isRead = ref(false);
  const isLoading = ref(false);
  const isMore = ref(false);
  const isOver = ref(true);
  const error = shallowRef<ApiError>();
  let asked: Filter | undefined;
  let context = "";
  let running: AbortController | undefined;
  let clearedAt = 0;
  /** Cleared while a page was read: what it brings was there before. */
  let isCleared = false;
  /** Older rows were asked for and nothing was found: what is new does not set that back. */
  let isFurther = false;
  const overlap = new Overlap<Row>(source);
  /** The newest page, as it was read last. */
  let newest: Row[] = [];
  const missed = ref(0);
  const hasGap = ref(false);
  /** Newest pages that are being read, and what came meanwhile, newest first. */
  let reading = 0;
  let arrived: Row[] = [];
  /** Older rows that are being read: what somebody asked for is not cut off by what comes by itself. */
  let older: Promise<void> | undefined;
  let stops = 0;

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
      error.value = asApiError(thrown);
    }
    if (running === mine) isLoading.value = false;
  }

  const read = (of: Filter, from: string, signal: AbortSignal): Promise<Page<Row>> =>
    patient(() => source.read(of, from, signal), signal, A_WHILE);

  function restart(): Promise<void> {
    shown.value = [];
    fresh.value = [];
    arrived = [];
    newest = [];
    isCleared = false;
    missed.value = 0;
    hasGap.value = false;
    isRead.value = false;
    isFurther = false;
    running?.abort();
    older = undefined;
    isMore.value = false;
    return refresh();
  }

  async function refresh(): Promise<void> {
    const before = stops;
    reading += 1;
    await older;
    if (before === stops) await run(readNewest);
    reading -= 1;
    if (reading > 0) return;
    isCleared = false;
    add(arrived.splice(0));
  }

  async function readNewest(signal: AbortSignal): Promise<void> {
    const of = source.filter();
    const answer = await read(of, "", signal);
    if (signal.aborted) return;
    if (isCleared) clearUpTo(answer.rows[0]);
    isCleared = false;
    const known = fresh.value[0] ?? shown.value[0];
    const rows = answer.rows.filter((row) => source.timeOf(row) > clearedAt);
    const at = known ? rows.findIndex((row) => source.isSame(row, known)) : -1;
    isRead.value = true;
    newest = rows;
    overlap.read(answer.rows);
    if (isFurther && rows.length === 0) return;
    if (at === -1) {
      isFurther = false;
      // The first page, or more came than a page holds: what lies between is read with the pages.
      asked = of;
      context = answer.context;
      isOver.value = answer.isOver || clearedAt > 0;
      fresh.value = [];
      shown.value = rows.map(line);
      return;
    }
    wait(rows.slice(0, at));
  }

  function push(rows: Row[], left = 0, isGap = false): void {
    missed.value += left;
    hasGap.value ||= isGap;
    if (reading > 0) arrived = [...rows, ...arrived].slice(0, MOST);
    else add(rows);
  }

  function add(rows: Row[]): void {
    const found = overlap.newIn(rows);
    if (found.length > 0) wait(found);
  }

  function wait(rows: Row[]): void {
    fresh.value = [...rows.map(line), ...fresh.value].slice(0, MOST);
    if (!source.isHeld()) show();
  }

  function show(): void {
    renew();
    if (fresh.value.length === 0) return;
    const all = [...fresh.value, ...shown.value];
    // Where the older pages begin is not known any more.
    if (all.length > MOST) isOver.value = true;
    shown.value = all.slice(0, MOST);
    fresh.value = [];
  }

  /** Rows that changed since they were shown, in their places. */
  function renew(): void {
    if (!source.isChanged) return;
    for (const rows of [shown, fresh]) {
      const now = rows.value.map((known) => {
        const read = newest.find((row) => source.isSame(row, known));
        return read && source.isChanged?.(known, read) ? { ...read, key: known.key } : known;
      });
      if (now.some((row, at) => row !== rows.value[at])) rows.value = now;
    }
  }

  function more(): Promise<void> {
    // A newest page that is cut off by this is read afterwards.
    const isCut = reading > 0;
    isMore.value = true;
    const mine = run(readOlder).finally(() => {
      if (older === mine) {
        older = undefined;
        isMore.value = false;
      }
      if (isCut) void refresh();
    });
    older = mine;
    return mine;
  }

  async function readOlder(signal: AbortSignal): Promise<void> {
    if (!asked || isOver.value) return;
    const answer = await read(asked, context, signal);
    if (signal.aborted) return;
    context = answer.context;
    isOver.value = answer.isOver;
    shown.value = [...shown.value, ...answer.rows.map(line)];
    isFurther = shown.value.length === 0;
  }

  function clearUpTo(newest: Row | undefined): void {
    if (newest) clearedAt = Math.max(clearedAt, source.timeOf(newest));
  }

  function clear(): void {
    clearUpTo(arrived[0] ?? fresh.value[0] ?? shown.value[0]);
    isCleared = reading > 0;
    arrived = [];
    shown.value = [];
    fresh.value = [];
    missed.value = 0;
    hasGap.value = false;
    isOver.value = true;
  }

  function stop(): void {
    if (!isRead.value) return;
    stops += 1;
    if (older) return;
    running?.abort();
    running = undefined;
    isLoading.value = false;
  }

  watch(() => source.on(), () => void restart());
  onScopeDispose(() => running?.abort());
  void restart();
  const waiting = computed(() => fresh.value.length);
  const lines = computed(() => shown.value);
  return { lines, waiting, isRead, isLoading, isMore, isOver, error, missed, hasGap, refresh, push, restart, show, more, clear, stop };
}

function line<Row extends object>(row: Row): Line<Row> {
  last += 1;
  return { ...row, key: last };
}
