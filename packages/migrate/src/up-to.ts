import path from "node:path";
import { MigrateError } from "./errors.ts";
import type { Migration, MigrationSet } from "./migration.ts";

/**
 * The migrations of `set` up to and including the one called `to`, by its name, version or file; all of them if `to` is
 * `undefined`.
 *
 * @throws {MigrateError} `MIGRATION_UNKNOWN` if none is called so.
 */
export function migrationsUpTo(set: MigrationSet, to: string | undefined): ReadonlySet<Migration> {
  if (to === undefined) return new Set(set.migrations);
  const found = findMigration(set, to);
  if (found !== undefined) return new Set(set.migrations.slice(0, set.migrations.indexOf(found) + 1));
  const known = set.migrations.map(({ name }) => name);
  const list =
    known.length > 10 ? `${known.slice(0, 3).join(", ")}, …, ${known.slice(-3).join(", ")}` : known.join(", ");
  throw new MigrateError(
    `${set.dir} has no migration called ${JSON.stringify(to)}. ${known.length === 0 ? "It is empty." : `There are ${list}.`}`,
    "MIGRATION_UNKNOWN",
    { migration: to },
  );
}

/** The migration that is called so, by its name, version or file. */
export function findMigration(set: MigrationSet, called: string): Migration | undefined {
  return set.migrations.find(
    ({ name, version, file }) => called === name || called === version || called === path.basename(file),
  );
}
