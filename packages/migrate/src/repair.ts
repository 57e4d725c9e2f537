import type { Client } from "@litefleet/driver";
import { replaceText } from "./ledger/journal.ts";
import { loadMigrations } from "./load-migrations.ts";
import type { MigrationSet } from "./migration.ts";
import { rewriteLedger } from "./rewrite-ledger.ts";
import type { LedgerOptions } from "./rewrite-ledger.ts";
import type { SourceOptions } from "./source/source.ts";

/** What {@link repair} may do besides. */
export interface RepairChoice {
  /** Also removes the entries of migrations that the folder lacks. Default false. */
  readonly forgetMissing?: boolean;
}

/** Options of {@link repair}. */
export interface RepairOptions extends RepairChoice, LedgerOptions, SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
}

/** What was repaired. */
export interface RepairResult {
  /** Migrations whose checksum is that of the file now. */
  readonly rehashed: readonly string[];
  /** Entries that were removed. */
  readonly forgotten: readonly string[];
}

/**
 * Makes the ledger agree with the folder: takes the files' texts for those that were applied, and with `forgetMissing` removes
 * the entries of migrations that the folder lacks. Runs no migration, and leaves failed ones to `resolve`. The client stays
 * open.
 *
 * @example
 * const { rehashed } = await repair(client, { dir: "drizzle" });
 */
export async function repair(client: Client, options: RepairOptions): Promise<RepairResult> {
  return repairWith(client, await loadMigrations(options.dir, options), options, options);
}

/** {@link repair} with a folder that was read before. */
export async function repairWith(
  client: Client,
  set: MigrationSet,
  choice: RepairChoice,
  options: LedgerOptions,
): Promise<RepairResult> {
  const { ledger } = set;
  let result: RepairResult = { rehashed: [], forgotten: [] };
  await rewriteLedger(client, set, options, [
    ({ history: { edited, missing } }) => {
      const forgotten = choice.forgetMissing === true ? missing : [];
      result = { rehashed: edited.map(({ name }) => name), forgotten };
      return [
        ...edited.flatMap((migration) => ledger.rehash?.(migration) ?? [replaceText(ledger, migration)]),
        ...forgotten.flatMap((entry) => ledger.forget(entry)),
      ];
    },
  ]);
  return result;
}
