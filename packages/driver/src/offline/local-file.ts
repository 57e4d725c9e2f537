import type { BeginOptions, CallOptions, ClientStatus, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import { TursoTransaction } from "../turso/turso-transaction.ts";
import { throwIfAborted } from "../waiting.ts";
import { checkAll, checkScript, OfflineTransaction } from "./offline-transaction.ts";
import type { Refusals } from "./refusals.ts";

/** The local file as the program uses it: without what cannot be carried to the primary. */
export class LocalFile {
  readonly #local: LocalEngine;
  readonly #refusals: Refusals;
  readonly #onUpsert: () => void;

  /** @param onUpsert called after an autocommit call that has upserted, of which more can be told now than after a crash. */
  constructor(local: LocalEngine, refusals: Refusals, onUpsert: () => void) {
    this.#local = local;
    this.#refusals = refusals;
    this.#onUpsert = onUpsert;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    throwIfAborted(options.signal);
    this.#refusals.check(statement);
    // Outside of a transaction such a query would leave the connection with a lock.
    if (statement.parsed.kind === "read" && /\bpragma_\w/iu.test(statement.sql)) {
      return this.batch([statement], "read", options).then(([result]) => result!);
    }
    const result = this.#local.execute(statement, options);
    return isUpsert(statement) && result instanceof Promise ? result.finally(this.#onUpsert) : result;
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BeginOptions,
  ): Promise<RawResult[]> {
    throwIfAborted(options.signal);
    checkAll(this.#refusals, statements);
    // What is known beforehand to write takes its turn beforehand.
    const writes = mode === "deferred" && statements.some(({ parsed }) => parsed.kind !== "read");
    const transaction = await this.begin(writes ? "write" : mode, options);
    try {
      const results = await transaction.batch(statements, options);
      await transaction.commit();
      if (statements.some(isUpsert)) this.#onUpsert();
      return results;
    } finally {
      transaction.close();
    }
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    throwIfAborted(options.signal);
    checkScript(this.#refusals, sql);
    await this.#local.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    this.#refusals.check(statement);
    return this.#local.iterate(statement, options);
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    const own = mode === "concurrent" ? "write" : mode;
    const inner = new TursoTransaction(await this.#local.begin(own, options), own);
    return new OfflineTransaction(inner, this.#refusals);
  }

  status(): Omit<ClientStatus, "closed"> {
    return this.#local.status();
  }
}

function isUpsert({ sql, parsed }: BoundStatement): boolean {
  return parsed.kind === "write" && /\bon\s+conflict\b/iu.test(sql);
}
