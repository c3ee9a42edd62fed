// The lines a filter shows, all of them, as rows of a file.
import { call } from "../../../api/call";
import { patient } from "../../../api/patient";
import { isShown, type LogFilter } from "./log";

type Rows = (string | number)[][];

const PAGE = 100;
/** A file a spreadsheet still opens. */
export const LINES_MAX = 100_000;

const HEAD = ["Time", "Kind", "Direction", "Scene", "Topic", "Content", "PayloadFormat", "Result", "RequestId", "ClientToken"];

export async function* logPages(product: string, name: string, filter: LogFilter, signal: AbortSignal): AsyncGenerator<Rows> {
  yield [HEAD];
  let Context = "";
  for (let lines = 0; lines < LINES_MAX; ) {
    const asked = {
      ProductId: product,
      DeviceName: name,
      Kinds: filter.kinds,
      Direction: filter.direction,
      Keyword: filter.keyword,
      MinTime: filter.min,
      MaxTime: filter.max,
      Context,
      Limit: PAGE,
    };
    const page = await patient(() => call("ListDeviceLog", asked, signal), signal);
    const rows = page.Rows.filter((row) => isShown(filter, row));
    yield rows.map((row) => [
      new Date(row.Time).toISOString(),
      row.Kind,
      row.Direction,
      row.Scene,
      row.Topic,
      row.Content,
      row.PayloadFormat,
      row.Result,
      row.RequestId,
      row.ClientToken,
    ]);
    lines += rows.length;
    if (page.Listover) return;
    Context = page.Context;
  }
}
