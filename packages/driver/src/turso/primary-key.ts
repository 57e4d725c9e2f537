import { isWholeKey, readUniqueFailure } from "../unique-failure.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";

/**
 * Whether the columns that a `UNIQUE constraint failed: t.a, t.b` names are the primary key of the table. The engine says
 * UNIQUE for both, SQLite tells them apart by number.
 */
export function isPrimaryKey(handle: TursoHandle, message: string): boolean {
  const failure = readUniqueFailure(message);
  return failure !== undefined && isWholeKey(failure.columns, primaryKeyOf(handle, failure.table));
}

function primaryKeyOf(handle: TursoHandle, table: string): string[] {
  try {
    const statement = handle.prepare(`PRAGMA table_info("${table.replaceAll('"', '""')}")`);
    try {
      statement.raw(true);
      const key: string[] = [];
      while (stepOn(handle, statement) === step.row) {
        const [, name, , , , position] = statement.row() as [number, string, string, number, unknown, number];
        if (position > 0) key.push(name);
      }
      return key;
    } finally {
      statement.finalize();
    }
  } catch {
    // This only refines an error: whatever happens here must not hide it.
    return [];
  }
}
