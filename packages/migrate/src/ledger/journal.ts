import { createHash } from "node:crypto";
import type { Executor, InStatement, ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration, MigrationStatement } from "../migration.ts";
import { hasSameText } from "../source/hash.ts";
import { requireColumns } from "./compare-entries.ts";

/** A table of our own beside a tool's ledger, for what the tool has no place for. */
export const journalTable = "_litefleet_journal";

/** Creates it. */
export const createJournal = `CREATE TABLE IF NOT EXISTS ${journalTable} (ledger TEXT NOT NULL, migration TEXT NOT NULL, hash TEXT NOT NULL, statements INTEGER, PRIMARY KEY (ledger, migration))`;

/** So that a schema comparison sees no difference once everything is done. */
export async function dropEmptyJournal(db: Executor): Promise<void> {
  const { rows } = await db.execute(`SELECT 1 FROM ${journalTable} LIMIT 1`);
  if (rows.length === 0) await db.execute(`DROP TABLE ${journalTable}`);
}

/** What it says of a migration. */
interface JournalEntry {
  readonly migration: string;
  /** That of the file's text, or while `done` is a number that of the statements which are done. */
  readonly hash: string;
  /** Of a migration that runs in several transactions: the statements that are done. `undefined`: all of it. */
  readonly done: number | undefined;
}

/** Reads what it says of a ledger's migrations. */
export function selectJournal(ledger: Ledger): InStatement {
  return { sql: `SELECT migration, hash, statements FROM ${journalTable} WHERE ledger = ?`, args: [ledger.table] };
}

/** SQLite takes far more parameters; this keeps statements short. */
const rowsPerStatement = 100;

/** Writes down the texts of applied migrations, for ledgers without checksums. What is known already stays. */
export function noteTexts(ledger: Ledger, migrations: readonly Migration[]): InStatement[] {
  const statements: InStatement[] = [];
  for (let from = 0; from < migrations.length; from += rowsPerStatement) {
    const some = migrations.slice(from, from + rowsPerStatement);
    statements.push({
      sql: `INSERT OR IGNORE INTO ${journalTable} (ledger, migration, hash) VALUES ${some.map(() => "(?, ?, ?)").join(", ")}`,
      args: some.flatMap(({ name, hash }) => [ledger.table, name, hash]),
    });
  }
  return statements;
}

/** Writes down the text of a migration in place of what was known of it. */
export function replaceText(ledger: Ledger, { name, hash }: Migration): InStatement {
  return {
    sql: `INSERT OR REPLACE INTO ${journalTable} (ledger, migration, hash) VALUES (?, ?, ?)`,
    args: [ledger.table, name, hash],
  };
}

/** Writes down that the first `done` statements of a migration's file have run. */
export function noteProgress(ledger: Ledger, migration: Migration, done: number): InStatement {
  return {
    sql: `INSERT OR REPLACE INTO ${journalTable} (ledger, migration, hash, statements) VALUES (?, ?, ?, ?)`,
    args: [ledger.table, migration.name, hashOfFirst(migration.statements, done), done],
  };
}

/** Forgets a migration. */
export function removeFromJournal(ledger: Ledger, name: string): InStatement {
  return { sql: `DELETE FROM ${journalTable} WHERE ledger = ? AND migration = ?`, args: [ledger.table, name] };
}

/** How a database stands to a folder, with what only the journal knows. */
export interface Standing {
  readonly history: History;
  /** Pending migrations whose first statements have run, and how many. */
  readonly done: ReadonlyMap<Migration, number>;
  /** What the journal has entries of. */
  readonly journaled: ReadonlySet<string>;
}

/** Adds what the journal knows to what the ledger tells. `result` answers {@link selectJournal}. */
export function readStanding(
  ledger: Ledger,
  migrations: readonly Migration[],
  history: History,
  result: ResultSet | undefined,
): Standing {
  const entries = readEntries(result);
  const done = new Map<Migration, number>();
  const failed: string[] = [];
  const texts = new Map<string, string>();
  for (const entry of entries) {
    if (entry.done === undefined) texts.set(entry.migration, entry.hash);
    else {
      const migration = migrations.find(({ name }) => name === entry.migration);
      // Its beginning was rewritten (or the file is gone), so nobody can say how to go on.
      if (migration === undefined || hashOfFirst(migration.statements, entry.done) !== entry.hash)
        failed.push(entry.migration);
      else done.set(migration, entry.done);
    }
  }
  const journaled = new Set(entries.map((entry) => entry.migration));
  const known = { ...history, failed: [...history.failed, ...failed] };
  return { history: ledger.hasChecksums ? known : withTexts(known, migrations, texts, ledger), done, journaled };
}

/** Finds what a ledger without checksums hides. */
function withTexts(
  history: History,
  migrations: readonly Migration[],
  texts: ReadonlyMap<string, string>,
  ledger: Ledger,
): History {
  const isEdited = (migration: Migration): boolean => {
    const hash = texts.get(migration.name);
    return hash !== undefined && !hasSameText(migration, hash);
  };
  // Everything that was applied when we last were here is in the journal: what is not, and lies before one that is, was not there.
  const last = migrations.findLastIndex(({ name }) => texts.has(name));
  const isLate = (migration: Migration): boolean =>
    ledger.holdsVersionOnly === true && !texts.has(migration.name) && migrations.indexOf(migration) < last;
  return {
    ...history,
    applied: history.applied.filter((m) => !isEdited(m) && !isLate(m)),
    edited: [...history.edited, ...history.applied.filter(isEdited)],
    outOfOrder: [...history.outOfOrder, ...history.applied.filter(isLate)],
  };
}

function readEntries(result: ResultSet | undefined): JournalEntry[] {
  requireColumns(result, "migration", "hash", "statements");
  return (result?.rows ?? []).map((row) => ({
    migration: String(row["migration"]),
    hash: String(row["hash"]),
    done: row["statements"] === null ? undefined : Number(row["statements"]),
  }));
}

function hashOfFirst(statements: readonly MigrationStatement[], count: number): string {
  const hash = createHash("sha256");
  for (const { sql } of statements.slice(0, count)) hash.update(`${sql.replaceAll("\r\n", "\n")};`);
  return hash.digest("hex");
}
