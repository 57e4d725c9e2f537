import type { ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { hasSameText } from "../source/hash.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { readDrizzleEntries, timeOf } from "./drizzle-v0.ts";
import type { DrizzleEntry } from "./drizzle-v0.ts";

/** A row of the table; one of an older version has no name. */
interface NamedEntry extends DrizzleEntry {
  readonly name: string | undefined;
  readonly rowid: number;
}

/**
 * The table of drizzle-orm's migrators from 1.0 on: applied is what the table has the name of. A table of an older version is
 * read as it is, and gets the two columns more, as drizzle would give them, when there is something to record.
 *
 * drizzle applies what is out of order and never compares hashes; {@link Ledger.compare} names both.
 */
export function createDrizzleV1Ledger(table = "__drizzle_migrations"): Ledger {
  const name = quoteIdentifier(table);
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (\n\t\t\tid INTEGER PRIMARY KEY,\n\t\t\thash text NOT NULL,\n\t\t\tcreated_at numeric,\n\t\t\tname text,\n\t\t\tapplied_at TEXT\n\t\t)`,
    ],
    hasChecksums: true,
    select: `SELECT rowid AS ledger_rowid, * FROM ${name} ORDER BY rowid`,
    compare: (migrations, result) => compare(migrations, match(migrations, readEntries(result))),
    upgrade: (migrations, result) => {
      if (result.columns.includes("name")) return [];
      const named = [...match(migrations, readEntries(result))].filter(([, migration]) => migration !== undefined);
      return [
        `ALTER TABLE ${name} ADD COLUMN "name" text`,
        `ALTER TABLE ${name} ADD COLUMN "applied_at" TEXT`,
        ...named.map(([entry, migration]) => ({
          sql: `UPDATE ${name} SET "name" = ? WHERE rowid = ?`,
          args: [migration?.name ?? null, entry.rowid],
        })),
      ];
    },
    record: (migration) => [
      {
        sql: `INSERT INTO ${name} ("hash", "created_at", "name", "applied_at") VALUES(?, ?, ?, ?)`,
        args: [migration.hash, timeOf(migration), migration.name, new Date().toISOString()],
      },
    ],
    unrecord: (migration) => [{ sql: `DELETE FROM ${name} WHERE "name" = ?`, args: [migration.name] }],
    rehash: (migration) => [
      { sql: `UPDATE ${name} SET hash = ? WHERE "name" = ?`, args: [migration.hash, migration.name] },
    ],
    forget: (entry) => [{ sql: `DELETE FROM ${name} WHERE "name" = ? OR hash = ?`, args: [entry, entry] }],
  };
}

/** Which migration each entry stands for: by its name, else (as drizzle upgrades) by its time in seconds and its hash. */
function match(
  migrations: readonly Migration[],
  entries: readonly NamedEntry[],
): ReadonlyMap<NamedEntry, Migration | undefined> {
  const matches = new Map<NamedEntry, Migration | undefined>();
  for (const entry of entries) {
    if (entry.name !== undefined) {
      matches.set(
        entry,
        migrations.find(({ name }) => name === entry.name),
      );
      continue;
    }
    const second = Math.floor(entry.when / 1000) * 1000;
    const candidates = migrations.filter(({ when }) => when === second);
    const found =
      candidates.length === 1
        ? candidates[0]
        : (candidates.length === 0 ? migrations : candidates).find((migration) => hasSameText(migration, entry.hash));
    matches.set(entry, found);
  }
  return matches;
}

function compare(migrations: readonly Migration[], matches: ReadonlyMap<NamedEntry, Migration | undefined>): History {
  const known = new Set<Migration>();
  const edited = new Set<Migration>();
  const missing: string[] = [];
  for (const [entry, migration] of matches) {
    if (migration === undefined) {
      missing.push(entry.name ?? entry.hash);
      continue;
    }
    known.add(migration);
    if (!hasSameText(migration, entry.hash)) edited.add(migration);
  }
  const last = migrations.findLastIndex((migration) => known.has(migration));
  return {
    applied: migrations.filter((m) => known.has(m) && !edited.has(m)),
    pending: migrations.filter((m, i) => !known.has(m) && i > last),
    edited: migrations.filter((m) => edited.has(m)),
    outOfOrder: migrations.filter((m, i) => !known.has(m) && i < last),
    failed: [],
    missing,
  };
}

function readEntries(result: ResultSet | undefined): NamedEntry[] {
  return readDrizzleEntries(result).map((entry, i) => {
    const row = result?.rows[i];
    const name = row?.["name"];
    return { ...entry, name: typeof name === "string" ? name : undefined, rowid: Number(row?.["ledger_rowid"]) };
  });
}
