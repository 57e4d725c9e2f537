import { LitefleetError, plainMessage } from "../errors.ts";
import { rowSql, sqlOf } from "./change-sql.ts";
import type { Change, Unit } from "./change.ts";
import type { Capture } from "./capture.ts";
import { readMarkers } from "./capture.ts";
import { isRejection } from "./judge.ts";
import type { Judge } from "./judge.ts";
import type { LocalDatabase } from "./local-database.ts";
import type { KeptConflict, Outbox, Refusal } from "./outbox.ts";
import type { Row } from "./stored-values.ts";

/** How long the event loop is kept busy at a stretch, in milliseconds. */
const maxStretchMs = 8;

/** What putting local changes back on needs. */
export interface RebaseParts {
  readonly writer: LocalDatabase;
  readonly capture: Capture;
  readonly outbox: Outbox;
  readonly judge: Judge;
  readonly clientId: string;
  readonly onRefused: (conflict: KeptConflict) => void;
  /** Tells that the work goes on: others wait for it. */
  readonly onProgress: () => void;
}

type Outcome = { readonly changes: readonly Change[] } | { readonly refusal: Refusal };

/**
 * Puts the local changes that a pull has taken back onto the primary's data: all those that the pulled data do not hold, in one
 * transaction, which also notes that it was done. Changes that the data stand against become conflicts.
 */
export async function rebase(parts: RebaseParts): Promise<void> {
  const { writer, capture, outbox, clientId } = parts;
  const outcomes: [Unit, Outcome][] = [];
  await capture.unrecorded(async () => {
    const noted = readMarkers(writer).get(clientId) ?? 0;
    if (noted > outbox.confirmed) outbox.confirm(noted);
    writer.exec("BEGIN IMMEDIATE");
    let stretchBegan = performance.now();
    for (const unit of outbox.unitsAfter(outbox.confirmed)) {
      const outcome = applyUnit(parts, unit);
      if (outcome !== undefined) outcomes.push([unit, outcome]);
      if (performance.now() - stretchBegan <= maxStretchMs) continue;
      await new Promise((resolve) => void setImmediate(resolve));
      parts.onProgress();
      stretchBegan = performance.now();
    }
    capture.writeEpoch();
    writer.exec("COMMIT");
  });
  // After the commit: what is noted twice is judged twice, what was not noted would be lost.
  for (const [unit, outcome] of outcomes) {
    if ("refusal" in outcome) parts.onRefused(outbox.refuse(unit, outcome.refusal));
    else outbox.replace(unit, outcome.changes);
  }
}

/** What has become of a unit; `undefined` if it could be carried out as it was. */
function applyUnit({ writer, judge }: RebaseParts, unit: Unit): Outcome | undefined {
  const asked = new Set<Change>();
  let changes = unit.changes;
  for (;;) {
    const failure = attempt(writer, changes);
    if (failure === undefined) return changes === unit.changes ? undefined : { changes };
    if (!isRejection(failure.reason)) throw failure.error;
    const theirs = readRowOf(writer, changes[failure.index]!);
    const verdict = judge.decide(changes, failure.index, theirs, failure.reason, asked);
    if ("refusal" in verdict) return { refusal: { ...verdict.refusal, refused: originOf(unit, changes, verdict.refusal) } };
    changes = verdict.changes;
  }
}

function attempt(
  writer: LocalDatabase,
  changes: readonly Change[],
): { readonly index: number; readonly reason: string; readonly error: unknown } | undefined {
  writer.exec("SAVEPOINT unit");
  for (const [index, change] of changes.entries()) {
    try {
      for (const { sql, args } of sqlOf(change)) writer.all(sql, args);
    } catch (error) {
      writer.exec("ROLLBACK TO unit");
      writer.exec("RELEASE unit");
      return { index, reason: error instanceof LitefleetError ? plainMessage(error) : String(error), error };
    }
  }
  writer.exec("RELEASE unit");
  return undefined;
}

/** The local row in the place of a change's; `undefined` if there is none, or no such table any more. */
export function readRowOf(database: LocalDatabase, change: Change): Row | undefined {
  const columns = Object.keys(change.before ?? change.after ?? {});
  const { sql, args } = rowSql(change, columns);
  try {
    const [values] = database.all(sql, args);
    return values && Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));
  } catch {
    return undefined;
  }
}

/** Which change of the unit itself was refused, if others were dropped before it. */
function originOf(unit: Unit, changes: readonly Change[], { refused }: Refusal): number {
  const at = unit.changes.indexOf(changes[refused]!);
  return at >= 0 ? at : Math.min(refused, unit.changes.length - 1);
}
