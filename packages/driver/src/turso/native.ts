import { createRequire } from "node:module";
import { LitefleetError } from "../errors.ts";

const require = createRequire(import.meta.url);

/** What a step ended with. */
export const step = { row: 1, done: 2, io: 3 } as const;

/** A compiled statement of the engine. */
export interface TursoStatementHandle {
  /** @param index counted from 1. */
  bindAt(index: number, value: unknown): void;
  /** Goes on to the next row: one of {@link step}. */
  stepSync(): number;
  /** The current row, as an array in raw mode. */
  row(): unknown[];
  raw(on: boolean): void;
  safeIntegers(on: boolean): void;
  columns(): { readonly name: string; readonly type: string | null }[];
  reset(): void;
  finalize(): void;
}

/** A script under way. */
export interface TursoScriptHandle {
  stepSync(): number;
  reset(): void;
}

/** A connection of the engine. */
export interface TursoHandle {
  readonly open: boolean;
  connectSync(): void;
  prepare(sql: string): TursoStatementHandle;
  executor(sql: string): TursoScriptHandle;
  inTransaction(): boolean;
  changes(): number;
  /** Inexact beyond 2^53. */
  lastInsertRowid(): number;
  ioLoopSync(): void;
  /** The same off the JavaScript thread. */
  ioLoopAsync(): Promise<void>;
  close(): void;
}

/** Features that are off unless asked for. Generated columns: a file that has them cannot be opened without. */
const options = { experimental: ["generated_columns"] };

/**
 * Opens a connection. Those of one file share the engine; each `:memory:` is a database of its own. The package's own
 * classes put a promise and a lock round each call of this object; its calls are synchronous underneath.
 *
 * @throws {LitefleetError} `ENGINE_MISSING`; the engine's own error if the file cannot be opened.
 */
export function openHandle(path: string): TursoHandle {
  const database: object = new (load())(path, options);
  const handle: unknown = Reflect.get(database, "db");
  if (!isTursoHandle(handle)) {
    throw new LitefleetError(
      "This version of @tursodatabase/database is not known to Litefleet. Install one that is with: " +
        "npm install @tursodatabase/database@^0.7.2",
      "ENGINE_MISSING",
    );
  }
  handle.connectSync();
  return handle;
}

/** Takes one step, with the file operations that it waits for. */
export function stepOn(connection: TursoHandle, stepped: { stepSync(): number }): number {
  for (;;) {
    const result = stepped.stepSync();
    if (result !== step.io) return result;
    connection.ioLoopSync();
  }
}

type DatabaseClass = new (path: string, options: object) => object;

function load(): DatabaseClass {
  try {
    return (require("@tursodatabase/database") as { readonly Database: DatabaseClass }).Database;
  } catch (cause) {
    throw new LitefleetError(
      `The Turso Database engine could not be loaded on ${process.platform}-${process.arch}. ` +
        "Install it with: npm install @tursodatabase/database",
      "ENGINE_MISSING",
      { cause },
    );
  }
}

/** Whether a value has what is used of a connection of the engine. */
export function isTursoHandle(value: unknown): value is TursoHandle {
  if (typeof value !== "object" || value === null) return false;
  const methods = [
    "connectSync",
    "prepare",
    "executor",
    "inTransaction",
    "changes",
    "lastInsertRowid",
    "ioLoopSync",
    "ioLoopAsync",
    "close",
  ];
  return methods.every((name) => typeof Reflect.get(value, name) === "function");
}
