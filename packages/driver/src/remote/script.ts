import type { BoundStatement } from "../engine.ts";
import { parseStatement } from "../sql/parse.ts";
import { splitStatements } from "../sql/split.ts";
import { RefusedBatch } from "./batch-result.ts";

/**
 * Runs a script as local engines do: statement by statement, up to the first that fails. It is sent as a batch, because
 * sqld's own way (`sequence`) silently leaves out what it cannot read. A batch is refused as a whole for such a statement;
 * those before it are then sent again on their own.
 *
 * @param run runs statements in order, up to the first that fails, whose error it throws.
 */
export async function runScript(
  script: string,
  run: (statements: readonly BoundStatement[]) => Promise<void>,
): Promise<void> {
  const statements = splitStatements(script).map((slice) => withoutArgs(slice.sql));
  if (statements.length === 0) return;
  try {
    await run(statements);
  } catch (error) {
    if (!(error instanceof RefusedBatch)) throw error;
    if (error.index !== undefined && error.index > 0) await run(statements.slice(0, error.index));
    throw error.error;
  }
}

function withoutArgs(sql: string): BoundStatement {
  return { sql, parsed: parseStatement(sql), args: [], intMode: "auto" };
}
