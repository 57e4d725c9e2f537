import type { ForeignKeys, TransactionMode } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import type { WireBatch, WireCondition, WireRequest, WireStatement, WireStep } from "./protocol.ts";
import { controlStatement, encodeStatement } from "./encode-statement.ts";

const beginSql: Readonly<Record<TransactionMode, string>> = {
  write: "BEGIN IMMEDIATE",
  concurrent: "BEGIN IMMEDIATE",
  deferred: "BEGIN DEFERRED",
  read: "BEGIN TRANSACTION READONLY",
};

/** Longest text that is stored on the server, in UTF-16 units: at most three bytes each, and sqld takes 5,000. */
const maxStoredLength = 1600;

/** True while a transaction is open: the server ends it after an `OR ROLLBACK`, or when it takes the lock away. */
export const inTransaction: WireCondition = { type: "not", cond: { type: "is_autocommit" } };

/** A batch under construction. */
export class BatchPlan {
  readonly #steps: WireStep[] = [];
  readonly #storedTexts = new Map<string, number>();
  readonly #maxStoredTexts: number;

  /** @param maxStoredTexts how many texts may be stored on the stream, to be sent only once; needs a fresh stream. */
  constructor(maxStoredTexts = 0) {
    this.#maxStoredTexts = maxStoredTexts;
  }

  /** How many steps there are, which is the number of the next one. */
  get length(): number {
    return this.#steps.length;
  }

  /** Adds a step that runs only if all of `conditions` hold, and returns its number. */
  add(stmt: WireStatement, ...conditions: readonly WireCondition[]): number {
    const [first, ...more] = conditions;
    if (first === undefined) this.#steps.push({ stmt });
    else this.#steps.push({ stmt, condition: more.length === 0 ? first : { type: "and", conds: conditions } });
    return this.#steps.length - 1;
  }

  /** Begins a transaction, with foreign keys off if asked. */
  addBegin(mode: TransactionMode, foreignKeys: ForeignKeys | undefined): void {
    // Each stream begins with them on.
    if (foreignKeys !== "off") {
      this.add(controlStatement(beginSql[mode]));
      return;
    }
    this.add(controlStatement("PRAGMA foreign_keys = OFF"));
    this.add(controlStatement(beginSql[mode]), this.afterLast());
  }

  /** Adds statements that each run only after the one before succeeded, and while `also` holds. */
  addChain(statements: readonly BoundStatement[], ...also: readonly WireCondition[]): void {
    const repeated = this.#maxStoredTexts === 0 ? undefined : repeatedTexts(statements);
    for (const statement of statements) {
      const { sql = "", ...rest } = encodeStatement(statement);
      const id = repeated?.has(statement.sql) === true ? this.#store(sql) : undefined;
      const stmt = id === undefined ? { sql, ...rest } : { sql_id: id, ...rest };
      if (this.length === 0) this.add(stmt, ...also);
      else this.add(stmt, this.afterLast(), ...also);
    }
  }

  /** That the last step has run without an error. */
  afterLast(): WireCondition {
    return { type: "ok", step: this.#steps.length - 1 };
  }

  /** The requests that run it; the batch itself is the last one. */
  requests(): WireRequest[] {
    const requests: WireRequest[] = [];
    for (const [sql, id] of this.#storedTexts) requests.push({ type: "store_sql", sql_id: id, sql });
    requests.push({ type: "batch", batch: this.batch() });
    return requests;
  }

  /** The batch alone; only for a plan that stores no texts. */
  batch(): WireBatch {
    return { steps: this.#steps };
  }

  #store(sql: string): number | undefined {
    const known = this.#storedTexts.get(sql);
    if (known !== undefined) return known;
    const id = this.#storedTexts.size;
    if (id >= this.#maxStoredTexts || sql.length > maxStoredLength) return undefined;
    this.#storedTexts.set(sql, id);
    return id;
  }
}

/** What occurs more than once: a text that occurs once costs more to store than to send. */
function repeatedTexts(statements: readonly BoundStatement[]): ReadonlySet<string> {
  const once = new Set<string>();
  const repeated = new Set<string>();
  for (const { sql } of statements) {
    if (once.has(sql)) repeated.add(sql);
    else once.add(sql);
  }
  return repeated;
}
