// JSON with its lines, token by token: what was sent stays as it was written, and a place in it is still known afterwards.

export interface Indented {
  text: string;
  /** Where a piece of the source is now. */
  span(start: number, end: number): [number, number];
}

/** `undefined` unless the text is JSON. */
export function indent(source: string): Indented | undefined {
  try {
    JSON.parse(source);
  } catch {
    return undefined;
  }
  const places = new Uint32Array(source.length + 1);
  let text = "";
  let depth = 0;
  let isString = false;
  const newLine = () => `\n${"  ".repeat(depth)}`;
  for (let index = 0; index < source.length; index += 1) {
    const sign = source.charAt(index);
    if (isString) {
      places[index] = text.length;
      text += sign;
      if (sign === "\\") {
        index += 1;
        places[index] = text.length;
        text += source.charAt(index);
      } else if (sign === '"') isString = false;
      continue;
    }
    if (/\s/.test(sign)) {
      places[index] = text.length;
      continue;
    }
    const isOpening = sign === "{" || sign === "[";
    const isClosing = sign === "}" || sign === "]";
    if (isClosing) {
      depth -= 1;
      if (!/[[{]$/.test(text)) text += newLine();
    } else if (/[[{,]$/.test(text)) text += newLine();
    places[index] = text.length;
    text += sign;
    if (isOpening) depth += 1;
    if (sign === ":") text += " ";
    if (sign === '"') isString = true;
  }
  places[source.length] = text.length;
  const at = (index: number) => places[Math.min(index, source.length)] ?? text.length;
  return { text, span: (start, end) => [at(start), end > start ? Math.min(at(end - 1) + 1, text.length) : at(start)] };
}

/** The place in a text of a place in its UTF-8 bytes. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  let index = 0;
  for (const sign of text) {
    if (bytes >= byte) break;
    const code = sign.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += sign.length;
  }
  return index;
}
