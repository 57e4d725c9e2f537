/**
 * An identifier in quotes.
 *
 * @throws {TypeError} for anything but a string that holds something, or one with a NUL, which SQLite would cut there.
 */
export function quoteIdentifier(name: string, what: string = "identifier"): string {
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw new TypeError(
      `Expected the ${what} as a string that is not empty and has no NUL, got ${JSON.stringify(name)}`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}
