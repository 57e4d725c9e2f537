import { readFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createDrizzleV0Ledger } from "../ledger/drizzle-v0.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import type { MigrationSource, SourceOptions } from "./source.ts";
import { drizzleBreakpoint, readStatements } from "./statements.ts";

interface JournalEntry {
  readonly tag: string;
  readonly when: number;
}

/**
 * Folders of drizzle-kit before 1.0: `meta/_journal.json` with the order, one `<tag>.sql` a migration.
 *
 * @see https://orm.drizzle.team/docs/migrations
 */
export const drizzleV0: MigrationSource = {
  name: "drizzle-v0",
  recognises: ({ entries }) => entries.includes("meta"),
  load,
};

async function load(dir: string, options: SourceOptions): Promise<MigrationSet> {
  const migrations: Migration[] = [];
  for (const entry of await readJournal(dir)) migrations.push(await readMigration(dir, entry));
  return { source: "drizzle-v0", dir, migrations, ledger: createDrizzleV0Ledger(options.ledgerTable) };
}

async function readJournal(dir: string): Promise<JournalEntry[]> {
  const file = path.join(dir, "meta", "_journal.json");
  let journal: unknown;
  try {
    journal = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new MigrateError(
      `${file} cannot be read. Give --dir the folder that drizzle-kit writes ("out" in drizzle.config.ts).`,
      "DIR_INVALID",
      { cause },
    );
  }
  const entries = isRecord(journal) ? journal["entries"] : undefined;
  if (!Array.isArray(entries) || !entries.every(isJournalEntry)) {
    throw new MigrateError(
      `${file} is not a journal of drizzle-kit: "entries" must list { tag, when }.`,
      "DIR_INVALID",
    );
  }
  if (isRecord(journal) && journal["dialect"] !== undefined && journal["dialect"] !== "sqlite") {
    throw new MigrateError(`${file} is for ${JSON.stringify(journal["dialect"])}, not for SQLite.`, "DIR_INVALID");
  }
  const tags = new Set<string>();
  for (const { tag } of entries) {
    if (tags.has(tag)) throw new MigrateError(`${file} lists ${tag} twice.`, "DIR_INVALID");
    tags.add(tag);
  }
  return entries;
}

async function readMigration(dir: string, entry: JournalEntry): Promise<Migration> {
  const file = path.join(dir, `${entry.tag}.sql`);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new MigrateError(
      `${file} is in meta/_journal.json but cannot be read. Restore it from version control, or take it back with ` +
        `"drizzle-kit drop" if it was never applied.`,
      "DIR_INVALID",
      { migration: entry.tag, cause },
    );
  }
  const statements = readStatements(text, drizzleBreakpoint);
  return { name: entry.tag, file, ...hashesOf(text), when: entry.when, statements };
}

function isJournalEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value)) return false;
  const { tag, when } = value;
  // The tag becomes a file name: it must not lead out of the folder.
  return typeof tag === "string" && /^[^/\\]+$/u.test(tag) && typeof when === "number" && Number.isFinite(when);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
