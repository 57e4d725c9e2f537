import type { MigrationSet, SourceName } from "../migration.ts";

/** What a source may be told. */
export interface SourceOptions {
  /** The ledger's table, where the tool lets people choose it. Default: the tool's own. */
  readonly ledgerTable?: string;
}

/** A format of migration folders. */
export interface MigrationSource {
  readonly name: SourceName;
  /** Whether the folder with these `entries` (names, not paths) is of this format. */
  recognises(entries: readonly string[]): boolean;
  /** Reads the whole folder. Throws `DIR_INVALID` if something in it is missing or cannot be read. */
  load(dir: string, options: SourceOptions): Promise<MigrationSet>;
}
