import type { InStatement } from "@litefleet/driver";
import type { MigrationSet } from "../migration.ts";
import type { MigrationPlan } from "../plan.ts";
import { noteProgress, removeFromJournal, replaceText } from "./journal.ts";

/** What writes down that a planned migration, or a part of it, has run. */
export function ledgerWrites({ ledger, migrations }: MigrationSet, plan: MigrationPlan): InStatement[] {
  const { migration, direction, done, doneAfter } = plan;
  if (doneAfter !== undefined) return [noteProgress(ledger, migration, doneAfter)];
  if (direction === "down") {
    const previous = migrations[migrations.indexOf(migration) - 1];
    const undone = [...ledger.unrecord(migration, previous)];
    if (!ledger.hasChecksums) undone.push(removeFromJournal(ledger, migration.name));
    return undone;
  }
  const recorded = [...ledger.record(migration)];
  if (!ledger.hasChecksums) recorded.push(replaceText(ledger, migration));
  else if (done > 0) recorded.push(removeFromJournal(ledger, migration.name));
  return recorded;
}
