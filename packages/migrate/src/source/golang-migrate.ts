import path from "node:path";
import { createGolangMigrateLedger } from "../ledger/golang-migrate.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import { numberedFiles } from "./numbered-files.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

const upName = /^(\d+)_.*\.up\.sql$/u;

/**
 * Folders of golang-migrate: a file for each direction, `<version>_<name>.up.sql` and `.down.sql`.
 *
 * @see https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
 */
export const golangMigrate: MigrationSource = {
  name: "golang-migrate",
  recognises: ({ entries }) => entries.some((entry) => upName.test(entry)),
  load,
};

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const downs = new Map(
    numberedFiles(dir, entries, /^(\d+)_.*\.down\.sql$/u).map((down) => [down.version, down.entry]),
  );
  const migrations: Migration[] = [];
  for (const { entry, version } of numberedFiles(dir, entries, upName)) {
    const file = path.join(dir, entry);
    const name = entry.slice(0, -".up.sql".length);
    const text = await readMigrationFile(file, name);
    const down = downs.get(version);
    const downFile = down === undefined ? undefined : path.join(dir, down);
    migrations.push({
      name,
      version,
      file,
      ...hashesOf(text),
      statements: readStatements(text),
      ...(downFile !== undefined && { downFile, down: readStatements(await readMigrationFile(downFile, name)) }),
    });
  }
  return { source: "golang-migrate", dir, migrations, ledger: createGolangMigrateLedger(options.ledgerTable) };
}
