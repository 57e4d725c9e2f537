import { randomUUID } from "node:crypto";
import type { InStatement, ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { hasSameText } from "../source/hash.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** A row that counts: one that was rolled back does not. */
interface PrismaEntry {
  readonly name: string;
  readonly checksum: string;
  readonly isFinished: boolean;
}

/**
 * Prisma Migrate's table. The DDL is Prisma's to the letter, so that a schema comparison sees no difference. A row without
 * `finished_at` is a migration that failed: Prisma has no transaction on SQLite, so half of it may be there.
 *
 * `prisma migrate deploy` applies what is out of order and passes over edited files; {@link Ledger.compare} names both.
 */
export function createPrismaLedger(table = "_prisma_migrations"): Ledger {
  const name = quoteIdentifier(table);
  const markRolledBack = (entry: string): InStatement[] => [
    {
      sql: `UPDATE ${name} SET "rolled_back_at" = ? WHERE "migration_name" = ? AND "rolled_back_at" IS NULL`,
      args: [currentTime(), entry],
    },
  ];
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`,
    ],
    hasChecksums: true,
    select: `SELECT * FROM ${name}`,
    compare: (migrations, result) => compare(migrations, readEntries(result)),
    record: (migration) => {
      const now = currentTime();
      return [
        {
          sql: `INSERT INTO ${name} ("id", "checksum", "finished_at", "migration_name", "started_at", "applied_steps_count") VALUES (?, ?, ?, ?, ?, 1)`,
          args: [randomUUID(), migration.hash, now, migration.name, now],
        },
      ];
    },
    unrecord: (migration) => markRolledBack(migration.name),
    rehash: (migration) => [
      {
        sql: `UPDATE ${name} SET "checksum" = ? WHERE "migration_name" = ? AND "rolled_back_at" IS NULL`,
        args: [migration.hash, migration.name],
      },
    ],
    forget: (entry) => [{ sql: `DELETE FROM ${name} WHERE "migration_name" = ?`, args: [entry] }],
    // As Prisma resolves: the row of the failure is rolled back in any case, and what counts as applied gets a row of its own.
    settle: (entry) => markRolledBack(entry),
  };
}

function compare(migrations: readonly Migration[], entries: readonly PrismaEntry[]): History {
  const finished = new Map(entries.filter((entry) => entry.isFinished).map((entry) => [entry.name, entry]));
  const failed = new Set(entries.filter(({ name }) => !finished.has(name)).map(({ name }) => name));
  const known = new Set(migrations.map(({ name }) => name));
  const isOpen = ({ name }: Migration): boolean => !finished.has(name) && !failed.has(name);
  const isEdited = (migration: Migration): boolean => {
    const entry = finished.get(migration.name);
    return entry !== undefined && !hasSameText(migration, entry.checksum);
  };
  const last = migrations.findLastIndex(({ name }) => finished.has(name));
  return {
    applied: migrations.filter((m) => finished.has(m.name) && !isEdited(m)),
    pending: migrations.filter((m, i) => isOpen(m) && i > last),
    edited: migrations.filter(isEdited),
    outOfOrder: migrations.filter((m, i) => isOpen(m) && i < last),
    failed: [...failed],
    missing: [...finished.keys()].filter((name) => !known.has(name)),
  };
}

/** As Prisma writes it. */
function currentTime(): string {
  return new Date().toISOString().replace("Z", "+00:00");
}

function readEntries(result: ResultSet | undefined): PrismaEntry[] {
  for (const column of ["migration_name", "checksum", "finished_at", "rolled_back_at"]) {
    if (result?.columns.includes(column) === false) throw new TypeError(`it has no column ${column}`);
  }
  const entries: PrismaEntry[] = [];
  for (const row of result?.rows ?? []) {
    const { migration_name: name, checksum } = row;
    if (typeof name !== "string" || typeof checksum !== "string") throw new TypeError("a name or checksum is not text");
    if (row["rolled_back_at"] === null) entries.push({ name, checksum, isFinished: row["finished_at"] !== null });
  }
  return entries;
}
