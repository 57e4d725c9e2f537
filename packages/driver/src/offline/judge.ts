import { plainMessage } from "../errors.ts";
import { classifyTurso } from "../turso/classify.ts";
import { isFailedCheck } from "./change-sql.ts";
import { keyOf, ontoRow } from "./change.ts";
import type { Change } from "./change.ts";
import type { Conflict, OfflineChange, OfflineRow, RejectedChange, Resolve } from "./conflict.ts";
import type { KeptConflict, Refusal } from "./outbox.ts";
import { keptRow, shownRow } from "./stored-values.ts";
import type { Row } from "./stored-values.ts";

/** What becomes of the changes of a unit of which one was rejected. */
export type Verdict = { readonly changes: readonly Change[] } | { readonly refusal: Refusal };

/**
 * Whether the failure of a change's statement says that the data, or the schema, stand against it; anything else, such as a lock, says
 * nothing about it.
 */
export function isRejection(reason: string): boolean {
  if (isFailedCheck(reason)) return true;
  const { code } = classifyTurso(new Error(reason));
  if (code.startsWith("SQLITE_CONSTRAINT") || code === "SQLITE_MISMATCH") return true;
  return /no such (?:table|column)|has no column|no column named/iu.test(reason);
}

/** Decides about a rejected change, with the user's policy if there is one. A change is put to it once. */
export class Judge {
  readonly #resolve: Resolve | undefined;

  constructor(resolve: Resolve | undefined) {
    this.#resolve = resolve;
  }

  /**
   * @param index which of the changes was rejected.
   * @param theirs the row that is there instead.
   * @param asked the changes that were put to the policy already; this one is added.
   */
  decide(
    changes: readonly Change[],
    index: number,
    theirs: Row | undefined,
    reason: string,
    asked: Set<Change>,
  ): Verdict {
    const change = changes[index]!;
    const refusal: Refusal = { refused: index, ...reasonOf(change, theirs, reason), theirs };
    if (this.#resolve === undefined || asked.has(change)) return { refusal };
    const resolution: unknown = this.#resolve(rejected(change, refusal));
    if (resolution === undefined) return { refusal };
    const resolved = apply(resolution, change, theirs);
    if (resolved !== undefined) asked.add(resolved);
    return { changes: changes.flatMap((other, i) => (i === index ? (resolved ?? []) : other)) };
  }
}

/** A conflict as users see it. */
export function shownConflict(kept: KeptConflict, actions: Pick<Conflict, "retry" | "discard">): Conflict {
  const change = kept.changes[kept.refused] ?? kept.changes[0]!;
  return {
    id: kept.id,
    at: kept.at,
    ...rejected(change, kept),
    row: shownRow(change.after ?? change.before ?? {}),
    changes: kept.changes.map(shownChange),
    ...actions,
  };
}

function apply(resolution: unknown, change: Change, theirs: Row | undefined): Change | undefined {
  if (resolution === "keep") return ontoRow(change, theirs);
  if (resolution === "skip") return undefined;
  if (typeof resolution === "object" && resolution !== null && "rewrite" in resolution) {
    const { rewrite } = resolution;
    if (typeof rewrite === "object" && rewrite !== null) {
      const given = keptRow({ ...rewrite });
      const after = { ...(theirs ?? change.after ?? change.before), ...given };
      return ontoRow({ ...change, kind: "insert", before: undefined, after }, theirs);
    }
  }
  throw new TypeError('`resolve` must return "keep", "skip", { rewrite: row } or undefined, and no promise');
}

function reasonOf(change: Change, theirs: Row | undefined, reason: string): Pick<Refusal, "code" | "reason"> {
  if (!isFailedCheck(reason)) {
    const error = classifyTurso(new Error(reason));
    return { code: error.extendedCode ?? error.code, reason: plainMessage(error) };
  }
  const where = JSON.stringify(change.table);
  if (change.isUnsure === true) {
    const why = `It is not known what the row of ${where} was before: the process ended right after an INSERT … ON CONFLICT`;
    return { code: "ROW_CHANGED", reason: why };
  }
  return theirs === undefined
    ? { code: "ROW_GONE", reason: `The row of ${where} is no longer there` }
    : { code: "ROW_CHANGED", reason: `The row of ${where} has been changed by somebody else` };
}

function rejected(change: Change, { code, reason, theirs }: Omit<Refusal, "refused">): RejectedChange {
  return { ...shownChange(change), code, reason, theirs: theirs && shownRow(theirs) };
}

function shownChange(change: Change): OfflineChange {
  const show = (row: Row | undefined): OfflineRow | undefined => row && shownRow(row);
  const { table, kind, before, after } = change;
  return { table, kind, key: shownRow(keyOf(change)), before: show(before), after: show(after) };
}
