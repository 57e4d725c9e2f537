import { readRow, writeRow } from "./stored-values.ts";
import type { Row } from "./stored-values.ts";

/** What a change did to its row. */
export type ChangeKind = "insert" | "update" | "delete";

/** What happened to one row. */
export interface Change {
  readonly table: string;
  readonly kind: ChangeKind;
  /** The columns that say which row it is. */
  readonly keyColumns: readonly string[];
  /** The columns that an update sets; of no meaning for the other kinds. */
  readonly sets: readonly string[];
  /** The whole row before; `undefined` for an insert. */
  readonly before: Row | undefined;
  /** The whole row after; `undefined` for a delete. */
  readonly after: Row | undefined;
  /** It is not known what the row was before, so that nobody can say whether the change may be carried out. */
  readonly isUnsure?: boolean;
}

/** Changes that were committed together here, and that the primary takes together or not at all. */
export interface Unit {
  /** Its place in the order of all units of this client. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly changes: readonly Change[];
}

/** The key of the row that a change is about, as the row was called before it. */
export function keyOf(change: Change): Row {
  const row = change.before ?? change.after ?? {};
  return Object.fromEntries(change.keyColumns.map((name) => [name, row[name] ?? null]));
}

/**
 * The change that gives `theirs`, the row as the primary has it, what this change wanted: an insert becomes an update where
 * there is a row already, an update an insert where there is none any more. `undefined` if there is nothing left to do.
 */
export function ontoRow(given: Change, theirs: Row | undefined): Change | undefined {
  const { isUnsure: _, ...change } = given;
  if (change.after === undefined) return theirs === undefined ? undefined : { ...change, before: theirs };
  if (theirs === undefined) return { ...change, kind: "insert", before: undefined };
  const mine = change.kind === "insert" ? Object.keys(change.after) : change.sets;
  const after = { ...theirs, ...Object.fromEntries(mine.map((name) => [name, change.after?.[name] ?? null])) };
  return { ...change, kind: "update", sets: mine.filter((name) => name in theirs), before: theirs, after };
}

/** A change as text, for a file. */
export function writeChange(change: Change): string {
  const { before, after, ...rest } = change;
  return JSON.stringify({
    ...rest,
    ...(before === undefined ? {} : { before: writeRow(before) }),
    ...(after === undefined ? {} : { after: writeRow(after) }),
  });
}

/** The change that {@link writeChange} wrote. */
export function readChange(text: string): Change {
  const { before, after, ...rest } = JSON.parse(text) as WrittenChange;
  return {
    ...rest,
    before: before === undefined ? undefined : readRow(before),
    after: after === undefined ? undefined : readRow(after),
  };
}

type WrittenRow = ReturnType<typeof writeRow>;

interface WrittenChange extends Omit<Change, "before" | "after"> {
  readonly before?: WrittenRow;
  readonly after?: WrittenRow;
}
