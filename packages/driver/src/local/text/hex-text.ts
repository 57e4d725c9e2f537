/** Most text is shorter than this; longer text gets a buffer of its own. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** `value` as SQL whose text the library can read, whatever it is: in hexadecimal digits. Other values stay as they are. */
export function hexTextSql(value: string): string {
  return `CASE typeof(${value}) WHEN 'text' THEN hex(${value}) ELSE ${value} END`;
}

/** Turns the texts of rows that were read so back, in place; what is not UTF-8 becomes U+FFFD. */
export function fromHex(rows: readonly unknown[][]): void {
  for (const row of rows) {
    for (let c = 0; c < row.length; c += 1) {
      const value = row[c];
      if (typeof value === "string") row[c] = textOf(value);
    }
  }
}

function textOf(hex: string): string {
  if (hex.length > scratch.length * 2) return Buffer.from(hex, "hex").toString();
  return scratch.toString("utf8", 0, scratch.write(hex, "hex"));
}
