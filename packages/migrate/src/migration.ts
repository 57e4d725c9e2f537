import type { InStatement, InValue, ResultSet } from "@litefleet/driver";
import type { MigrationCode } from "./kysely/migration-code.ts";

/** One statement of a migration, as its file holds it. */
export interface MigrationStatement {
  /** Without the semicolon. */
  readonly sql: string;
  /** Place in the file, counted from 0. */
  readonly index: number;
  /** Line in the file, counted from 1. */
  readonly line: number;
  /** Values for its parameters, for the formats whose migrations are code. Default none. */
  readonly args?: readonly InValue[];
}

/** One migration, read from its file. Nothing in it depends on a database. */
export interface Migration {
  /**
   * What people call it; for drizzle-kit `0001_starter_plan` or `20251121101500_starter_plan`, for others mostly its file
   * without the extension.
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
  /** What undoes it, in order; empty if there is nothing to undo, `undefined` if nothing says how. */
  readonly down?: readonly MigrationStatement[];
  /** The file of {@link Migration.down}, if it is another one. */
  readonly downFile?: string;
  /** The file says that it is not to run inside a transaction. Default false. */
  readonly outsideTransaction?: boolean;
  /** It is applied again whenever its text has changed, after all others, as Flyway's `R__` files are. Default false. */
  readonly isRepeatable?: boolean;
  /** Flyway's checksum: the CRC-32 of the lines without their ends, as a signed number. */
  readonly checksum?: number;
  /** A program that has to see the database; then `statements` and `down` say nothing. */
  readonly code?: MigrationCode;
}

/** How migrations and ledger compare. Every migration stands in exactly one list of these, save that it may have failed too. */
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
  /** Creates the table, and what belongs to it, where it is not there. */
  readonly create: readonly InStatement[];
  /** Reads the whole table. */
  readonly select: string;
  /** It holds checksums. Where it does not, they are kept in a table of our own (`_litefleet_journal`). */
  readonly hasChecksums: boolean;
  /** It holds only the newest version, so that older migrations count as applied whether they are or not. */
  readonly holdsVersionOnly?: boolean;
  /**
   * Which migrations are applied by the tool's own rules, and where these rules hide a difference. `result` answers
   * `select`; `undefined` if there is no table. Throws a `TypeError` if the table is not this tool's.
   */
  compare(migrations: readonly Migration[], result: ResultSet | undefined): History;
  /** What brings a table of an older version of the tool to the form that `record` writes. Most ledgers have one form. */
  upgrade?(migrations: readonly Migration[], result: ResultSet): readonly InStatement[];
  /** Writes down that `migration` was applied. */
  record(migration: Migration): readonly InStatement[];
  /** Writes down that `migration` was undone; `previous` is the one before it. */
  unrecord(migration: Migration, previous: Migration | undefined): readonly InStatement[];
  /** Takes the file's text for what was applied. Only where there are checksums. */
  rehash?(migration: Migration): readonly InStatement[];
  /** Removes an entry that {@link History.missing} names. */
  forget(entry: string): readonly InStatement[];
  /** Ends what {@link History.failed} names. Only for tools that write down a failure. */
  settle?(entry: string, as: "applied" | "rolled-back", previous: Migration | undefined): readonly InStatement[];
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
 * - `"d1"`: Cloudflare D1, files of `wrangler d1 migrations create`.
 * - `"dbmate"`: files with `-- migrate:up` and `-- migrate:down`.
 * - `"drizzle-v0"`: drizzle-kit before 1.0, with `meta/_journal.json`.
 * - `"drizzle-v1"`: drizzle-kit 1.0, a folder with `migration.sql` and `snapshot.json` for each migration.
 * - `"flyway"`: `V1__name.sql`, repeatable `R__name.sql` and undo `U1__name.sql`.
 * - `"golang-migrate"`: `000001_name.up.sql` and `000001_name.down.sql`.
 * - `"goose"`: files with `-- +goose Up` and `-- +goose Down`.
 * - `"kysely"`: TypeScript or JavaScript files that export `up(db)` and perhaps `down(db)`.
 * - `"numbered"`: `0001_name.sql` of no tool, with a ledger of our own.
 * - `"prisma"`: Prisma Migrate, a folder with `migration.sql` for each migration, and `migration_lock.toml`.
 */
export const sourceNames = [
  "d1",
  "dbmate",
  "drizzle-v0",
  "drizzle-v1",
  "flyway",
  "golang-migrate",
  "goose",
  "kysely",
  "numbered",
  "prisma",
] as const;

/** One of {@link sourceNames}. */
export type SourceName = (typeof sourceNames)[number];
