import { sourceNames } from "../migration.ts";
import type { MigrationSet, SourceName } from "../migration.ts";

/** What a source may be told. */
export interface SourceOptions {
  /** The ledger's table, where the tool lets people choose it. Default: the tool's own. */
  readonly ledgerTable?: string;
  /** The format, or a family of formats. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
}

/**
 * What a folder may be said to be: one of {@link SourceName}, or `"drizzle"` for both of drizzle's, `"sql"` for any of plain
 * SQL (d1, dbmate, flyway, golang-migrate, goose, numbered), `"auto"` for whatever it is.
 */
export type SourceChoice = SourceName | "auto" | "drizzle" | "sql";

/** Every {@link SourceChoice}. */
export const sourceChoices: readonly SourceChoice[] = ["auto", "drizzle", "sql", ...sourceNames];

/** The formats that a choice allows. */
export function allowedSources(choice: SourceChoice): ReadonlySet<SourceName> {
  if (choice === "auto") return new Set(sourceNames);
  if (choice === "drizzle") return new Set(["drizzle-v0", "drizzle-v1"]);
  if (choice === "sql") return new Set(["d1", "dbmate", "flyway", "golang-migrate", "goose", "numbered"]);
  return new Set([choice]);
}

/** What a folder of migrations holds, by names. */
export interface FolderListing {
  readonly entries: readonly string[];
  /** What its folders hold. */
  readonly inner: ReadonlyMap<string, readonly string[]>;
  /** What lies beside it. */
  readonly siblings: readonly string[];
}

/** A format of migration folders. */
export interface MigrationSource {
  readonly name: SourceName;
  /** Whether the folder is of this format. */
  recognises(listing: FolderListing, dir: string): boolean | Promise<boolean>;
  /** Whether it is of this format if somebody says so, although it cannot be recognised. */
  couldBe?(listing: FolderListing): boolean;
  /** Reads the whole folder. Throws `DIR_INVALID` if something in it is missing or cannot be read. */
  load(dir: string, options: SourceOptions, listing: FolderListing): Promise<MigrationSet>;
}
