import type { SqlValue } from "../engine.ts";
import { nextToken } from "../sql/tokenize.ts";

/**
 * How a parameter is written, so that the engine takes its argument for what it is.
 *
 * - `"real"`: a number. SQLite's bindings make it a REAL, this engine an INTEGER if it is whole: `(? + 0.0)` is real again, and
 *   like a parameter it has no affinity and can be looked up in an index.
 * - `"hex"`: a long blob. The engine takes bytes one call each, text in one: `unhex(?)` is several times faster.
 * - `"plain"`: anything else.
 */
export type ArgumentForm = "plain" | "real" | "hex";

const minHexBytes = 16 * 1024;
/** A JavaScript string holds about 512 million characters, and each byte takes two. */
const maxHexBytes = 128 * 1024 * 1024;

/** The form for an argument; `undefined` for NULL, which fits any. */
export function formOf(value: SqlValue): ArgumentForm | undefined {
  if (typeof value === "number") return "real";
  if (value === null) return undefined;
  if (value instanceof Uint8Array && value.byteLength >= minHexBytes && value.byteLength <= maxHexBytes) return "hex";
  return "plain";
}

/** The argument as it is bound in a form. */
export function bindable(value: SqlValue, form: ArgumentForm | undefined): SqlValue {
  if (form !== "hex" || !(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
}

/**
 * The SQL with each parameter written in its form. Parameters stay in their places, and so keep their numbers.
 *
 * @param parameters as `ParsedStatement` has them: for number `i + 1` its text.
 * @param forms for number `i + 1` its form.
 */
export function writeForms(
  sql: string,
  parameters: readonly (string | undefined)[],
  forms: readonly (ArgumentForm | undefined)[],
): string {
  let written = "";
  let copiedTo = 0;
  let last = 0;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    if (token.kind !== "parameter") continue;
    const text = sql.slice(token.start, token.end);
    const number =
      text === "?" ? last + 1 : text.startsWith("?") ? Number(text.slice(1)) : parameters.indexOf(text) + 1;
    last = Math.max(last, number);
    const form = forms[number - 1];
    if (form === undefined || form === "plain") continue;
    written += sql.slice(copiedTo, token.start) + (form === "real" ? `(${text} + 0.0)` : `unhex(${text})`);
    copiedTo = token.end;
  }
  return written + sql.slice(copiedTo);
}
