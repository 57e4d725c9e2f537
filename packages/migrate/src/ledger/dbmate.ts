import type { Ledger, Migration } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { compareEntries, readTexts } from "./compare-entries.ts";

/**
 * dbmate's table: a version a row and nothing else. The DDL is dbmate's to the letter, so that a schema comparison sees no
 * difference.
 *
 * dbmate applies what is out of order unless it is told `--strict`; {@link Ledger.compare} names it.
 *
 * @see https://github.com/amacneil/dbmate
 */
export function createDbmateLedger(table = "schema_migrations"): Ledger {
  const name = quoteIdentifier(table);
  const remove = (version: string) => [{ sql: `DELETE FROM ${name} WHERE version = ?`, args: [version] }];
  return {
    table,
    create: [`CREATE TABLE IF NOT EXISTS ${name} (version varchar(128) primary key)`],
    select: `SELECT * FROM ${name}`,
    hasChecksums: false,
    compare: (migrations, result) => compareEntries(migrations, readTexts(result, "version"), { keyOf: versionOf }),
    record: (migration) => [{ sql: `INSERT INTO ${name} (version) VALUES (?)`, args: [versionOf(migration)] }],
    unrecord: (migration) => remove(versionOf(migration)),
    forget: remove,
  };
}

/** What the ledger calls a migration. */
export function versionOf({ name, version }: Migration): string {
  return version ?? name;
}
