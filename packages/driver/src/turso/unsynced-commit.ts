import { step, stepOn } from "./native.ts";
import type { TursoHandle, TursoStatementHandle } from "./native.ts";

/** From this setting of `PRAGMA synchronous` on, a COMMIT waits for the disk. */
const full = 2;

/**
 * Commits the transactions of one connection without waiting for the disk, for a caller that waits for it afterwards. The log is not
 * written back into the database meanwhile, as the engine does with a COMMIT when the log is long: that must wait for the disk.
 */
export class UnsyncedCommit {
  readonly #handle: TursoHandle;
  readonly #compiled = new Map<string, TursoStatementHandle>();

  constructor(handle: TursoHandle) {
    this.#handle = handle;
  }

  /** Gives false if there is nothing to wait for, because the connection is set not to. */
  run(): boolean {
    const synchronous = Number(this.#run("PRAGMA synchronous"));
    if (synchronous < full) {
      this.#run("COMMIT");
      return false;
    }
    const threshold = Number(this.#run("PRAGMA mvcc_checkpoint_threshold"));
    this.#run("PRAGMA mvcc_checkpoint_threshold = -1");
    this.#run("PRAGMA synchronous = OFF");
    try {
      this.#run("COMMIT");
    } finally {
      this.#run(`PRAGMA synchronous = ${synchronous}`);
      this.#run(`PRAGMA mvcc_checkpoint_threshold = ${threshold}`);
    }
    return true;
  }

  /** The first value of the first row, if there is one. */
  #run(sql: string): unknown {
    const statement = this.#statement(sql);
    let value: unknown;
    try {
      while (stepOn(this.#handle, statement) === step.row) [value] = statement.row();
    } finally {
      statement.reset();
    }
    return value;
  }

  #statement(sql: string): TursoStatementHandle {
    const known = this.#compiled.get(sql);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(sql);
    statement.raw(true);
    this.#compiled.set(sql, statement);
    return statement;
  }
}
