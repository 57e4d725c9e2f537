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
  /**
   * What people call it; for drizzle-kit `0001_starter_plan` or `20251121101500_starter_plan`, and
   * for dbmate its file without `.sql`.
   */
  readonly name: string;
  /** The file's path as it can be shown. */
  readonly file: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
  /** Hashes that count as the same text: the file with LF and with CRLF line ends. */
  readonly equivalentHashes: readonly string[];
  /** When it was generated, in milliseconds since the epoch, for the formats whose ledgers hold that. */
  readonly when?: number;
  /** What the ledger calls it, where that is not the name: for dbmate the digits at the name's start. */
  readonly version?: string;
  /** In order; empty for a file of comments only. */
  readonly statements: readonly MigrationStatement[];
}

/** How migrations and ledger compare. Every migration stands in exactly one list of these. */
export interface History {
  /** Applied with the same text. */
  readonly applied: readonly Migration[];
  /** Not applied, and newer than all that are: what `up` applies, in order. */
  readonly pending: readonly Migration[];
  /** Applied, but the file's text has changed since. */
  readonly edited: readonly Migration[];
  /** Not applied, although a newer one is: merged late, most often. */
  readonly outOfOrder: readonly Migration[];
  /** Begun by the tool and not finished, as a tool without transactions leaves it: names, also of files that are gone. */
  readonly failed: readonly string[];
  /** In the ledger, but in no file: by name, or by hash where the ledger has no names. */
  readonly missing: readonly string[];
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
  /** Reads the whole table. */
  readonly select: string;
  /**
   * Which migrations are applied by the tool's own rules, and where these rules hide a difference. `result` answers
   * `select`; `undefined` if there is no table. Throws a `TypeError` if the table is not this tool's.
   */
  compare(migrations: readonly Migration[], result: ResultSet | undefined): History;
  /** What brings a table of an older version of the tool to the form that `record` writes. Most ledgers have one form. */
  upgrade?(migrations: readonly Migration[], result: ResultSet): readonly InStatement[];
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

/**
 * The formats that are read.
 *
 * - `"dbmate"`: files with `-- migrate:up` and `-- migrate:down`.
 * - `"drizzle-v0"`: drizzle-kit before 1.0, with `meta/_journal.json`.
 * - `"drizzle-v1"`: drizzle-kit 1.0, a folder with `migration.sql` and `snapshot.json` for each migration.
 * - `"prisma"`: Prisma Migrate, a folder with `migration.sql` for each migration, and `migration_lock.toml`.
 */
export type SourceName = "dbmate" | "drizzle-v0" | "drizzle-v1" | "prisma";
