import type { CallOptions, Client, Transaction, Value } from "../api.ts";
import { LibsqlError } from "../errors.ts";
import type { ColumnEntry } from "./column-cache.ts";
import { carefulStatement, positions, quickStatement } from "./search-statement.ts";
import type { BoundSearch, SearchStatement } from "./search-statement.ts";

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
  search: SearchStatement,
  options: CallOptions,
  entry: ColumnEntry,
): Promise<VectorMatch[]> {
  const run = async ({ sql, args }: BoundSearch): Promise<Value[][]> =>
    executor.prepare(sql).values(args, toCallOptions(options));
  const { rowid } = search.keys;
  const isQuick = "capabilities" in executor && !entry.isMixed && search.among === undefined && rowid !== undefined;
  if (isQuick) {
    try {
      const rows = await run(quickStatement(search, rowid));
      if (rows.every((values) => values[positions.distance] !== null)) return toMatches(rows, search.select);
    } catch (error) {
      if (!(error instanceof LibsqlError && codesOfStatements.has(error.code))) throw error;
    }
  }
  const rows = await run(carefulStatement(search));
  if (isQuick) entry.isMixed = true;
  return toMatches(rows, search.select);
}

/** What of a search's options concerns every call of a client. */
export function toCallOptions(options: CallOptions): CallOptions {
  const { signal, timeoutMs, intMode, maxStalenessMs, minPosition } = options;
  return { signal, timeoutMs, intMode, maxStalenessMs, minPosition };
}

function toMatches(rows: readonly Value[][], select: readonly string[]): VectorMatch[] {
  return rows.map((values) => toMatch(values, select));
}

function toMatch(values: readonly Value[], select: readonly string[]): VectorMatch {
  const row: Record<string, Value> = {};
  for (const [i, name] of select.entries()) row[name] = values[positions.selected + i]!;
  const rowid = values[positions.rowid];
  return Object.assign(row, {
    rowid: rowid === undefined || rowid instanceof ArrayBuffer ? null : rowid,
    distance: Number(values[positions.distance]),
  });
}
