// A window judged again by the server, page by page.
import { call } from "../../../api/call";
import type { JudgedMessage } from "../../../api/generated";
import { patient } from "../../../api/patient";

const DIFFERENCES_MAX = 500;
const PAGE = 1000;

export interface Judged {
  judged: number;
  differences: JudgedMessage[];
  isCut: boolean;
}

/** By the thing model in force when there is no draft. */
export async function judgeAgain(of: { product: string; name: string; min: number; max: number; draft: string }, signal: AbortSignal): Promise<Judged> {
  const found: Judged = { judged: 0, differences: [], isCut: false };
  let Context = "";
  for (;;) {
    const asked = {
      ProductId: of.product,
      DeviceName: of.name,
      MinTime: of.min,
      MaxTime: of.max,
      ModelSchema: of.draft,
      Context,
      Limit: PAGE,
    };
    const answer = await patient(() => call("ListJudgedMessages", asked, signal), signal);
    found.judged += answer.Judged;
    found.differences.push(...answer.Differences);
    Context = answer.Context;
    found.isCut = found.differences.length > DIFFERENCES_MAX;
    if (answer.Listover || found.isCut) return { ...found, differences: found.differences.slice(0, DIFFERENCES_MAX) };
  }
}
