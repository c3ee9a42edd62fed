import { describe, expect, it } from "vitest";

import { fromCsv, toCsv } from "./csv";

const cells = (...values: (string | number)[]) => toCsv([values]).slice(1).trimEnd();

describe("tables as text", () => {
  it("keeps spreadsheets from running what devices and people wrote", () => {
    for (const formula of ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "+HYPERLINK(A1)"]) {
      expect(fromCsv(cells(formula))[0]?.[0]).toBe(`'${formula}`);
    }
  });

  it("leaves numbers and secrets as they are", () => {
    expect(cells(-1, "-1.5", "+8d/Zk3yQ0F1xLw2+a==", "a=b")).toBe("-1,-1.5,+8d/Zk3yQ0F1xLw2+a==,a=b");
  });

  it("gives back what was put in", () => {
    const rows = [["a,b", 'say "hi"', "two\r\nlines", ""], ["联物", "x", "y", "z"]];
    expect(fromCsv(toCsv(rows))).toEqual(rows);
  });
});
