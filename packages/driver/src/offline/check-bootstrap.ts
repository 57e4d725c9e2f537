import { LitefleetError } from "../errors.ts";
import { quoted } from "./change-sql.ts";
import type { LocalDatabase } from "./local-database.ts";
import type { Primary } from "./primary.ts";

/**
 * Compares what was fetched with what the primary says it has. A sync server that was started on a database with a history of its own
 * serves only what has happened since, without a word.
 *
 * @throws {LitefleetError} `SYNC_FAILED` if something is missing.
 */
export async function checkBootstrap(local: LocalDatabase, primary: Primary): Promise<void> {
  const journal = "PRAGMA journal_mode";
  const modes = [local.all(journal)[0]?.[0], (await primary.read({ sql: journal, args: [] }))[0]?.[0]];
  if (modes.includes("mvcc")) {
    throw new LitefleetError(
      "The primary's database is in MVCC mode, and MVCC and sync exclude each other: local writes and pulls would break. Put the " +
        "primary back into `PRAGMA journal_mode = 'wal'`.",
      "UNSUPPORTED",
    );
  }
  const tables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%turso_%'";
  const here = new Set(local.all(tables).map(([name]) => String(name)));
  for (const [name] of await primary.read({ sql: tables, args: [] })) {
    if (!here.has(String(name))) throw incomplete(`its table ${JSON.stringify(name)} is`);
    const count = `SELECT count(*) FROM ${quoted(String(name))}`;
    const isEmpty = local.all(count)[0]?.[0] === 0n;
    // Others may be writing: only that nothing at all arrived of what was there is a sign.
    if (isEmpty && Number((await primary.read({ sql: count, args: [] }))[0]?.[0]) > 0) {
      throw incomplete(`the rows of ${JSON.stringify(name)} are`);
    }
  }
  const [integrity] = local.all("PRAGMA integrity_check");
  if (integrity?.[0] !== "ok") throw incomplete("pages of it are");
}

function incomplete(what: string): LitefleetError {
  return new LitefleetError(
    `The primary does not sync all of its database: ${what} missing from what it serves. That is so when the sync server was started ` +
      "on a database that existed before. Start it on a new file, and bring the schema and the data in through it.",
    "SYNC_FAILED",
  );
}
