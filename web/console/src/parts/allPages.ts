// Lists that are chosen from, read whole.
import { number } from "../text/format";
import { language } from "../text/language";
import { notice } from "./notice";
import { partTexts } from "./texts";

const PAGE = 100;
/** More than this nobody looks through in a list to choose from. */
const MAX = 1000;

/** All rows of a list that is read by offset, or the first thousand: that there are more is said. */
export async function allPages<T>(read: (offset: number, limit: number) => Promise<{ rows: T[]; total: number }>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const { rows, total } = await read(all.length, PAGE);
    all.push(...rows);
    if (rows.length > 0 && all.length < Math.min(total, MAX)) continue;
    if (rows.length > 0 && all.length < total) notice(partTexts[language.value].onlyFirst(number(all.length), number(total)), "warning");
    return all;
  }
}
