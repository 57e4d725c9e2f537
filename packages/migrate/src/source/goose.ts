import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createGooseLedger } from "../ledger/goose.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { readBlocks } from "./blocks.ts";
import type { BlockMarks } from "./blocks.ts";
import { hashesOf } from "./hash.ts";
import { numberedFiles } from "./numbered-files.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

/**
 * Folders of goose: `<version>_<name>.sql` with a block for each direction. `StatementBegin` and `StatementEnd` are not needed,
 * for triggers are known here.
 *
 * @see https://pressly.github.io/goose/documentation/annotations/
 */
export const goose: MigrationSource = { name: "goose", recognises, load };

const fileName = /^(\d+)_.*\.sql$/u;
const marks: BlockMarks = {
  up: /^--\s*\+goose\s+Up\s*$/mu,
  down: /^--\s*\+goose\s+Down\s*$/mu,
  upName: "-- +goose Up",
  downName: "-- +goose Down",
  needsDown: false,
};

async function recognises({ entries }: FolderListing, dir: string): Promise<boolean> {
  const first = entries.toSorted().find((entry) => fileName.test(entry));
  return first !== undefined && marks.up.test(await readMigrationFile(path.join(dir, first), undefined));
}

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const program = entries.find((entry) => /^\d+_.*(?<!_test)\.go$/u.test(entry));
  if (program !== undefined) {
    throw new MigrateError(
      `${path.join(dir, program)} is a migration in Go, which only goose can run. Those in SQL can be applied here once it is one ` +
        `of them.`,
      "SOURCE_UNSUPPORTED",
    );
  }
  const migrations: Migration[] = [];
  for (const { entry, version } of numberedFiles(dir, entries, fileName)) {
    const file = path.join(dir, entry);
    const name = entry.slice(0, -".sql".length);
    const text = await readMigrationFile(file, name);
    const { up, down } = readBlocks(text, marks, file, name);
    if (/^--\s*\+goose\s+ENVSUB(?:ST)?\s+ON\s*$/mu.test(text)) {
      throw new MigrateError(
        `${file} asks for environment variables in its SQL (ENVSUB), which is not done here. Write the values out.`,
        "DIR_INVALID",
        { migration: name },
      );
    }
    migrations.push({
      name,
      version,
      file,
      ...hashesOf(text),
      statements: readStatements(up),
      ...(down !== undefined && { down: readStatements(down) }),
      ...(/^--\s*\+goose\s+NO TRANSACTION\s*$/mu.test(text) && { outsideTransaction: true }),
    });
  }
  return { source: "goose", dir, migrations, ledger: createGooseLedger(options.ledgerTable) };
}
