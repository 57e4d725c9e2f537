import type { Client, InStatement } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import { createJournal, dropEmptyJournal, noteTexts, selectJournal } from "./ledger/journal.ts";
import type { Standing } from "./ledger/journal.ts";
import type { MigrationSet } from "./migration.ts";
import { compareLedger, subject } from "./read-history.ts";
import { codeOf, describeCause, isBusy } from "./tenant-errors.ts";

/** Options of what changes a ledger and nothing else. */
export interface LedgerOptions {
  /** The name of the tenant in messages. */
  readonly tenant?: string;
  /** Milliseconds to wait for other writers. Default 30,000. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Changes the ledger, and nothing else, in one transaction. Each of `changes` sees how the database stands after those before
 * it, and answers what to write.
 */
export async function rewriteLedger(
  client: Client,
  set: MigrationSet,
  options: LedgerOptions,
  changes: readonly ((standing: Standing) => readonly InStatement[])[],
): Promise<void> {
  const { tenant, lockTimeoutMs = 30_000, signal } = options;
  const { ledger, migrations } = set;
  try {
    await using tx = await client.transaction("write", { timeoutMs: lockTimeoutMs, signal });
    const read = [ledger.select, createJournal, selectJournal(ledger)];
    for (const change of changes) {
      const results = await tx.batch([...ledger.create, ...read]);
      const rows = { ledger: results[ledger.create.length], journal: results.at(-1) };
      const standing = compareLedger(set, rows, tenant);
      const upgrade = rows.ledger === undefined ? [] : (ledger.upgrade?.(migrations, rows.ledger) ?? []);
      const statements = [...upgrade, ...change(standing)];
      if (statements.length > 0) await tx.batch(statements);
    }
    if (ledger.hasChecksums) await dropEmptyJournal(tx);
    else {
      const results = await tx.batch([ledger.select, selectJournal(ledger)]);
      const { history } = compareLedger(set, { ledger: results[0], journal: results[1] }, tenant);
      const notes = noteTexts(ledger, history.applied);
      if (notes.length > 0) await tx.batch(notes);
    }
    await tx.commit();
  } catch (error) {
    if (error instanceof MigrateError) throw error;
    const isLocked = isBusy(error) || codeOf(error) === "TIMEOUT";
    const code = signal?.aborted === true ? "ABORTED" : isLocked ? "TENANT_BUSY" : "TENANT_FAILED";
    const told = codeOf(error) === "OUTCOME_UNKNOWN" ? "OUTCOME_UNKNOWN" : code;
    throw new MigrateError(`${subject(tenant)}: ${describeCause(error)}`, told, { tenant, cause: error });
  }
}
