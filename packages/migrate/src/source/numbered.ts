import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createD1Ledger } from "../ledger/d1.ts";
import { createNumberedLedger } from "../ledger/numbered.ts";
import type { Migration } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import { numberedFiles } from "./numbered-files.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource } from "./source.ts";
import { drizzleBreakpoint, readStatements } from "./statements.ts";

const fileName = /^(\d+).*\.sql$/u;
/** What tells that migrations are those of D1. */
export const wranglerFiles: readonly string[] = ["wrangler.toml", "wrangler.json", "wrangler.jsonc"];

/**
 * Cloudflare D1: numbered files of `wrangler d1 migrations create`, beside a configuration of wrangler.
 *
 * @see https://developers.cloudflare.com/d1/reference/migrations/
 */
export const d1: MigrationSource = {
  name: "d1",
  recognises: ({ entries, siblings }) =>
    hasNumbered({ entries }) && wranglerFiles.some((name) => siblings.includes(name)),
  couldBe: hasNumbered,
  load: async (dir, options, { entries }) => ({
    source: "d1",
    dir,
    migrations: await readFiles(dir, entries),
    ledger: createD1Ledger(options.ledgerTable),
  }),
};

/** Numbered files of no tool, with a ledger of our own. */
export const numbered: MigrationSource = {
  name: "numbered",
  recognises: hasNumbered,
  load: async (dir, options, { entries }) => ({
    source: "numbered",
    dir,
    migrations: await readFiles(dir, entries),
    ledger: createNumberedLedger(options.ledgerTable),
  }),
};

function hasNumbered({ entries }: Pick<FolderListing, "entries">): boolean {
  return entries.some((entry) => fileName.test(entry));
}

async function readFiles(dir: string, entries: readonly string[]): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const { entry, version } of numberedFiles(dir, entries, fileName)) {
    const file = path.join(dir, entry);
    const name = entry.slice(0, -".sql".length);
    const text = await readMigrationFile(file, name);
    if (text.includes(drizzleBreakpoint)) {
      throw new MigrateError(
        `${file} was written by drizzle-kit, but ${dir} lacks meta/_journal.json. Restore it from version control.`,
        "DIR_INVALID",
        { migration: name },
      );
    }
    migrations.push({ name, version, file, ...hashesOf(text), statements: readStatements(text) });
  }
  return migrations;
}
