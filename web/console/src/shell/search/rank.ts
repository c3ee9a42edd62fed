// How well a text fits what was searched for.

/** Smaller is better; `undefined` when it does not fit. Upper and lower case are the same. */
export function rank(query: string, ...of: string[]): number | undefined {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return undefined;
  const ranks = of.map((text) => rankOne(wanted, text)).filter((found) => found !== undefined);
  return ranks.length > 0 ? Math.min(...ranks) : undefined;
}

function rankOne(wanted: string, text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === wanted) return 0;
  if (lower.startsWith(wanted)) return 1;
  if (wordsOf(text).some((word) => word.startsWith(wanted))) return 2;
  if (lower.includes(wanted)) return 3;
  const parts = wanted.split(/\s+/);
  return parts.length > 1 && parts.every((part) => lower.includes(part)) ? 4 : undefined;
}

/** `DescribeDeviceData` has three, each to its end: a search may begin at any of them. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const { index } of text.matchAll(/(?<=[^A-Za-z0-9])[A-Za-z0-9]|(?<=[a-z0-9])[A-Z]/g)) words.push(text.slice(index).toLowerCase());
  return words;
}

/** The best first, those of the same rank in the order given; at most `max`. */
export function best<T extends { rank: number }>(found: T[], max: number): T[] {
  return [...found].sort((a, b) => a.rank - b.rank).slice(0, max);
}
