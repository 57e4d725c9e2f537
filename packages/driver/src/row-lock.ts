import type { ResultSet } from "@libsql/core/api";
import type { CallOptions, InArgs, InValue, RowKey, TransactionMode } from "./api.ts";
import { describeValue } from "./describe-value.ts";
import { LitefleetError, unsupported } from "./errors.ts";
import { nextToken } from "./sql/tokenize.ts";
import { quoteIdentifier } from "./vector/identifier.ts";

/** The transaction that locks. */
export interface LockingTransaction {
  readonly mode: TransactionMode;
  /** Whether others write at the same time, so that only a write of its own makes them conflict. */
  readonly writesBesideOthers: boolean;
  execute(sql: string, args: InArgs, options?: CallOptions): Promise<ResultSet>;
}

/**
 * Makes other transactions that write these rows conflict, or wait; gives the number of rows.
 *
 * @throws {LitefleetError} `SQLITE_READONLY` in mode `"read"`; `UNSUPPORTED` if writing the rows would run a trigger. {@link TypeError}
 *   for a key of the wrong kind.
 */
export async function lockRows(
  tx: LockingTransaction,
  table: string,
  key: RowKey,
  options?: CallOptions,
): Promise<number> {
  const name = quoteIdentifier(table, "table");
  const { where, args } = readKey(key);
  if (tx.mode === "read") {
    const details = { extendedCode: "SQLITE_READONLY", rawCode: 8 };
    throw new LitefleetError('attempt to lock in a transaction of mode "read"', "SQLITE_READONLY", details);
  }
  if (tx.writesBesideOthers) {
    await checkTriggers(tx, table, options);
    return (await tx.execute(`UPDATE ${name} SET _rowid_ = _rowid_ WHERE ${where}`, args, options)).rowsAffected;
  }
  // From its first write on it has the database for itself, even if that changes nothing.
  if (tx.mode === "deferred") await tx.execute(`DELETE FROM ${name} WHERE 0`, [], options);
  const { rows } = await tx.execute(`SELECT count(*) FROM ${name} WHERE ${where}`, args, {
    ...options,
    intMode: "number",
  });
  return Number(rows[0]?.[0]);
}

function readKey(key: RowKey): { readonly where: string; readonly args: InValue[] } {
  if (typeof key === "bigint") return { where: "_rowid_ = ?", args: [key] };
  if (typeof key === "number") {
    if (!Number.isSafeInteger(key)) throw new RangeError(`Expected a rowid as an integer, got ${key}`);
    return { where: "_rowid_ = ?", args: [BigInt(key)] };
  }
  if (typeof key !== "object" || key === null || Array.isArray(key) || Object.keys(key).length === 0) {
    throw new TypeError(`Expected the key as a rowid or as { column: value }, got ${describeValue(key)}`);
  }
  const columns = Object.entries(key);
  return {
    where: columns
      .map(([column, value]) => `${quoteIdentifier(column, "column")} ${value === null ? "IS NULL" : "= ?"}`)
      .join(" AND "),
    args: columns.flatMap(([, value]) => (value === null ? [] : [value])),
  };
}

/** A write that changes nothing must have no effects of its own. */
async function checkTriggers(tx: LockingTransaction, table: string, options: CallOptions | undefined): Promise<void> {
  const { rows } = await tx.execute(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?)",
    [table],
    options,
  );
  if (rows.length === 0) return;
  const columns = await tx.execute(`PRAGMA table_info(${quoteIdentifier(table, "table")})`, [], options);
  const keys = columns.rows.flatMap(({ name, pk }) => (Number(pk) > 0 ? [String(name).toLowerCase()] : []));
  const firing = rows.find(({ sql }) => firesOnRowid(String(sql), keys));
  if (firing === undefined) return;
  throw unsupported(
    `lock() on ${table}, whose trigger ${String(firing["name"])} would run,`,
    "Declare the trigger with UPDATE OF and its columns, or write the row yourself.",
  );
}

/** `CREATE TRIGGER name [BEFORE | AFTER] UPDATE ON …` fires whatever is set; with `UPDATE OF` only for those columns. */
function firesOnRowid(sql: string, keys: readonly string[]): boolean {
  let isUpdate = false;
  let listed: string[] | undefined;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end).toLowerCase();
    if (token.kind === "word" && text === "on")
      return isUpdate && (listed?.some((name) => keys.includes(name)) ?? true);
    if (token.kind === "word" && text === "update") isUpdate = true;
    else if (isUpdate && listed === undefined && text === "of") listed = [];
    else listed?.push(text.replaceAll(/^["`[]|["`\]]$/gu, ""));
  }
  return false;
}
