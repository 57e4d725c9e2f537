import type { CallOptions, Client, Executor, Transaction } from "@litefleet/driver";
import type { SqlQuery, SqlQueryable, SqlResultSet } from "@prisma/driver-adapter-utils";
import { decodeResult } from "./decode-result.ts";
import { encodeArguments } from "./encode-arguments.ts";
import { isManyStatements, toPrismaError } from "./driver-error.ts";
import type { ResolvedOptions } from "./options.ts";
import { answers } from "./queryable-question.ts";
import { answerOf } from "./watched-query.ts";

/** The name under which Prisma knows this adapter. */
export const adapterName = "@litefleet/prisma-adapter";

/** What connections and transactions have in common: Prisma's queries over the driver's statements. */
export abstract class LitefleetQueryable implements SqlQueryable {
  readonly provider = "sqlite";
  readonly adapterName = adapterName;
  readonly #options: ResolvedOptions;
  readonly #place: "transaction" | "outside";
  readonly #call: CallOptions;

  /** @param signal of a transaction: ends calls that are under way. */
  constructor(options: ResolvedOptions, signal?: AbortSignal) {
    this.#options = options;
    this.#place = signal === undefined ? "outside" : "transaction";
    // Integers beyond 2^53 arrive as bigint whatever the client's `intMode` is: Prisma converts them itself.
    this.#call = { intMode: "auto", signal };
  }

  /**
   * What runs the SQL; for a transaction it begins with the first call.
   *
   * @throws {DriverAdapterError} or rejects if it cannot be had: what a transaction failed with at its begin.
   */
  protected abstract executor(): Client | Transaction | Promise<Transaction>;

  /** Runs one statement and gives its rows. */
  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const args = encodeArguments(query, this.#options.timestampFormat);
    try {
      const answer = answerOf(query);
      if (answer !== undefined) {
        const arrival = { queryable: this, executor: async () => this.executor() };
        return decodeResult(await answer({ sql: query.sql, args }, arrival));
      }
      const executor = this.executor();
      // What is there already is not awaited: that would cost a turn of the microtask queue.
      const ready = executor instanceof Promise ? await executor : executor;
      return decodeResult(await ready.prepare(query.sql).raw(args, this.#call));
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * Runs one statement and gives the number of rows that it changed. Without arguments it may also be a script: then all
   * its statements run, in order and not as one transaction, and the number is 0, as none is known.
   */
  async executeRaw(query: SqlQuery): Promise<number> {
    if (answers(query, this)) return 0;
    const args = encodeArguments(query, this.#options.timestampFormat);
    try {
      const executor = this.executor();
      const ready = executor instanceof Promise ? await executor : executor;
      if (args.length > 0) return (await ready.prepare(query.sql).run(args, this.#call)).rowsAffected;
      return await this.#runScript(ready, query.sql);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** What the driver threw in the terms of Prisma. */
  protected translate(error: unknown): unknown {
    return toPrismaError(error, this.#place);
  }

  async #runScript(executor: Executor, sql: string): Promise<number> {
    try {
      return (await executor.prepare(sql).run([], this.#call)).rowsAffected;
    } catch (error) {
      if (!isManyStatements(error)) throw error;
      await executor.executeMultiple(sql, this.#call);
      return 0;
    }
  }
}
