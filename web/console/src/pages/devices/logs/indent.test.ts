import { describe, expect, it } from "vitest";

import { indent, indexOfByte } from "./indent";

function shown(source: string, part: string): string {
  const indented = indent(source);
  const start = source.lastIndexOf(part);
  return indented?.text.slice(...indented.span(start, start + part.length)) ?? "";
}

describe("a message with its lines", () => {
  const source = '{"method":"report", "params":{"lac":"x","big":12345678901234567890,"list":[ {} ,[],{"a":"},\\"["}]}}';

  it("reads as JSON.stringify writes, but for numbers JavaScript cannot hold", () => {
    const plain = source.replace("12345678901234567890", "1").replace("{} ,[],", "");
    expect(indent(plain)?.text).toBe(JSON.stringify(JSON.parse(plain), null, 2));
    expect(indent(source)?.text).toContain('"big": 12345678901234567890');
  });

  it("knows where a part of it went", () => {
    expect(shown(source, '"x"')).toBe('"x"');
    expect(shown(source, "12345678901234567890")).toBe("12345678901234567890");
    expect(shown(source, '{"a":"},\\"["}')).toBe('{\n        "a": "},\\"["\n      }');
    expect(indent("7")?.span(99, 100)).toEqual([1, 1]);
  });

  it("leaves alone what is not JSON", () => {
    expect(indent('{"a":')).toBeUndefined();
    expect(indent("hello")).toBeUndefined();
  });

  it("counts bytes as the server does", () => {
    const text = 'a联é𝄞"';
    const bytes = new TextEncoder();
    for (const part of ["", "a", "a联", "a联é", "a联é𝄞"]) {
      expect(indexOfByte(text, bytes.encode(part).length)).toBe(part.length);
    }
    expect(indexOfByte(text, 1000)).toBe(text.length);
  });
});
