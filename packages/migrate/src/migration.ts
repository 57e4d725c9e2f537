import type { InStatement, ResultSet } from "@litefleet/driver";

/** One statement of a migration, as its file holds it. */
export interface MigrationStatement {
  /** Without the semicolon. */
  readonly sql: string;
  /** Place in the file, counted from 0. */
  readonly index: number;
  /** Line in the file, counted from 1. */
  readonly line: number;
}

/** One migration, read from its file. Nothing in it depends on a database. */
export interface Migration {
  /** What people and ledgers call it; for drizzle-kit the tag, `0001_starter_plan`. */
  readonly name: string;
  /** The file's path as it can be shown. */
  readonly file: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
  /** Hashes that count as the same text: the file with LF and with CRLF line ends. */
  readonly equivalentHashes: readonly string[];
  /** When it was generated, in milliseconds since the epoch. */
  readonly when: number;
  /** In order; empty for a file of comments only. */
  readonly statements: readonly MigrationStatement[];
}

/** What a database says of a migration that was applied. */
export interface LedgerEntry {
  readonly hash: string;
  /** The migration's {@link Migration.when}, not the time at which it was applied. */
  readonly when: number;
}

/** How migrations and ledger compare. Every migration stands in exactly one of the first four lists. */
export interface History {
  /** Applied with the same text. */
  readonly applied: readonly Migration[];
  /** Not applied, and newer than all that are: what `up` applies, in order. */
  readonly pending: readonly Migration[];
  /** Applied, but the file's text has changed since. */
  readonly edited: readonly Migration[];
  /** Not applied, although a newer one is: merged late, most often. */
  readonly outOfOrder: readonly Migration[];
  /** In the ledger, but in no file. */
  readonly missing: readonly LedgerEntry[];
}

/**
 * A tool's own table of applied migrations, written as the tool writes it, so that it still agrees afterwards. One for
 * each format.
 */
export interface Ledger {
  /** The table's name. */
  readonly table: string;
  /** Creates the table if it is not there. */
  readonly create: string;
  /** Reads all entries. */
  readonly select: string;
  /** Reads the answer to `select`. Throws a `TypeError` if it is not this tool's. */
  parse(result: ResultSet): LedgerEntry[];
  /** Which migrations are applied by the tool's own rules, and where these rules hide a difference. */
  compare(migrations: readonly Migration[], entries: readonly LedgerEntry[]): History;
  /** Writes down that `migration` was applied. */
  record(migration: Migration): InStatement;
}

/** A folder of migrations in the order in which they apply, and the ledger that belongs to its format. */
export interface MigrationSet {
  /** The format. */
  readonly source: SourceName;
  /** The folder as it can be shown. */
  readonly dir: string;
  readonly migrations: readonly Migration[];
  readonly ledger: Ledger;
}

/** The formats that are read. `"drizzle-v0"`: a drizzle-kit folder with `meta/_journal.json`. */
export type SourceName = "drizzle-v0";
