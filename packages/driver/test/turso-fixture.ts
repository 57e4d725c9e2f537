import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InArgs } from "@libsql/core/api";
import { expect, onTestFinished } from "vitest";
import type { IntMode, RawResult } from "../src/api.ts";
import { bindArgs } from "../src/args.ts";
import type { BoundStatement, Engine, EngineTransaction } from "../src/engine.ts";
import { LibsqlError } from "../src/errors.ts";
import { parseStatement } from "../src/sql/parse.ts";
import { openTurso } from "../src/turso/open.ts";
import type { TursoOptions } from "../src/turso/open.ts";

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "litefleet-turso-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An engine on a new file, or on what `options` say; closed after the test. */
export function openEngine(options: Partial<TursoOptions> = {}): Engine {
  const path = options.path ?? join(scratchFolder(), "test.db");
  const engine = openTurso({
    path,
    isMemory: path === ":memory:",
    encryptionKey: undefined,
    timeoutMs: undefined,
    statementCacheSize: 50,
    maxConnections: 64,
    ...options,
  });
  onTestFinished(() => engine.close());
  return engine;
}

/** Closes a client, or anything that is open, after the test. */
export function closeAfterTest<T extends { close(): void }>(opened: T): T {
  onTestFinished(() => opened.close());
  return opened;
}

/** A statement as the facade hands it to an engine. */
export function bound(sql: string, args: InArgs = [], intMode: IntMode = "number"): BoundStatement {
  const parsed = parseStatement(sql);
  return { sql, parsed, args: bindArgs(parsed, args), intMode };
}

/** Runs one statement. */
export async function run(
  on: Engine | EngineTransaction,
  sql: string,
  args: InArgs = [],
  intMode: IntMode = "number",
): Promise<RawResult> {
  return on.execute(bound(sql, args, intMode), {});
}

/** Runs one statement and gives its rows. */
export async function rows(on: Engine | EngineTransaction, sql: string, args: InArgs = []): Promise<RawResult["rows"]> {
  return (await run(on, sql, args)).rows;
}

/** Expects `work` to fail with an error of ours that has this code, and gives it back. */
export async function expectCode(work: () => unknown, code: string): Promise<LibsqlError> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LibsqlError)) throw error;
    expect(error.code).toBe(code);
    return error;
  }
  return expect.fail(`expected an error with code ${code}`);
}
