import { LitefleetError } from "@litefleet/driver";

/** Spaces and comments, then a PRAGMA that gives `foreign_keys` a value, of whichever schema and quoted in any way. */
const setsForeignKeys =
  /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*pragma\s+(?:["'`[]?\w+["'`\]]?\s*\.\s*)?["'`[]?foreign_keys["'`\]]?\s*[=(]/iu;

/**
 * Refuses to set `PRAGMA foreign_keys` inside a transaction. SQLite ignores it there without a word, and a migration that
 * relies on it to rebuild a table loses the rows that refer to that table: DROP TABLE cascades.
 *
 * @throws {LitefleetError} `UNSUPPORTED`.
 * @see https://www.sqlite.org/pragma.html#pragma_foreign_keys
 */
export function refuseForeignKeysPragma(sql: string): void {
  if (!setsForeignKeys.test(sql)) return;
  throw new LitefleetError(
    "PRAGMA foreign_keys does nothing inside a transaction, so DROP TABLE would delete the rows that refer to the table. " +
      "Run the migration with @litefleet/migrate, which turns foreign keys off before it begins, or with Kysely's Migrator and { disableTransactions: true }",
    "UNSUPPORTED",
  );
}
