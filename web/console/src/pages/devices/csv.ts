// Tables as text. Cells that a spreadsheet would take for a formula are kept from being one.

/** With the mark that tells spreadsheets the encoding. */
export function toCsv(rows: (string | number)[][]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Of all that begins like a formula these do nothing: numbers, and secrets, which are base64 and must stay as they are. */
const HARMLESS = /^(-?\d+(\.\d+)?|\+[A-Za-z0-9+/]+=*)$/;

function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) && !HARMLESS.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of cells; quoted cells may hold commas, quotes and line ends. */
export function fromCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let cellText = "";
  let isQuoted = false;
  for (; at < text.length; at += 1) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') cellText += char;
      else if (text[at + 1] === '"') {
        cellText += '"';
        at += 1;
      } else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === ",") {
      row.push(cellText);
      cellText = "";
    } else if (char === "\n") {
      row.push(cellText);
      rows.push(row);
      row = [];
      cellText = "";
    } else if (char !== "\r") cellText += char;
  }
  if (cellText || row.length) rows.push([...row, cellText]);
  return rows;
}
