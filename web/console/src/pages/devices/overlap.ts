// Rows come by themselves and in pages that are read: what is in a page comes once more, before, while or after it is read.

export interface Compared<Row> {
  /** Milliseconds. */
  timeOf(row: Row): number;
  isSame(a: Row, b: Row): boolean;
}

/** Leaves out what the page last read has already. Rows have no number of their own, and two may be alike: each stands for one. */
export class Overlap<Row> {
  private page: Row[] = [];

  constructor(private readonly compared: Compared<Row>) {}

  /** A page, newest first, was read and is shown. */
  read(page: Row[]): void {
    this.page = [...page];
  }

  /** What of `rows`, newest first, is not in the page. */
  newIn(rows: Row[]): Row[] {
    const found: Row[] = [];
    for (const row of rows.toReversed()) {
      if (!this.has(row)) found.unshift(row);
    }
    return found;
  }

  private has(row: Row): boolean {
    const newest = this.page[0];
    if (!newest) return false;
    if (this.compared.timeOf(row) > this.compared.timeOf(newest)) {
      // So are all that follow.
      this.page = [];
      return false;
    }
    const at = this.page.findLastIndex((known) => this.compared.isSame(known, row));
    if (at !== -1) this.page.splice(at, 1);
    return at !== -1;
  }
}
