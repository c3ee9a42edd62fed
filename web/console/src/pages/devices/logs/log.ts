// A device's log, newest first.
import { call } from "../../../api/call";
import type { DeviceLogRow } from "../../../api/generated";
import { type Feed, type Line, useFeed } from "../feed";

export interface LogFilter {
  kinds: string[];
  direction: string;
  keyword: string;
  /** Milliseconds. */
  min: number;
  max: number;
}

export type LogLine = Line<DeviceLogRow>;
export type Log = Feed<DeviceLogRow>;

const PAGE = 50;

/** `isHeld` says whether new lines have to wait. */
export function useLog(product: string, name: string, filter: () => LogFilter, on: () => unknown, isHeld: () => boolean): Log {
  return useFeed<DeviceLogRow, LogFilter>({
    async read(of, Context, signal) {
      const answer = await call(
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
      return { rows: answer.Rows, context: answer.Context, isOver: answer.Listover };
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
