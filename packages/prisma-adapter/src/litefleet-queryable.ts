import type { CallOptions, Executor } from "@litefleet/driver";
import type { SqlQuery, SqlQueryable, SqlResultSet } from "@prisma/driver-adapter-utils";
import { decodeResult } from "./decode-result.ts";
import { encodeArguments } from "./encode-arguments.ts";
import { isManyStatements, toPrismaError } from "./driver-error.ts";
import type { ResolvedOptions } from "./options.ts";
import { answers } from "./queryable-question.ts";

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

  /** What runs the SQL. For a transaction it begins with the first call. */
  protected abstract executor(): Executor | Promise<Executor>;

  /** Runs one statement and gives its rows. */
  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const args = encodeArguments(query, this.#options.timestampFormat);
    const result = await this.run((executor) => executor.prepare(query.sql).raw(args, this.#call));
    return decodeResult(result);
  }

  /**
   * Runs one statement and gives the number of rows that it changed. Without arguments it may also be a script: then all
   * its statements run, in order and not as one transaction, and the number is 0, as none is known.
   */
  async executeRaw(query: SqlQuery): Promise<number> {
    if (answers(query, this)) return 0;
    const args = encodeArguments(query, this.#options.timestampFormat);
    return this.run(async (executor) => {
      try {
        return (await executor.prepare(query.sql).run(args, this.#call)).rowsAffected;
      } catch (error) {
        if (args.length > 0 || !isManyStatements(error)) throw error;
        await executor.executeMultiple(query.sql, this.#call);
        return 0;
      }
    });
  }

  /** Runs `work` and turns what the driver throws into what Prisma understands. */
  protected async run<T>(work: (executor: Executor) => Promise<T>): Promise<T> {
    let executor: Executor | undefined;
    try {
      executor = await this.executor();
      return await work(executor);
    } catch (error) {
      // A transaction that fails to begin is none yet.
      throw toPrismaError(error, executor === undefined ? "outside" : this.#place);
    }
  }
}
