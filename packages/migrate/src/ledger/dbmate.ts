import type { ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/**
 * dbmate's table: a version a row and nothing else, so an edited file cannot be told. The DDL is dbmate's to the letter, so that
 * a schema comparison sees no difference.
 *
 * dbmate applies what is out of order unless it is told `--strict`; {@link Ledger.compare} names it.
 *
 * @see https://github.com/amacneil/dbmate
 */
export function createDbmateLedger(table = "schema_migrations"): Ledger {
  const name = quoteIdentifier(table);
  return {
    table,
    create: `CREATE TABLE IF NOT EXISTS ${name} (version varchar(128) primary key)`,
    select: `SELECT * FROM ${name}`,
    compare: (migrations, result) => compare(migrations, readVersions(result)),
    record: (migration) => ({ sql: `INSERT INTO ${name} (version) VALUES (?)`, args: [versionOf(migration)] }),
  };
}

function compare(migrations: readonly Migration[], versions: ReadonlySet<string>): History {
  const isApplied = (migration: Migration): boolean => versions.has(versionOf(migration));
  const last = migrations.findLastIndex(isApplied);
  const known = new Set(migrations.map(versionOf));
  return {
    applied: migrations.filter(isApplied),
    pending: migrations.filter((m, i) => !isApplied(m) && i > last),
    edited: [],
    failed: [],
    outOfOrder: migrations.filter((m, i) => !isApplied(m) && i < last),
    missing: [...versions].filter((version) => !known.has(version)),
  };
}

function readVersions(result: ResultSet | undefined): Set<string> {
  const versions = new Set<string>();
  if (result?.columns.includes("version") === false) throw new TypeError("it has no column version");
  for (const row of result?.rows ?? []) {
    const version = row["version"];
    if (typeof version !== "string") throw new TypeError("a version is not text");
    versions.add(version);
  }
  return versions;
}

function versionOf({ name, version }: Migration): string {
  return version ?? name;
}
