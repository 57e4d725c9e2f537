import { LitefleetError, plainMessage } from "../errors.ts";
import { failedCheck, rowSql, sqlOf } from "./change-sql.ts";
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

/** What has become of a unit that did not fit. */
type Outcome = { readonly changes: readonly Change[] } | { readonly refusal: Refusal };

/**
 * Puts the local changes that a pull has taken back onto the primary's data: all those that the pulled data do not hold, in one
 * transaction, which also notes that it was done. Changes that the data stand against become conflicts.
 */
export async function rebase(parts: RebaseParts): Promise<void> {
  const { writer, capture, outbox, clientId } = parts;
  outbox.confirm(readMarkers(writer).get(clientId)?.slice ?? 0);
  const outcomes = new Map<number, Outcome>();
  await capture.unrecorded(async () => {
    while (!(await applyAll(parts, outcomes)));
  });
  // After the commit: what is noted twice is judged twice, what was not noted would be lost.
  for (const unit of Array.from(outbox.unitsAfter(outbox.confirmed))) {
    const outcome = outcomes.get(unit.firstSeq);
    if (outcome === undefined) continue;
    if ("refusal" in outcome) parts.onRefused(outbox.refuse(unit, outcome.refusal));
    else outbox.replace(unit, outcome.changes);
  }
}

/** One attempt at everything; false if a failure has ended the transaction, which then begins anew with what was learned. */
async function applyAll(parts: RebaseParts, outcomes: Map<number, Outcome>): Promise<boolean> {
  const { writer, capture, outbox } = parts;
  writer.exec("BEGIN IMMEDIATE");
  let stretchBegan = performance.now();
  for (const unit of outbox.unitsAfter(outbox.confirmed)) {
    applyUnit(parts, unit, outcomes);
    if (!writer.inTransaction) return false;
    if (performance.now() - stretchBegan <= maxStretchMs) continue;
    await new Promise((resolve) => void setImmediate(resolve));
    parts.onProgress();
    stretchBegan = performance.now();
  }
  capture.writeEpoch();
  await writer.commit();
  return true;
}

function applyUnit({ writer, judge }: RebaseParts, unit: Unit, outcomes: Map<number, Outcome>): void {
  const asked = new Set<Change>();
  while (writer.inTransaction) {
    const known = outcomes.get(unit.firstSeq);
    if (known !== undefined && "refusal" in known) return;
    const changes = known?.changes ?? unit.changes;
    const failure = attempt(writer, changes);
    if (failure === undefined) return;
    if (!isRejection(failure.reason)) throw failure.error;
    const theirs = readRowOf(writer, changes[failure.index]!);
    const verdict = judge.decide(changes, failure.index, theirs, failure.reason, asked);
    const refused = "refusal" in verdict ? originOf(unit, changes, verdict.refusal) : 0;
    outcomes.set(unit.firstSeq, "refusal" in verdict ? { refusal: { ...verdict.refusal, refused } } : verdict);
  }
}

interface Failure {
  readonly index: number;
  readonly reason: string;
  readonly error: unknown;
}

/** All of the changes, or none. */
function attempt(writer: LocalDatabase, changes: readonly Change[]): Failure | undefined {
  writer.exec("SAVEPOINT unit");
  for (const [index, change] of changes.entries()) {
    const failure = carryOut(writer, change);
    if (failure === undefined) continue;
    // Some failures end the whole transaction.
    if (writer.inTransaction) {
      writer.exec("ROLLBACK TO unit");
      writer.exec("RELEASE unit");
    }
    return { ...failure, index };
  }
  writer.exec("RELEASE unit");
  return undefined;
}

/** Carries out a change on the local file; tells why if the data stand against it. */
export function carryOut(writer: LocalDatabase, change: Change): Pick<Failure, "reason" | "error"> | undefined {
  try {
    for (const { sql, args, isCheck } of sqlOf(change)) {
      const [row] = writer.all(sql, args);
      if (isCheck && row?.[0] !== 1n) return { reason: failedCheck, error: undefined };
    }
    return undefined;
  } catch (error) {
    return { reason: error instanceof LitefleetError ? plainMessage(error) : String(error), error };
  }
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
