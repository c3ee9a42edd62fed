// Where in a JSON text each value stands, and where the text stops being JSON.
export interface Scanned {
  /** Line, from 1, of each value by its path, such as `properties[3].define.min`. */
  lines: Map<string, number>;
  /** Set when it is no JSON; `path` is the value that was begun last. */
  error?: { line: number; column: number; found: string; path: string };
}

class Broken extends Error {}

export function scan(text: string): Scanned {
  const lines = new Map<string, number>();
  let at = 0;
  let line = 1;
  let last = "";

  function blank(): void {
    while (at < text.length && " \t\r\n".includes(text.charAt(at))) {
      if (text[at] === "\n") line += 1;
      at += 1;
    }
  }

  function expect(sign: string): void {
    blank();
    if (text[at] !== sign) throw new Broken();
    at += 1;
  }

  function literal(pattern: RegExp): string {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) throw new Broken();
    at += found[0].length;
    return found[0];
  }

  const name = () => {
    blank();
    return JSON.parse(literal(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)) as string;
  };

  function value(path: string): void {
    blank();
    lines.set(path, line);
    last = path;
    const sign = text[at];
    if (sign === "{") members(path);
    else if (sign === "[") elements(path);
    else if (sign === '"') name();
    else literal(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y);
  }

  function members(path: string): void {
    expect("{");
    blank();
    if (text[at] === "}") return void (at += 1);
    for (;;) {
      const key = name();
      const inner = path ? `${path}.${key}` : key;
      expect(":");
      value(inner);
      blank();
      if (text[at] !== ",") break;
      at += 1;
    }
    expect("}");
  }

  function elements(path: string): void {
    expect("[");
    blank();
    if (text[at] === "]") return void (at += 1);
    for (let index = 0; ; index += 1) {
      value(`${path}[${index}]`);
      blank();
      if (text[at] !== ",") break;
      at += 1;
    }
    expect("]");
  }

  try {
    value("");
    blank();
    if (at < text.length) throw new Broken();
    return { lines };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const column = at - text.lastIndexOf("\n", at - 1);
    return { lines, error: { line, column, found: text.slice(at, at + 12).split("\n")[0] ?? "", path: last } };
  }
}

/** The line of a path, or of the nearest one around it. */
export function lineOf(lines: Map<string, number>, path: string): number {
  for (let wanted = path; wanted; wanted = wanted.replace(/(?:\.[^.[\]]*|\[\d+\]|^[^.[\]]*)$/, "")) {
    const line = lines.get(wanted);
    if (line !== undefined) return line;
  }
  return 1;
}
