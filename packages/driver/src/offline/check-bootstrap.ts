import { LitefleetError } from "../errors.ts";
import { quoted } from "./change-sql.ts";
import type { LocalDatabase } from "./local-database.ts";
import type { Primary } from "./primary.ts";

/** How often what is missing is looked for again: others may be writing between one look and the other. */
const looks = 3;

/**
 * Compares what was fetched with what the primary says it has. A sync server that was started on a database with a history of its own
 * serves only what has happened since, without a word.
 *
 * @param pull brings what is new since.
 * @throws {LitefleetError} `SYNC_FAILED` if something is missing; `UNSUPPORTED` for a primary in MVCC mode.
 */
export async function checkBootstrap(
  local: LocalDatabase,
  primary: Primary,
  pull: () => Promise<unknown>,
): Promise<void> {
  const journal = "PRAGMA journal_mode";
  const modes = [local.all(journal)[0]?.[0], (await primary.read({ sql: journal, args: [] }))[0]?.[0]];
  if (modes.includes("mvcc")) {
    throw new LitefleetError(
      "The primary's database is in MVCC mode, and MVCC and sync exclude each other: local writes and pulls would break. Put the " +
        "primary back into `PRAGMA journal_mode = 'wal'`.",
      "UNSUPPORTED",
    );
  }
  let missing = await whatIsMissing(local, primary);
  for (let look = 1; missing !== undefined && look < looks; look += 1) {
    await pull();
    local.forgetStatements();
    missing = await whatIsMissing(local, primary);
  }
  if (missing !== undefined) throw incomplete(missing);
  const [integrity] = local.all("PRAGMA integrity_check");
  if (integrity?.[0] !== "ok") throw incomplete("pages of it are");
}

/** Only that nothing at all has arrived of a table or its rows is a sign: the primary may be busy. */
async function whatIsMissing(local: LocalDatabase, primary: Primary): Promise<string | undefined> {
  const tables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%turso_%'";
  const here = new Set(local.all(tables).map(([name]) => String(name)));
  for (const [name] of await primary.read({ sql: tables, args: [] })) {
    if (!here.has(String(name))) return `its table ${JSON.stringify(name)} is`;
    const count = `SELECT count(*) FROM ${quoted(String(name))}`;
    if (local.all(count)[0]?.[0] !== 0n) continue;
    if (Number((await primary.read({ sql: count, args: [] }))[0]?.[0]) > 0)
      return `the rows of ${JSON.stringify(name)} are`;
  }
  return undefined;
}

function incomplete(what: string): LitefleetError {
  return new LitefleetError(
    `The primary does not sync all of its database: ${what} missing from what it serves. That is so when the sync server was started ` +
      "on a database that existed before. Start it on a new file, and bring the schema and the data in through it.",
    "SYNC_FAILED",
  );
}
