import type { ResultSet } from "@litefleet/driver";
import type { History, Migration } from "../migration.ts";

/**
 * Compares migrations with the keys of those that are applied, for ledgers that hold a key for each. `isEdited` is asked of
 * applied ones.
 */
export function compareEntries(
  migrations: readonly Migration[],
  applied: ReadonlySet<string>,
  options: { readonly keyOf: (migration: Migration) => string; readonly isEdited?: (migration: Migration) => boolean },
): History {
  const { keyOf, isEdited = () => false } = options;
  const isApplied = (migration: Migration): boolean => applied.has(keyOf(migration));
  const last = migrations.findLastIndex(isApplied);
  const known = new Set(migrations.map(keyOf));
  return {
    applied: migrations.filter((m) => isApplied(m) && !isEdited(m)),
    pending: migrations.filter((m, i) => !isApplied(m) && i > last),
    edited: migrations.filter((m) => isApplied(m) && isEdited(m)),
    failed: [],
    outOfOrder: migrations.filter((m, i) => !isApplied(m) && i < last),
    missing: [...applied].filter((key) => !known.has(key)),
  };
}

/** The text in `column` of every row. Throws a `TypeError` if there is no such column, or something else in it. */
export function readTexts(result: ResultSet | undefined, column: string): Set<string> {
  requireColumns(result, column);
  const texts = new Set<string>();
  for (const row of result?.rows ?? []) {
    const text = row[column];
    if (typeof text !== "string") throw new TypeError(`a ${column} is not text`);
    texts.add(text);
  }
  return texts;
}

/** Throws a `TypeError` if the ledger lacks one of the columns. */
export function requireColumns(result: ResultSet | undefined, ...columns: readonly string[]): void {
  for (const column of columns) {
    if (result?.columns.includes(column) === false) throw new TypeError(`it has no column ${column}`);
  }
}
