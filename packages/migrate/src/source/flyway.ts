import path from "node:path";
import { crc32 } from "node:zlib";
import { MigrateError } from "../errors.ts";
import { compareFlywayVersions, createFlywayLedger, normalizeFlywayVersion } from "../ledger/flyway.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { DuplicateNumber } from "./duplicate-number.ts";
import { hashesOf } from "./hash.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

const fileName = /^(?<kind>[VU])(?<version>\d+(?:[._]\d+)*)__.*\.sql$/u;
const repeatableName = /^R__.*\.sql$/u;

/**
 * Folders of Flyway: `V<version>__<name>.sql`, `U<version>__<name>.sql` to undo it, and `R__<name>.sql`, which is applied again
 * whenever it has changed. Its placeholders (`${…}`) are not filled in: a file with one is refused.
 *
 * @see https://documentation.red-gate.com/fd/migrations-184127470.html
 */
export const flyway: MigrationSource = {
  name: "flyway",
  recognises: ({ entries }) => entries.some((entry) => fileName.test(entry) || repeatableName.test(entry)),
  load,
};

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const forward = new Map<string, string>();
  const undo = new Map<string, string>();
  for (const entry of entries.toSorted()) {
    const { kind, version } = fileName.exec(entry)?.groups ?? {};
    if (version === undefined) continue;
    const files = kind === "V" ? forward : undo;
    const key = normalizeFlywayVersion(version);
    const other = files.get(key);
    if (other !== undefined) {
      throw new DuplicateNumber(dir, key, other, entry);
    }
    files.set(key, entry);
  }
  const migrations: Migration[] = [];
  for (const version of [...forward.keys()].toSorted(compareFlywayVersions)) {
    const migration = await readMigration(dir, forward.get(version) ?? "");
    const down = undo.get(version);
    if (down === undefined) migrations.push({ ...migration, version });
    else {
      const { file: downFile, statements } = await readMigration(dir, down);
      migrations.push({ ...migration, version, downFile, down: statements });
    }
  }
  for (const entry of entries.toSorted().filter((name) => repeatableName.test(name))) {
    migrations.push({ ...(await readMigration(dir, entry)), isRepeatable: true });
  }
  return { source: "flyway", dir, migrations, ledger: createFlywayLedger(options.ledgerTable) };
}

async function readMigration(dir: string, entry: string): Promise<Migration> {
  const file = path.join(dir, entry);
  const name = entry.slice(0, -".sql".length);
  const text = await readMigrationFile(file, name);
  const placeholder = /\$\{[\w.:-]+\}/u.exec(text)?.[0];
  if (placeholder !== undefined) {
    throw new MigrateError(`${file} has the placeholder ${placeholder}. Write the value out.`, "DIR_INVALID", {
      migration: name,
    });
  }
  return { name, file, ...hashesOf(text), checksum: checksumOf(text), statements: readStatements(text) };
}

/** Flyway's checksum: CRC-32 of the lines without their ends and without a byte order mark, as Java's signed 32 bits. */
function checksumOf(text: string): number {
  let checksum = 0;
  for (const line of text.replace(/^\uFEFF/u, "").split(/\r\n|\n|\r/u)) checksum = crc32(line, checksum);
  return checksum | 0;
}
