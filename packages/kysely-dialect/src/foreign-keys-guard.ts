import { LitefleetError } from "@litefleet/driver";
import type { EngineName } from "@litefleet/driver";

/** Spaces and comments, then a PRAGMA that gives `foreign_keys` a value, of whichever schema and quoted in any way. */
const setsForeignKeys =
  /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*pragma\s+(?:["'`[]?\w+["'`\]]?\s*\.\s*)?["'`[]?foreign_keys["'`\]]?\s*[=(]\s*["'`]?(?<value>\w+)/iu;

/** What SQLite takes for yes; anything else is no. */
const meansOn = /^(?:on|yes|true|[1-9]\d*)$/iu;

const advice = "Run the migration with @litefleet/migrate, which turns them off before it begins";

/** What a PRAGMA, or what may stand before one, begins with. Anything else, which is nearly all, needs no closer look. */
const mayBePragma = /^[\s\-/p]/iu;

/** Whether the statement turns foreign keys off for its connection. */
export function turnsForeignKeysOff(sql: string): boolean {
  if (!mayBePragma.test(sql)) return false;
  const value = setsForeignKeys.exec(sql)?.groups?.["value"];
  return value !== undefined && !meansOn.test(value);
}

/**
 * The error for turning foreign keys off where that does nothing: SQLite ignores it inside a transaction without a word, and
 * on a server it holds for no other statement. A migration that relies on it to rebuild a table would lose the rows that
 * refer to that table, as DROP TABLE cascades. `undefined` where it works.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_foreign_keys
 */
export function foreignKeysError(isInTransaction: boolean, engine: EngineName): LitefleetError | undefined {
  const isOnServer = engine === "remote" || engine === "replica";
  if (!isInTransaction && !isOnServer) return undefined;
  const reason = isOnServer
    ? "PRAGMA foreign_keys does nothing on a server, where every statement may have a connection of its own"
    : "PRAGMA foreign_keys does nothing inside a transaction";
  const instead = isOnServer ? advice : `${advice}, or with Kysely's Migrator and { disableTransactions: true }`;
  return new LitefleetError(
    `${reason}, so DROP TABLE would delete the rows that refer to the table. ${instead}`,
    "UNSUPPORTED",
  );
}
