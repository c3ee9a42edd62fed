// A device's log, newest first.
import { call } from "../../../api/call";
import type { DeviceLogRow } from "../../../api/generated";
import { type Feed, type Line, useFeed } from "../feed";
import { type Switch, switchOf } from "./switches";

export interface LogFilter {
  kinds: string[];
  direction: string;
  keyword: string;
  /** Of what the server answers, only lines of these; all when there is none. */
  only?: Switch[];
  /** Milliseconds. */
  min: number;
  max: number;
}

export type LogLine = Line<DeviceLogRow>;
export type Log = Feed<DeviceLogRow>;

const PAGE = 50;
/** So many pages are looked through for the first line that is shown. */
const PAGES_MAX = 5;

export const isShown = (of: LogFilter, row: DeviceLogRow): boolean => !of.only?.length || of.only.includes(switchOf(row));

/** `isHeld` says whether new lines have to wait. */
export function useLog(product: string, name: string, filter: () => LogFilter, on: () => unknown, isHeld: () => boolean): Log {
  return useFeed<DeviceLogRow, LogFilter>({
    async read(of, Context, signal) {
      const asked = { ProductId: product, DeviceName: name, Kinds: of.kinds, Direction: of.direction, Keyword: of.keyword };
      const range = { MinTime: of.min, MaxTime: of.max, Limit: PAGE };
      let context = Context;
      for (let page = 1; ; page += 1) {
        const answer = await call("ListDeviceLog", { ...asked, ...range, Context: context }, signal);
        const rows = answer.Rows.filter((row) => isShown(of, row));
        if (rows.length > 0 || answer.Listover || page === PAGES_MAX) return { rows, context: answer.Context, isOver: answer.Listover };
        context = answer.Context;
      }
    },
    filter,
    on,
    timeOf: (row) => row.Time,
    isSame,
    isHeld,
  });
}

function isSame(a: DeviceLogRow, b: DeviceLogRow): boolean {
  return a.Time === b.Time && a.Kind === b.Kind && a.Direction === b.Direction && a.Topic === b.Topic && a.Content === b.Content;
}
