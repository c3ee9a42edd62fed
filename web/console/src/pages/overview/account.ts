// The account's own figures, summed over its projects.
import { call } from "../../api/call";

export interface AccountFigures {
  online: number;
  activated: number;
  activatedYesterday: number;
  activeInWeek: number;
}

const PAGE = 50;

/** Of one project, or of all with "". */
export async function everyProject(only: string, signal: AbortSignal): Promise<AccountFigures> {
  const sum: AccountFigures = { online: 0, activated: 0, activatedYesterday: 0, activeInWeek: 0 };
  for (let offset = 0; ; offset += PAGE) {
    const { Projects, Total } = await call("GetProjectList", { Offset: offset, Limit: PAGE, ...(only ? { ProjectId: only } : {}) }, signal);
    for (const project of Projects) {
      const figures = await call("GetDeviceSumStatistics", { ProjectId: project.ProjectId }, signal);
      sum.online += figures.OnlineCount;
      sum.activated += figures.ActivationCount;
      sum.activatedYesterday += figures.ActivationBeforeDay;
      sum.activeInWeek += figures.ActiveWeekDayCount;
    }
    if (Projects.length === 0 || offset + PAGE >= Total) return sum;
  }
}
