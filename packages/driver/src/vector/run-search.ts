import type { CallOptions, Client, Transaction, Value } from "../api.ts";
import { LibsqlError } from "../errors.ts";
import type { ColumnEntry } from "./column-cache.ts";
import { bindSearch, carefulText, positions, quickText } from "./search-statement.ts";
import type { SearchShape, SearchText, SearchValues } from "./search-statement.ts";

/** How engines say that a value is no vector; servers have no number for it. */
const codesOfStatements: ReadonlySet<string> = new Set(["SQLITE_ERROR", "SQLITE_UNKNOWN"]);

/** Columns of which nothing is known. */
export type MatchedColumns = Readonly<Record<string, Value>>;

/**
 * A row that was found: `rowid` and `distance`, and the selected columns, of which one with either name is not read.
 *
 * @typeParam Row what the selected columns hold, as you know it; nothing checks it.
 */
export type VectorMatch<Row extends object = MatchedColumns> = Row & {
  /** `null` for a view or a table WITHOUT ROWID. */
  readonly rowid: number | bigint | string | null;
  readonly distance: number;
};

/**
 * Runs a search. Through every row it goes without a look at what each value is, which is a sixth faster; where that meets what is no
 * such vector, it is done again with care, as is every search of the column from then on. In a transaction it is always done with
 * care: Turso ends one in which a statement fails.
 */
export async function runSearch(
  executor: Client | Transaction,
  shape: SearchShape,
  values: SearchValues,
  options: CallOptions,
  entry: ColumnEntry,
): Promise<VectorMatch[]> {
  const { rowid } = shape.keys;
  const isAmong = values.among !== undefined;
  const isQuick = "capabilities" in executor && !entry.isMixed && !isAmong && rowid !== undefined;
  if (isQuick) {
    try {
      const text = textOf(entry, "quick", shape, () => quickText(shape, rowid));
      const rows = await run(executor, text, shape, values, options);
      if (rows.every((row) => row[positions.distance] !== null)) return toMatches(rows, shape.select);
    } catch (error) {
      if (!(error instanceof LibsqlError && codesOfStatements.has(error.code))) throw error;
    }
  }
  const text = textOf(entry, isAmong ? "among" : "careful", shape, () => carefulText(shape, isAmong));
  const rows = await run(executor, text, shape, values, options);
  if (isQuick) entry.isMixed = true;
  return toMatches(rows, shape.select);
}

/** What of a search's options concerns every call of a client. */
export function toCallOptions(options: CallOptions): CallOptions {
  const { signal, timeoutMs, intMode, maxStalenessMs, minPosition } = options;
  return { signal, timeoutMs, intMode, maxStalenessMs, minPosition };
}

function run(
  executor: Client | Transaction,
  text: SearchText,
  { kind }: SearchShape,
  values: SearchValues,
  options: CallOptions,
): Promise<Value[][]> {
  return executor.prepare(text.sql).values(bindSearch(text, kind, values), toCallOptions(options));
}

/** Texts that are kept for a column. */
const mostTexts = 100;

/** The text for a search of this shape, made once. What is kept with the column goes when its declaration is read anew. */
function textOf(entry: ColumnEntry, way: string, shape: SearchShape, make: () => SearchText): SearchText {
  const { metric, kind, isNamed, where = "", select } = shape;
  const key = [way, metric, kind, isNamed, where, ...select].join("\0");
  let text = entry.texts.get(key);
  if (text === undefined) {
    if (entry.texts.size === mostTexts) entry.texts.clear();
    entry.texts.set(key, (text = make()));
  }
  return text;
}

function toMatches(rows: readonly Value[][], select: readonly string[]): VectorMatch[] {
  const matches: VectorMatch[] = [];
  for (const values of rows) matches.push(toMatch(values, select));
  return matches;
}

function toMatch(values: readonly Value[], select: readonly string[]): VectorMatch {
  const rowid = values[positions.rowid]!;
  const match: VectorMatch<Record<string, Value>> = {
    rowid: rowid instanceof ArrayBuffer ? null : rowid,
    distance: Number(values[positions.distance]),
  };
  for (let i = 0; i < select.length; i += 1) {
    const name = select[i]!;
    if (name !== "rowid" && name !== "distance") match[name] = values[positions.selected + i]!;
  }
  return match;
}
