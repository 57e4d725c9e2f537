import type { MigrationSet, SourceName } from "../migration.ts";

/** What a source may be told. */
export interface SourceOptions {
  /** The ledger's table, where the tool lets people choose it. Default: the tool's own. */
  readonly ledgerTable?: string;
}

/** What a folder of migrations holds, by names. */
export interface FolderListing {
  readonly entries: readonly string[];
  /** What its folders hold. */
  readonly inner: ReadonlyMap<string, readonly string[]>;
}

/** A format of migration folders. */
export interface MigrationSource {
  readonly name: SourceName;
  /** Whether the folder is of this format. */
  recognises(listing: FolderListing, dir: string): boolean | Promise<boolean>;
  /** Reads the whole folder. Throws `DIR_INVALID` if something in it is missing or cannot be read. */
  load(dir: string, options: SourceOptions, listing: FolderListing): Promise<MigrationSet>;
}
