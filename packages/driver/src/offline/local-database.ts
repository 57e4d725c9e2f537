import type { SqlValue } from "../engine.ts";
import type { NativeStatement } from "../local/native.ts";
import { parseStatement } from "../sql/parse.ts";
import { StatementCache } from "../statement-cache.ts";
import { classifyTurso } from "../turso/classify.ts";
import { step } from "../turso/native.ts";
import type { TursoHandle } from "../turso/native.ts";
import { TursoConnection } from "../turso/turso-connection.ts";

const cacheSize = 64;

/** A connection of the local file for the driver's own statements. Integers are read as bigints. */
export class LocalDatabase {
  readonly #handle: TursoHandle;
  readonly #connection: TursoConnection;
  readonly #cache = new StatementCache<NativeStatement>(cacheSize);

  constructor(handle: TursoHandle) {
    this.#handle = handle;
    this.#connection = new TursoConnection(handle, cacheSize);
  }

  all(sql: string, args: readonly SqlValue[] = []): SqlValue[][] {
    return this.#prepare(sql).all(args, true) as SqlValue[][];
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Commits while the event loop goes on: a large transaction takes its time. Nobody else may use the connection meanwhile. */
  async commit(): Promise<void> {
    const script = this.#handle.executor("COMMIT");
    try {
      for (;;) {
        const result = script.stepSync();
        if (result === step.done) return;
        if (result === step.io) await this.#handle.ioLoopAsync();
      }
    } catch (error) {
      throw classifyTurso(error);
    } finally {
      script.reset();
    }
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** Ends a transaction, if there is one. */
  rollBack(): void {
    if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
  }

  /** Forgets what is compiled: the schema may be another one. */
  forgetStatements(): void {
    this.#cache.clear();
  }

  close(): void {
    this.#cache.clear();
    this.#connection.close();
  }

  #prepare(sql: string): NativeStatement {
    const cached = this.#cache.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#connection.prepare(sql, parseStatement(sql));
    this.#cache.set(sql, statement);
    return statement;
  }
}
