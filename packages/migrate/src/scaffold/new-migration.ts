import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { loadMigrations, recogniseFolder } from "../load-migrations.ts";
import { sourceNames } from "../migration.ts";
import type { SourceName } from "../migration.ts";
import type { SourceChoice } from "../source/source.ts";
import { migrationFiles } from "./migration-files.ts";

/** Options of {@link newMigration}. */
export interface NewMigrationOptions {
  /** The folder of migrations; made if it is not there. */
  readonly dir: string;
  /** What it does, in a few words: letters, digits, `_` and `-`; spaces become `_`. */
  readonly name: string;
  /** The format. Default `"auto"`: it is seen from the folder, which then must hold migrations. */
  readonly source?: SourceChoice;
  /** Default now. */
  readonly now?: Date;
}

/** What was written. */
export interface NewMigration {
  readonly source: SourceName;
  /** In the folder, in order: what is to be filled in comes first. */
  readonly files: readonly string[];
}

/**
 * Writes a new empty migration, in the folder's own format and numbering. Overwrites nothing, save drizzle-kit's journal, to which it adds.
 *
 * @throws {MigrateError} `ARGUMENT_INVALID` for a name that cannot be; `SOURCE_UNSUPPORTED` if the format cannot be told from the
 *   folder; `DIR_INVALID` if the folder is broken.
 * @example await newMigration({ dir: "migrations", name: "add plans" });
 */
export async function newMigration(options: NewMigrationOptions): Promise<NewMigration> {
  const name = options.name.trim().replaceAll(/\s+/gu, "_");
  if (!/^[A-Za-z0-9][\w-]*$/u.test(name)) {
    throw new MigrateError(
      `A migration cannot be called ${JSON.stringify(options.name)}. Use letters, digits, "_" and "-".`,
      "ARGUMENT_INVALID",
    );
  }
  const { dir, now = new Date() } = options;
  const source = await formatOf(dir, options.source ?? "auto");
  await mkdir(dir, { recursive: true });
  const entries = (await readdir(dir)).toSorted();
  const files = await migrationFiles[source]({ dir, name, now, entries });
  const written: string[] = [];
  try {
    for (const { file, text, replaces } of files) {
      const full = path.join(dir, file);
      await mkdir(path.dirname(full), { recursive: true });
      if (replaces === true) await replaceFile(full, text);
      else {
        await writeFile(full, text, { flag: "wx" });
        written.push(full);
      }
    }
  } catch (cause) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    throw new MigrateError(`The migration cannot be written to ${dir}: ${String(cause)}`, "DIR_INVALID", { cause });
  }
  return { source, files: files.map(({ file }) => path.join(dir, file)) };
}

async function formatOf(dir: string, choice: SourceChoice): Promise<SourceName> {
  const found = await recogniseFolder(dir, choice);
  if (found !== undefined) {
    // A folder that is broken is not built upon. Kysely's would have to be run for that, and need its package.
    if (found !== "kysely") await loadMigrations(dir, { source: found });
    return found;
  }
  const known = sourceNames.find((source) => source === choice);
  const isEmpty = (await readdir(dir).catch(() => [])).every((entry) => entry.startsWith("."));
  if (known !== undefined && isEmpty) return known;
  throw new MigrateError(
    isEmpty
      ? `${dir} holds no migration that tells the format. Give it with --source: ${sourceNames.join(", ")}.`
      : `${dir} holds no migrations of a format that is read${choice === "auto" ? "" : `, or not of ${choice}`}.`,
    "SOURCE_UNSUPPORTED",
  );
}

/** So that a crash leaves the old text or the new one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}
