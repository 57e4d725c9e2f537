import { LitefleetError } from "../errors.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { splitStatements } from "../sql/split.ts";
import type { NativeConnection, NativeStatement } from "../local/native.ts";
import { checkText, fatal, hazardOf } from "./aborting-sql.ts";
import { asPrimaryKeyFailure, classifyTurso } from "./classify.ts";
import { withNames } from "./error-names.ts";
import { LiveStatements } from "./live-statements.ts";
import { openHandle, step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";
import { UnsyncedCommit } from "./unsynced-commit.ts";
import { isPrimaryKey } from "./primary-key.ts";
import { lowerCasedTargets } from "./target-names.ts";
import { TursoStatement } from "./turso-statement.ts";
import { limitsOfSubqueries } from "./subquery-limits.ts";
import { unqualifiedColumns } from "./unqualified-columns.ts";
import type { StatementHost } from "./turso-statement.ts";

/** Statements that are run once and not kept, but must stay compiled while they run. */
const passing = 8;

/** A connection to a Turso database whose errors are classified already. */
export class TursoConnection implements NativeConnection {
  readonly #handle: TursoHandle;
  readonly #host: StatementHost;
  #unsynced: UnsyncedCommit | undefined;

  /**
   * @param source the file, or a connection that is open already and belongs to this object from here on.
   * @param statements how many statements the caller keeps for use.
   * @throws {LitefleetError} `ENGINE_MISSING`, or why the file cannot be opened.
   */
  constructor(source: string | TursoHandle, statements: number) {
    try {
      this.#handle = typeof source === "string" ? openHandle(source) : source;
      this.#host = {
        handle: this.#handle,
        live: new LiveStatements(statements + passing),
        explain: (error) => this.#explain(error),
      };
    } catch (error) {
      throw classifyTurso(error);
    }
  }

  prepare(sql: string, parsed?: ParsedStatement): NativeStatement {
    checkText(sql);
    try {
      return new TursoStatement(this.#host, rewritten(sql), parsed?.parameters ?? []);
    } catch (error) {
      throw this.#explain(error, sql);
    }
  }

  exec(sql: string): void {
    checkText(sql);
    try {
      // One by one, so that each is looked at when those before it have run.
      for (const { sql: one } of splitStatements(sql)) this.#runOne(rewritten(one));
    } catch (error) {
      throw this.#explain(error, sql);
    }
  }

  /**
   * Commits without waiting for the disk. Gives false if the connection waits for it, or does not wait, by its own setting: then
   * the ordinary COMMIT has been run.
   */
  commitUnsynced(): boolean {
    this.#unsynced ??= new UnsyncedCommit(this.#handle);
    try {
      return this.#unsynced.run();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  get inTransaction(): boolean {
    // Asking a closed connection is an error.
    return this.#handle.open && this.#handle.inTransaction();
  }

  close(): void {
    this.#handle.close();
  }

  #runOne(sql: string): void {
    if (hazardOf(this.#handle, sql) !== undefined) throw fatal("An aggregate beside a plain column");
    const script = this.#handle.executor(limitsOfSubqueries(sql));
    try {
      while (stepOn(this.#handle, script) !== step.done);
    } finally {
      script.reset();
    }
  }

  /** @param sql the statement, if it was not compiled before. */
  #explain(error: unknown, sql?: string): LitefleetError {
    const classified = withNames(classifyTurso(error), this.#handle, sql);
    if (classified.rawCode === 2067 && isPrimaryKey(this.#handle, classified.message))
      return asPrimaryKeyFailure(classified);
    if (classified.rawCode === 5 && this.inTransaction) return staleSnapshot(classified);
    return classified;
  }
}

/** Inside a transaction nobody else's lock is in the way (writers take turns): its snapshot is out of date. */
function staleSnapshot(error: LitefleetError): LitefleetError {
  return new LitefleetError(
    "database is locked: another transaction has written since this one began to read",
    error.code,
    {
      extendedCode: "SQLITE_BUSY_SNAPSHOT",
      rawCode: 517,
      isRetryable: true,
      cause: error.cause,
    },
  );
}

/** The statement as the engine understands it. */
function rewritten(sql: string): string {
  return unqualifiedColumns(lowerCasedTargets(sql));
}
