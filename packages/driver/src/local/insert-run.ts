import type { RawResult } from "../api.ts";
import type { BoundStatement, SqlValue } from "../engine.ts";
import { rowlessResult } from "../result-set.ts";
import { parseStatement } from "../sql/parse.ts";
import { readPlainInsert } from "../sql/plain-insert.ts";
import type { PlainInsert } from "../sql/plain-insert.ts";
import type { Connection } from "./connection.ts";

/** Fewer statements than this are not worth a look at the schema. */
export const minInsertRun = 64;

/** Statements between two looks at the clock. */
const looksEvery = 16;

/**
 * All as numbers, for text could be anything: how many tables have the name, and whether it is an ordinary table with rowids that
 * SQLite counts up, whose definition settles no conflict by itself; its triggers; where in a list of values its INTEGER PRIMARY KEY
 * stands, which is the rowid.
 */
const lookSql = `SELECT
  (SELECT count(*) FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE),
  (SELECT count(*) FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE AND schema = 'main' AND type = 'table' AND wr = 0),
  (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE AND sql NOT LIKE '%conflict%' AND sql NOT LIKE '%random%'),
  (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)
    + (SELECT count(*) FROM sqlite_temp_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE),
  (SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0),
  (SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'),
  (SELECT CASE WHEN ?2 IS NULL
      THEN (SELECT count(*) FROM pragma_table_xinfo(?1) AS other WHERE other.hidden = 0 AND other.cid < key.cid)
      ELSE (SELECT named.key FROM json_each(?2) AS named WHERE named.value = key.name COLLATE NOCASE) END
    FROM pragma_table_xinfo(?1) AS key WHERE key.pk > 0 LIMIT 1)`;
const look = parseStatement(lookSql);

const countersSql = "SELECT total_changes(), last_insert_rowid()";
const counters = parseStatement(countersSql);

const rowidNames: ReadonlySet<string> = new Set(["rowid", "oid", "_rowid_"]);

/** Where a row's rowid comes from: the argument of this index, or SQLite, which counts up. */
type RowidSource = number | "counted";

/**
 * Many inserts of one text, in a transaction. The library takes a third less time if it is not asked what each has done; here
 * that can be told without asking: a plain INSERT into an ordinary table without triggers adds one row or fails, and its rowid is its
 * key's argument or one more than the one before. The counters of the connection say afterwards whether that was so; if it was not, all is
 * undone, to be done in the ordinary way.
 */
export class InsertRun {
  readonly #connection: Connection;
  readonly #rowid: RowidSource;
  #holds = true;

  private constructor(connection: Connection, rowid: RowidSource) {
    this.#connection = connection;
    this.#rowid = rowid;
  }

  /** `undefined` if `statement` is not such an insert, or the library has no such way. */
  static of(connection: Connection, statement: BoundStatement): InsertRun | undefined {
    const insert = readPlainInsert(statement.sql, statement.parsed);
    if (insert === undefined || !connection.canRunUnasked(statement)) return undefined;
    const rowid = rowidSource(connection, insert);
    return rowid === undefined ? undefined : new InsertRun(connection, rowid);
  }

  /**
   * Runs statements from `results.length` on, of the same text as the one that ended just before, and adds their results; it stops
   * before the first of another text, and when `until` (by `performance.now()`) has come. Adds none if the next one has to be run
   * in the ordinary way. On an error nothing is added, and {@link InsertFailure} says which one failed.
   */
  run(statements: readonly BoundStatement[], results: RawResult[], until: number): void {
    const from = results.length;
    const { sql } = statements[from]!;
    if (!this.#holds || !this.#canTell(statements[from]!)) return;
    const [changesBefore, rowidBefore] = this.#readCounters();
    this.#connection.exec("SAVEPOINT litefleet_inserts");
    let at = from;
    try {
      for (; at < statements.length; at += 1) {
        const statement = statements[at]!;
        if (statement.sql !== sql || !this.#canTell(statement)) break;
        this.#connection.runUnasked(statement);
        if ((at - from) % looksEvery === 0 && performance.now() > until) {
          at += 1;
          break;
        }
      }
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec("RELEASE litefleet_inserts");
      throw new InsertFailure(at, error);
    }
    const [changes, rowid] = this.#readCounters();
    const rowids = this.#rowids(statements, from, at, rowidBefore);
    this.#holds = changes - changesBefore === BigInt(at - from) && rowid === rowids.at(-1);
    if (!this.#holds) this.#connection.exec("ROLLBACK TO litefleet_inserts");
    this.#connection.exec("RELEASE litefleet_inserts");
    if (!this.#holds) return;
    for (const each of rowids) results.push(rowlessResult(1, each));
  }

  /** The rowids of the rows that statements `from` to `to` have added. */
  #rowids(statements: readonly BoundStatement[], from: number, to: number, before: bigint): bigint[] {
    const rowids: bigint[] = [];
    let counted = before;
    for (let i = from; i < to; i += 1) {
      counted += 1n;
      rowids.push(this.#rowid === "counted" ? counted : BigInt(statements[i]!.args[this.#rowid] as number | bigint));
    }
    return rowids;
  }

  #canTell({ args }: BoundStatement): boolean {
    return this.#rowid === "counted" || isInteger(args[this.#rowid]);
  }

  #readCounters(): readonly [changes: bigint, rowid: bigint] {
    const { rows } = this.#connection.run({ sql: countersSql, parsed: counters, args: [], intMode: "bigint" });
    return rows[0] as unknown as [bigint, bigint];
  }
}

/** A statement of a run failed. */
export class InsertFailure extends Error {
  /** Its place among the statements. */
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super("An insert failed", { cause });
    this.index = index;
  }
}

function rowidSource(connection: Connection, { table, columns, values }: PlainInsert): RowidSource | undefined {
  if (columns?.some((column) => rowidNames.has(column.toLowerCase())) === true) return undefined;
  const args = [table, columns === undefined ? null : JSON.stringify(columns)];
  const { rows } = connection.run({ sql: lookSql, parsed: look, args, intMode: "number" });
  const [named, ordinary, plain, triggers, keyColumns, keyIndexes, place] = rows[0] as (number | null)[];
  if (named !== 1 || ordinary !== 1 || plain !== 1 || triggers !== 0) return undefined;
  const isRowid = keyColumns === 1 && keyIndexes === 0;
  if (!isRowid || place === null || place === undefined) return "counted";
  return values[place];
}

function isInteger(value: SqlValue | undefined): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}
