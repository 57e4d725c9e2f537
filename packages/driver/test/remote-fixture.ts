import type { InArgs } from "@libsql/core/api";
import type { IntMode, RawResult } from "../src/api.ts";
import { bindArgs } from "../src/args.ts";
import type { BoundStatement, RowChunks } from "../src/engine.ts";
import { openRemote } from "../src/remote/open.ts";
import type { RemoteOptions } from "../src/remote/open.ts";
import type { RemoteEngine } from "../src/remote/remote-engine.ts";
import { parseStatement } from "../src/sql/parse.ts";

/** A statement as the facade hands it to an engine. */
export function statement(sql: string, args: InArgs = [], intMode: IntMode = "number"): BoundStatement {
  const parsed = parseStatement(sql);
  return { sql, parsed, args: bindArgs(parsed, args), intMode };
}

/** Runs a statement on an engine or transaction. */
export function run(
  on: Pick<RemoteEngine, "execute">,
  sql: string,
  args: InArgs = [],
  intMode: IntMode = "number",
): Promise<RawResult> {
  return on.execute(statement(sql, args, intMode), {});
}

/** The one value that a statement gives. */
export async function valueOf(on: Pick<RemoteEngine, "execute">, sql: string, args: InArgs = []): Promise<unknown> {
  return (await run(on, sql, args)).rows[0]?.[0];
}

/** All rows of an iteration. */
export async function allRows(chunks: RowChunks): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) rows.push(...next.value);
  return rows;
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Expected a rejection");
}

/** An engine over HTTP that counts its requests by path. */
export function countedEngine(
  url: string,
  options: Partial<RemoteOptions> = {},
): { engine: RemoteEngine; paths: string[] } {
  const paths: string[] = [];
  const engine = openRemote({
    ...options,
    url: new URL(url),
    fetch: (request) => {
      paths.push(new URL(request.url).pathname);
      return fetch(request);
    },
  });
  return { engine, paths };
}
